/** Says whose an answer is: `service`, or `error` for one of the relay's own. Services cannot set it. */
export const ORIGIN_HEADER = 'x-relay';

/** What the relay refuses a call with, or why the service gave no answer. Its texts never hold a key or a token. */
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
