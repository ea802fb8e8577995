import { ORIGIN_HEADER, RelayError } from './errors.ts';
import type { Service } from './services.ts';

/**
 * Request headers that every service receives. Excludes cookies, tokens and anything that reveals the user's network.
 */
const REQUEST_HEADERS: readonly string[] = [
  'accept',
  'accept-language',
  'content-type',
  'idempotency-key',
  'range',
  'if-none-match',
  'if-modified-since',
];

/** Response headers that the browser receives, in addition to those that start with one of `RESPONSE_PREFIXES`. */
const RESPONSE_HEADERS: readonly string[] = [
  'accept-ranges',
  'content-disposition',
  'content-language',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
  'openai-processing-ms',
  'request-id',
  'retry-after',
  'x-request-id',
];

const RESPONSE_PREFIXES: readonly string[] = ['x-ratelimit-', 'anthropic-ratelimit-'];

/** The headers for the service: the allowed request headers and the key. */
export function serviceHeaders(given: Headers, service: Service, secret: string): Headers {
  const headers = new Headers();
  for (const name of [...REQUEST_HEADERS, ...service.headers]) {
    const value = given.get(name);
    if (value !== null) headers.set(name, value);
  }
  try {
    headers.set(service.keyHeader, service.keyPrefix + secret);
  } catch {
    // The runtime's own message would quote the key.
    throw new RelayError(422, 'KEY_UNUSABLE', 'The stored API key contains characters that a header cannot');
  }
  return headers;
}

/** The headers for the browser: the allowed response headers and the origin of the response. */
export function responseHeaders(given: Headers, mask: (text: string) => string): Headers {
  const headers = new Headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  for (const [name, value] of given) {
    const isAllowed =
      RESPONSE_HEADERS.includes(name) || RESPONSE_PREFIXES.some((prefix) => name.startsWith(prefix));
    if (isAllowed) headers.set(name, mask(value));
  }
  headers.set(ORIGIN_HEADER, 'service');
  return headers;
}

export const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * The response to a preflight request. Any origin may call: access depends on the token, which browsers never add by
 * themselves.
 */
export function preflight(services: Iterable<Service>): Response {
  const ofServices = Array.from(services, ({ headers }) => headers).flat();
  const allowed = ['authorization', 'apikey', 'x-client-info', ...REQUEST_HEADERS, ...ofServices];
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': METHODS.join(', '),
      'access-control-allow-headers': allowed.join(', '),
      'access-control-max-age': '86400',
    },
  });
}

/** The same response, readable by pages of any origin. */
export function withCors(response: Response): Response {
  response.headers.set('access-control-allow-origin', '*');
  response.headers.set('access-control-expose-headers', '*');
  return response;
}
