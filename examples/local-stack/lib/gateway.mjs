// @ts-check
import { createServer } from 'node:http';
import { admit } from './api-key.mjs';
import { isPreflight, preflightHeaders } from './cors.mjs';
import { applyFault, applyUpgradeFault } from './fault-actions.mjs';
import { jsonReply } from './reply.mjs';
import { sendReply, upgradeRefusal } from './send.mjs';
import { StackError } from './stack-error.mjs';

/** @typedef {import('node:http').ServerResponse} ServerResponse */
/** @typedef {import('./reply.mjs').Reply} Reply */

/**
 * @typedef {object} Request
 * @property {string} method
 * @property {URL} url
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {() => Promise<Buffer>} body read once, then kept
 * @property {import('node:http').IncomingMessage} incoming
 */

/**
 * The handler for requests below a path.
 *
 * @typedef {object} Service
 * @property {(request: Request, response: ServerResponse) => unknown} stream sends the response as it is produced
 * @property {(request: Request) => Promise<Reply>} answer returns the complete response; may be called twice
 */

/**
 * The handler for WebSocket connections below a path.
 *
 * @typedef {object} Realtime
 * @property {(incoming: import('node:http').IncomingMessage, raw: import('node:stream').Duplex, head: Buffer) => number} upgrade
 *   returns the status of the response; 0 if there was none
 */

/** The path of edge functions. */
const FUNCTIONS_PATH = '/functions/v1';

/** The path of the realtime service. */
const REALTIME_PATH = '/realtime/v1/websocket';

/**
 * The server for the stack's single origin.
 *
 * @param {object} parts
 * @param {Record<string, Service>} parts.services by path prefix
 * @param {Realtime} parts.realtime
 * @param {(request: Request) => Promise<Reply>} parts.control
 * @param {import('./faults.mjs').Faults} parts.faults
 * @param {import('./request-log.mjs').RequestLog} parts.requests
 * @param {import('./settings.mjs').Settings} parts.settings
 */
export function createGateway({ services, realtime, control, faults, requests, settings }) {
  const server = createServer((incoming, response) => {
    // A client may disconnect at any time.
    incoming.on('error', () => {});
    response.on('error', () => {});
    if (settings.closeConnections) response.shouldKeepAlive = false;
    handle(incoming, response).catch((error) => {
      if (response.headersSent) response.destroy();
      else sendReply(response, jsonReply(500, { message: error.message }));
    });
  });
  // A test may pause for a long time between requests; its reused connection must not be closed.
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 0;

  /** Upgraded connections, which the server itself no longer tracks. @type {Set<import('node:stream').Duplex>} */
  const upgraded = new Set();
  server.on('upgrade', (incoming, raw, head) => {
    upgraded.add(raw);
    raw.on('close', () => upgraded.delete(raw));
    raw.on('error', () => {});
    handleUpgrade(incoming, raw, head).catch(() => raw.destroy());
  });

  /**
   * @param {import('node:http').IncomingMessage} incoming
   * @param {import('node:stream').Duplex} raw
   * @param {Buffer} head
   */
  async function handleUpgrade(incoming, raw, head) {
    const request = readRequest(incoming);
    const seen = { method: request.method, path: incoming.url ?? '/', headers: { ...request.headers } };
    const answer = { headersSent: false, statusCode: 0 };
    const entry = requests.begin(seen, answer);
    /** @param {number} status */
    const answered = (status) => Object.assign(answer, { headersSent: status > 0, statusCode: status });
    if (request.url.pathname !== REALTIME_PATH) {
      answered(404);
      raw.end(upgradeRefusal(jsonReply(404, { message: 'no Route matched with those values' })));
      return;
    }
    const rule = faults.take(seen);
    entry.fault = rule?.action ?? null;
    const status = rule && (await applyUpgradeFault(rule, raw));
    if (typeof status === 'number') answered(status);
    else if (!raw.destroyed) answered(realtime.upgrade(incoming, raw, head));
  }

  /** @param {import('node:http').IncomingMessage} incoming @param {ServerResponse} response */
  async function handle(incoming, response) {
    const request = readRequest(incoming);
    if (request.url.pathname.startsWith('/_stack/') && !isPreflight(incoming)) {
      return sendReply(response, await control(request));
    }

    const seen = { method: request.method, path: incoming.url ?? '/', headers: { ...request.headers } };
    const entry = requests.begin(seen, response);
    const prefix = request.url.pathname.split('/', 3).join('/');
    // Edge functions handle preflights and tokens themselves.
    const isFunction = prefix === FUNCTIONS_PATH;
    if (isPreflight(incoming) && !isFunction) {
      return sendReply(response, jsonReply(204, undefined, preflightHeaders(incoming)));
    }

    const service = services[prefix];
    if (!service)
      return sendReply(response, jsonReply(404, { message: 'no Route matched with those values' }));
    const refusal = isFunction ? null : admit(request);
    if (refusal) return sendReply(response, refusal);

    const rule = faults.take(seen);
    if (!rule) return service.stream(request, response);
    entry.fault = rule.action;
    return applyFault(rule, request, response, service);
  }

  return {
    /**
     * @param {number} port 0 for any free port
     * @returns {Promise<number>} the port it listens on
     */
    listen(port) {
      return new Promise((resolve, reject) => {
        server.once('error', (error) => {
          const inUse = /** @type {NodeJS.ErrnoException} */ (error).code === 'EADDRINUSE';
          reject(
            inUse ? new StackError(`Port ${port} is in use: stop what uses it, or choose another.`) : error,
          );
        });
        server.listen(port, '127.0.0.1', () => {
          resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
        });
      });
    },

    /** @returns {Promise<void>} */
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const raw of upgraded) raw.destroy();
      });
    },
  };
}

/** @param {import('node:http').IncomingMessage} incoming @returns {Request} */
function readRequest(incoming) {
  /** @type {Promise<Buffer> | undefined} */
  let body;
  return {
    method: incoming.method ?? 'GET',
    url: new URL(incoming.url ?? '/', 'http://localhost'),
    headers: incoming.headers,
    body: () => (body ??= incoming.toArray().then((chunks) => Buffer.concat(chunks))),
    incoming,
  };
}
