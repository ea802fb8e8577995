// @ts-check
import { jsonReply } from './reply.mjs';

/** @typedef {import('./gateway.mjs').Request} Request */
/** @typedef {import('./reply.mjs').Reply} Reply */

const LOOPBACK = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/;
const LOCAL_NAME = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** The operations that the realtime service offers to the outside. */
const REALTIME_ACTIONS = Object.freeze(['drop', 'restart', 'freeze', 'breakReplication', 'settle']);

/**
 * The stack's own controls for tests that run in a browser: `/_stack/faults`, `/_stack/requests`, `/_stack/settings`,
 * `/_stack/realtime`.
 *
 * @param {object} parts
 * @param {import('./faults.mjs').Faults} parts.faults
 * @param {import('./request-log.mjs').RequestLog} parts.requests
 * @param {import('./settings.mjs').Settings} parts.settings
 * @param {import('./realtime/realtime.mjs').Server} parts.realtime
 * @returns {(request: Request) => Promise<Reply>}
 */
export function createControl({ faults, requests, settings, realtime }) {
  /** @type {Record<string, (request: Request) => Promise<Reply> | Reply>} */
  const routes = {
    'GET /_stack/faults': () => jsonReply(200, faults.pending),
    'POST /_stack/faults': async (request) => {
      faults.add(await readJson(request));
      return jsonReply(201, faults.pending);
    },
    'DELETE /_stack/faults': () => {
      faults.clear();
      return jsonReply(204);
    },
    'GET /_stack/requests': ({ url }) => {
      const method = url.searchParams.get('method') ?? undefined;
      const path = url.searchParams.get('path') ?? undefined;
      return jsonReply(200, { count: requests.count({ method, path }), requests: requests.all() });
    },
    'DELETE /_stack/requests': () => {
      requests.clear();
      return jsonReply(204);
    },
    'GET /_stack/settings': () => jsonReply(200, settings),
    'PATCH /_stack/settings': async (request) => {
      settings.change(await readJson(request));
      return jsonReply(200, settings);
    },
    'GET /_stack/realtime': () => jsonReply(200, realtime.inspect()),
    'POST /_stack/realtime': async (request) => {
      const { action, ...how } = await readJson(request);
      if (!REALTIME_ACTIONS.includes(action)) {
        throw new TypeError(`A realtime action is one of ${REALTIME_ACTIONS.join(', ')}.`);
      }
      await /** @type {any} */ (realtime)[action](how);
      return jsonReply(200, realtime.inspect());
    },
  };

  return async (request) => {
    // Check the name too: a remote page may have pointed its own host name at the loopback interface.
    const local =
      LOOPBACK.test(request.incoming.socket.remoteAddress ?? '') &&
      LOCAL_NAME.test(request.headers.host ?? '');
    if (!local) return jsonReply(403, { message: 'Only this machine may control the stack.' });
    const route = routes[`${request.method} ${request.url.pathname}`];
    if (!route) return jsonReply(404, { message: `There is no ${request.method} ${request.url.pathname}.` });
    try {
      return await route(request);
    } catch (error) {
      if (error instanceof TypeError || error instanceof SyntaxError) {
        return jsonReply(400, { message: error.message });
      }
      throw error;
    }
  };
}

/** @param {Request} request */
async function readJson(request) {
  return JSON.parse((await request.body()).toString());
}
