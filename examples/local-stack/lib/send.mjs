// @ts-check
import { STATUS_CODES } from 'node:http';
import { withCors } from './cors.mjs';

/** @typedef {import('node:http').ServerResponse} ServerResponse */

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {string[]} rawHeaders
 */
export function sendHead(response, status, rawHeaders) {
  // Passed as a flat list, which replaces headers set by `setHeader`.
  const connection = response.shouldKeepAlive ? [] : ['Connection', 'close'];
  response.writeHead(status, [...withCors(rawHeaders), ...connection]);
}

/**
 * @param {ServerResponse} response
 * @param {import('./reply.mjs').Reply} reply
 */
export function sendReply(response, { status, rawHeaders, body }) {
  sendHead(response, status, withLength(response, rawHeaders, body, status));
  response.end(body);
}

/**
 * Announces the whole body, sends half of it, and cuts the connection.
 *
 * @param {ServerResponse} response
 * @param {import('./reply.mjs').Reply} reply
 */
export function sendHalf(response, { status, rawHeaders, body }) {
  sendHead(response, status, withLength(response, rawHeaders, body, status));
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.socket?.destroy());
}

/**
 * @param {ServerResponse} response
 * @param {string[]} rawHeaders
 * @param {Buffer} body
 * @param {number} status
 */
function withLength(response, rawHeaders, body, status) {
  const known = rawHeaders.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-length');
  const bodyless = status === 204 || status === 304 || response.req.method === 'HEAD';
  return known || bodyless ? rawHeaders : [...rawHeaders, 'Content-Length', String(body.length)];
}

/**
 * The raw response to a WebSocket request, which the HTTP server does not write itself.
 *
 * @param {import('./reply.mjs').Reply} reply
 */
export function upgradeRefusal({ status, rawHeaders, body }) {
  const headers = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${headers}` +
    `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
  );
}
