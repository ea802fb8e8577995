// @ts-check
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { findDeno } from './deno.mjs';
import { startGuarded } from './guarded.mjs';
import { jsonReply } from './reply.mjs';
import { sendHead, sendReply } from './send.mjs';
import { StackError } from './stack-error.mjs';
import { endToEnd, forwarded } from './upstream.mjs';

/** @typedef {import('./gateway.mjs').Request} Request */
/** @typedef {import('./reply.mjs').Reply} Reply */

const FUNCTIONS = new URL('../../../supabase/functions/', import.meta.url);
const PREFIX = '/functions/v1';

/**
 * Edge functions, each in a separate Deno process that its first request starts.
 *
 * @param {object} options
 * @param {string} options.runDir the folder for sockets, logs and Deno's cache
 * @param {() => Record<string, string>} options.env the environment variables of functions
 */
export function createFunctions({ runDir, env }) {
  /** @type {Map<string, Promise<{ socketPath: string, stop(): Promise<void> }>>} */
  const running = new Map();

  /** @param {string} name */
  function start(name) {
    const begun = running.get(name) ?? startFunction(name, runDir, env());
    running.set(name, begun);
    // A failure is reported to every waiting request; the next request tries again.
    begun.catch(() => running.delete(name));
    return begun;
  }

  /** @param {Request} request @returns {Promise<import('node:http').ClientRequest | Reply>} */
  async function open(request) {
    const [, name = ''] = /^\/functions\/v1\/([\w-]+)/.exec(request.url.pathname) ?? [];
    if (!existsSync(fileURLToPath(entryOf(name)))) {
      return jsonReply(404, { code: 'NOT_FOUND', message: 'Requested function was not found' });
    }
    try {
      const { socketPath } = await start(name);
      // The URL exactly as the client sent it: the function must see it unchanged.
      const path = (request.incoming.url ?? '').slice(PREFIX.length);
      return httpRequest({
        socketPath,
        agent: false,
        method: request.method,
        path,
        headers: forwarded(request),
      });
    } catch (error) {
      if (!(error instanceof StackError)) throw error;
      return jsonReply(503, { code: 'BOOT_ERROR', message: error.message });
    }
  }

  return {
    /** @param {Request} request @param {import('node:http').ServerResponse} response */
    async stream(request, response) {
      const up = await open(request);
      if ('rawHeaders' in up) return sendReply(response, up);
      up.on('response', (answer) => {
        sendHead(response, answer.statusCode ?? 502, endToEnd(answer.rawHeaders));
        // Flush at once, so that the first event of a stream does not wait for the second.
        response.flushHeaders();
        pipeline(answer, response, () => {});
      });
      up.on('error', () => {
        if (response.headersSent || response.destroyed) return response.destroy();
        return sendReply(response, gone());
      });
      response.on('close', () => {
        up.destroy();
        // A function may respond before it has read the whole body. Discard the rest, or the connection would be stuck.
        request.incoming.unpipe(up).resume();
      });
      request.incoming.pipe(up);
    },

    /** @param {Request} request @returns {Promise<Reply>} */
    async answer(request) {
      const [up, body] = await Promise.all([open(request), request.body()]);
      if ('rawHeaders' in up) return up;
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
      } catch {
        return gone();
      }
    },

    /** The path of a function's log. @param {string} name */
    logOf: (name) => join(runDir, `function-${name}.log`),

    async stop() {
      const all = await Promise.allSettled(running.values());
      await Promise.all(all.map((one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)));
    },
  };
}

/** @param {string} name */
function entryOf(name) {
  return new URL(`${name}/index.ts`, FUNCTIONS);
}

function gone() {
  return jsonReply(502, { message: 'The function ended before it answered' });
}

/** @param {string} name @param {string} runDir @param {Record<string, string>} env */
async function startFunction(name, runDir, env) {
  const socketPath = join(runDir, `function-${name}.sock`);
  const server = await startGuarded({
    name: `The function ${name}`,
    command: [
      findDeno(),
      'run',
      '--quiet',
      '--no-prompt',
      '--no-npm',
      '--no-remote',
      '--allow-net',
      '--allow-env',
      `--allow-read=${socketPath}`,
      `--allow-write=${socketPath}`,
      fileURLToPath(entryOf(name)),
    ],
    env: {
      ...env,
      DENO_DIR: join(runDir, 'deno'),
      DENO_NO_UPDATE_CHECK: '1',
      DENO_SERVE_ADDRESS: `unix:${socketPath}`,
      NO_COLOR: '1',
    },
    logFile: join(runDir, `function-${name}.log`),
    stopSignal: 'TERM',
  });
  try {
    await server.ready(() => accepts(socketPath));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { socketPath, stop: server.stop };
}

/** @param {string} socketPath @returns {Promise<boolean>} */
function accepts(socketPath) {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.on('connect', () => resolve(true) ?? socket.destroy());
    socket.on('error', () => resolve(false));
  });
}
