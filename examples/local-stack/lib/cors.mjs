// @ts-check
/** @typedef {import('node:http').IncomingMessage} IncomingMessage */

/** The longest time that a browser caches a preflight is 24 hours (Firefox); Chromium limits it to two. */
const PREFLIGHT_SECONDS = 86_400;

/**
 * The response to a preflight: everything is allowed, as on hosted projects.
 *
 * @param {IncomingMessage} request
 * @returns {Record<string, string>} headers of a 204
 */
export function preflightHeaders(request) {
  return {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT',
    // Listed individually: "*" would not include Authorization.
    'access-control-allow-headers': String(request.headers['access-control-request-headers'] ?? '*'),
    'access-control-max-age': String(PREFLIGHT_SECONDS),
    vary: 'Access-Control-Request-Headers',
  };
}

/** @param {IncomingMessage} request */
export function isPreflight(request) {
  return request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
}

/**
 * Lets any page read a response. Headers that the server sets itself stay unchanged.
 *
 * @param {string[]} rawHeaders names and values in turn
 * @returns {string[]}
 */
export function withCors(rawHeaders) {
  const allowed = rawHeaders.some(
    (name, index) => index % 2 === 0 && name.toLowerCase() === 'access-control-allow-origin',
  );
  return allowed ? rawHeaders : [...rawHeaders, 'Access-Control-Allow-Origin', '*'];
}
