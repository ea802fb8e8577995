// @ts-check
import { request as httpRequest } from 'node:http';
import { pipeline } from 'node:stream';
import { jsonReply } from './reply.mjs';
import { sendHead } from './send.mjs';

/** @typedef {import('./gateway.mjs').Request} Request */
/** @typedef {import('./reply.mjs').Reply} Reply */

/** Headers that concern a single connection and are not forwarded. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The connection to PostgREST.
 *
 * Each request uses a separate connection. On a socket this costs almost nothing, and no request is lost to an idle
 * connection that the server closes at that moment.
 *
 * @param {() => string} socketPath
 */
export function createUpstream(socketPath) {
  /** @param {Request} request */
  const open = (request) =>
    httpRequest({
      socketPath: socketPath(),
      agent: false,
      method: request.method,
      path: (request.url.pathname.slice('/rest/v1'.length) || '/') + request.url.search,
      headers: forwarded(request),
    });

  return {
    /**
     * Forwards a complete request, and streams the response.
     *
     * @param {Request} request
     * @param {import('node:http').ServerResponse} response
     */
    async stream(request, response) {
      // Written completely, together with the head: PostgREST closes the connection after its response, which may be
      // before a separate last write, and that write would fail.
      const body = await request.body();
      const up = open(request);
      up.on('response', (answer) => {
        sendHead(response, answer.statusCode ?? 502, endToEnd(answer.rawHeaders));
        pipeline(answer, response, () => {});
      });
      up.on('error', (error) => {
        if (response.headersSent || response.destroyed) return response.destroy();
        const reply = unreachable(error);
        sendHead(response, reply.status, reply.rawHeaders);
        return response.end(reply.body);
      });
      response.on('close', () => up.destroy());
      up.end(body);
    },

    /**
     * Forwards a complete request, and returns the complete response.
     *
     * @param {Request} request
     * @returns {Promise<Reply>}
     */
    async answer(request) {
      const body = await request.body();
      const up = open(request);
      try {
        const answer = await new Promise((resolve, reject) => {
          up.on('response', resolve).on('error', reject);
          up.end(body);
        });
        const chunks = await answer.toArray();
        return {
          status: answer.statusCode,
          rawHeaders: endToEnd(answer.rawHeaders),
          body: Buffer.concat(chunks),
        };
      } catch (error) {
        return unreachable(/** @type {Error} */ (error));
      }
    },
  };
}

/** The headers to forward to the server. @param {Request} request */
export function forwarded({ headers, incoming }) {
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
  if (headers['transfer-encoding']) kept['transfer-encoding'] = 'chunked';
  const before = headers['x-forwarded-for'];
  const client = incoming.socket.remoteAddress ?? '';
  return { ...kept, 'x-forwarded-for': before ? `${before}, ${client}` : client };
}

/** The headers to forward to the client. @param {string[]} rawHeaders */
export function endToEnd(rawHeaders) {
  return rawHeaders.filter((_, index) => !HOP_BY_HOP.has(rawHeaders[index - (index % 2)].toLowerCase()));
}

/** @param {Error} error */
function unreachable(error) {
  return jsonReply(502, { message: `PostgREST cannot be reached: ${error.message}` });
}
