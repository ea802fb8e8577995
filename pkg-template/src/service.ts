import { invalid, readable } from './errors.js';
import { signalsOf } from './signals.js';
import { isPlain } from './stringify.js';

/** A request to a service; a subset of the options of `fetch`. */
export interface ServiceInit {
  /** GET, HEAD, POST, PUT, PATCH or DELETE; by default POST with a body, and GET without one. */
  method?: string;
  /** Headers for the service. The API relay forwards only those on its list. */
  headers?: RequestInit['headers'];
  /** At most 10 MB. Not a stream, because that could not be sent again. */
  body?: Exclude<RequestInit['body'], ReadableStream>;
  /** Aborts the call, also while the response is being read. */
  signal?: AbortSignal | null;
}

/** The function of `db` that calls other services. */
export interface ServiceFunctions {
  /**
   * Calls another service with the user's API key for it, through the edge function `api-relay`. The key never reaches the
   * browser.
   *
   * Resolves with the service's own `Response`, with any status, when its headers arrive. A request that may have
   * reached the service is sent again only if its method is idempotent, which POST and PATCH are not.
   * @param service - the name of the service in the relay's table and in the user's API key.
   * @param path - the path at the service, with a query string if needed.
   * @param init - method, headers, body and signal.
   * @throws `NOT_FOUND` if the user has no active key for the service, or the relay does not know the service.
   * @throws `RATE_LIMITED` if the user has too many concurrent calls or calls within a minute.
   * @throws `UNAUTHORIZED` if no user is signed in.
   * @throws `SERVICE_UNREACHABLE` if the service did not respond.
   * @throws `MIGRATION_REQUIRED` if the function is not deployed, or its migration has not run.
   * @example const response = await db.callService('openai', 'v1/models');
   */
  callService(service: string, path: string, init?: ServiceInit): Promise<Response>;
}

/** The request to a service, as plain values and objects of the platform. */
export interface ServiceCall {
  readonly method: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ServiceInit['body'];
  /** Each of them aborts the call. */
  readonly signals: readonly AbortSignal[];
}

/**
 * Reads `init` before the engine runs, because reading it may run the application's code.
 *
 * @param outer - the signal of `db.with`.
 * @throws DatabaseError INVALID_INPUT for values that cannot be sent, or not sent again.
 */
export function serviceCallOf(given: ServiceInit | null | undefined, outer: unknown): ServiceCall {
  const init = given ?? {};
  if (Object(init) !== init) throw invalid('init', 'an object');
  const { method, headers, body, signal } = readable('init', () => {
    const { method, headers, body, signal } = init;
    return { method, headers, body, signal };
  });
  if (!isBody(body)) throw invalid('init.body', 'text, bytes, a Blob or a form, and no stream');
  return { method, headers: plainHeaders(headers), body, signals: signalsOf([signal, outer]) };
}

/** Whether `fetch` sends the value as it is, and could do so again. */
function isBody(body: unknown): boolean {
  if (Object(body) !== body) return typeof (body ?? '') === 'string';
  const isStream = typeof (body as { getReader?: unknown }).getReader === 'function';
  return !isStream && !Array.isArray(body) && !isPlain(body as object);
}

function plainHeaders(given: ServiceInit['headers']): Record<string, string> {
  try {
    const headers: Record<string, string> = {};
    new Headers(given).forEach((value, name) => (headers[name] = value));
    return headers;
  } catch {
    // Without the cause, whose message may quote a value.
    throw invalid('init.headers', 'headers that fetch accepts');
  }
}
