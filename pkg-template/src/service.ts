import { invalid } from './errors.js';

/** A request to a service; a part of what `fetch` takes. */
export interface ServiceInit {
  /** GET, HEAD, POST, PUT, PATCH or DELETE; POST unless given if there is a body, and otherwise GET. */
  method?: string;
  /** Headers for the service. The API relay passes on those that it lists. */
  headers?: HeadersInit;
  /** At most 10 MB. No stream, because it could not be sent again. */
  body?: Exclude<BodyInit, ReadableStream> | null;
  /** Aborts the call, also while the response is being read. */
  signal?: AbortSignal | null;
}

/** The function of `db` that calls other services. */
export interface ServiceFunctions {
  /**
   * Calls a service with the user's key for it, by way of the edge function `api-relay`: the key never reaches the browser.
   *
   * Resolves with the service's own response, whatever its status, when its head arrives; its body can be read as it comes.
   * A request that may have reached the service is sent again only if its method is idempotent (not POST or PATCH).
   *
   * @param service The service's name in the relay's table and in the user's API key.
   * @param path The path at the service, with a query string if needed.
   * @param init Method, headers, body and signal.
   * @throws NOT_FOUND The user has no active key for the service, or the relay does not know it.
   * @throws RATE_LIMITED The user has too many calls under way or within a minute (as the cause of RETRY_EXHAUSTED if retries
   * did not help).
   * @throws UNAUTHORIZED No user is signed in.
   * @throws SERVICE_UNREACHABLE The service gave no answer.
   * @throws MIGRATION_REQUIRED The function is not deployed, or its migration has not run.
   *
   * @example
   * ```ts
   * const response = await db.callService('openai', 'v1/chat/completions', {
   *   headers: { 'Content-Type': 'application/json' },
   *   body: JSON.stringify({ model: 'gpt-5', messages, stream: true }),
   * });
   * ```
   */
  callService(service: string, path: string, init?: ServiceInit): Promise<Response>;
}

/** What is sent to a service, as plain values and objects of the platform. */
export interface ServiceCall {
  readonly method: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ServiceInit['body'];
  readonly signal: AbortSignal | undefined;
}

/**
 * Takes `init` apart before the engine runs, because reading it may run the application's code.
 *
 * @throws DatabaseError INVALID_INPUT for what cannot be sent, or not sent again.
 */
export function serviceCallOf(init: ServiceInit, signal: AbortSignal | undefined): ServiceCall {
  const { method, body } = init;
  if (typeof (body as { getReader?: unknown } | null | undefined)?.getReader === 'function') {
    throw invalid('init.body', 'a body that is no stream');
  }
  return { method, headers: plainHeaders(init.headers), body, signal };
}

function plainHeaders(given: HeadersInit | undefined): Record<string, string> {
  try {
    const headers: Record<string, string> = {};
    new Headers(given).forEach((value, name) => (headers[name] = value));
    return headers;
  } catch {
    // Without the cause, whose message may quote a value.
    throw invalid('init.headers', 'headers that fetch accepts');
  }
}
