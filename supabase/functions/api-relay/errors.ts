/**
 * The origin of a response: `service`, or `error` for an error of the relay itself. Services cannot set this header.
 */
export const ORIGIN_HEADER = 'x-relay';

/** Why the relay refused a call, or why the service did not respond. The messages never contain a key or a token. */
export class RelayError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly more: { readonly hint?: string; readonly retryAfter?: number } = {},
  ) {
    super(message);
  }

  response(): Response {
    const { hint, retryAfter } = this.more;
    const headers = new Headers({ [ORIGIN_HEADER]: 'error' });
    if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter));
    return Response.json({ code: this.code, message: this.message, hint }, { status: this.status, headers });
  }
}
