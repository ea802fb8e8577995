// @ts-check
import { request } from 'node:http';
import { join } from 'node:path';
import { startGuarded } from './guarded.mjs';

/**
 * Starts PostgREST on a socket and resolves once it has read the schema.
 *
 * @param {object} options
 * @param {import('./binaries.mjs').Binaries} options.binaries
 * @param {string} options.runDir the folder for the socket and the log
 * @param {{ host: string, port: number, database: string }} options.database
 * @param {string} options.jwtSecret
 * @param {number} options.maxRows
 * @returns {Promise<{ socketPath: string, stop(): Promise<void> }>}
 */
export async function startPostgrest({ binaries, runDir, database, jwtSecret, maxRows }) {
  const socketPath = join(runDir, 'postgrest.sock');
  const { host, port } = database;
  const server = await startGuarded({
    name: 'PostgREST',
    command: [binaries.postgrest],
    env: {
      PGRST_DB_URI: `postgres://authenticator@/${database.database}?host=${encodeURIComponent(host)}&port=${port}`,
      PGRST_DB_SCHEMAS: 'public',
      PGRST_DB_EXTRA_SEARCH_PATH: 'public, extensions',
      PGRST_DB_ANON_ROLE: 'anon',
      PGRST_DB_MAX_ROWS: String(maxRows),
      PGRST_JWT_SECRET: jwtSecret,
      PGRST_SERVER_UNIX_SOCKET: socketPath,
      PGRST_LOG_LEVEL: 'error',
    },
    logFile: join(runDir, 'postgrest.log'),
    stopSignal: 'TERM',
  });
  try {
    await server.ready(() => answers(socketPath));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { socketPath, stop: server.stop };
}

/** @param {string} socketPath */
function answers(socketPath) {
  return /** @type {Promise<boolean>} */ (
    new Promise((resolve) => {
      // Returns 503 until the schema is loaded.
      const ask = request({ socketPath, path: '/', method: 'HEAD', agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      ask.on('error', () => resolve(false));
      ask.end();
    })
  );
}
