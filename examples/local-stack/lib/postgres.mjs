// @ts-check
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startGuarded } from './guarded.mjs';
import { run } from './run.mjs';
import { serverUser } from './server-user.mjs';
import { StackError } from './stack-error.mjs';

/** The superuser; migrations run as `postgres`, which is none. */
export const SUPERUSER = 'supabase_admin';

/** Postgres names its socket after a port. */
const SOCKET_NUMBER = 5432;

const RECOVERY_TIMEOUT_MS = 30_000;
const RECOVERY_POLL_MS = 15;

/**
 * The data is disposable, so nothing waits for the disk; the rest keeps start and memory small. Commits stay
 * synchronous all the same: what is not flushed is not replicated, and realtime would come up to 0.6 s late.
 */
const SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '64MB',
  max_connections: '60',
  wal_level: 'logical',
  max_replication_slots: '10',
  max_wal_senders: '10',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/**
 * Makes an empty cluster.
 *
 * @param {import('./binaries.mjs').Binaries} binaries
 * @param {string} dataDir an empty folder of the servers' user, or none yet
 */
export async function initCluster(binaries, dataDir) {
  // A linguistic order, as hosted projects have; the C locale would sort "Zebra" before "apple".
  const locale = ['--locale=C', '--locale-provider=icu', '--icu-locale=en-US', '--encoding=UTF8'];
  const quick = ['--no-sync', '--no-instructions', '--wal-segsize=1'];
  const args = ['-D', dataDir, '-U', SUPERUSER, '--auth=trust', ...locale, ...quick];
  await run(binaries.initdb, args, await serverUser());
}

/**
 * Starts a cluster and resolves once it answers.
 *
 * @param {object} options
 * @param {import('./binaries.mjs').Binaries} options.binaries
 * @param {string} options.dataDir
 * @param {string} options.runDir gets the socket and the log
 * @param {number} [options.port] also listen on this TCP port of the loopback; by default only on the socket
 * @param {boolean} [options.disposable] delete `runDir`, with the data in it, when Postgres ends
 */
export async function startPostgres({ binaries, dataDir, runDir, port, disposable = false }) {
  const settings = {
    ...SETTINGS,
    unix_socket_directories: runDir,
    listen_addresses: port ? '127.0.0.1' : '',
    port: String(port || SOCKET_NUMBER),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = await startGuarded({
    name: 'Postgres',
    command: [binaries.postgres, '-D', dataDir, ...flags],
    logFile: join(runDir, 'postgres.log'),
    // Data that is about to be deleted need not be written out first.
    stopSignal: disposable ? 'QUIT' : 'INT',
    remove: disposable ? runDir : '',
  });
  const address = { host: runDir, port: port || SOCKET_NUMBER, database: 'postgres' };
  try {
    await server.ready(() => answers(address));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { ...address, stop: server.stop };
}

/**
 * Kills one of the server's processes: it then ends all the others and recovers, as after a crash.
 *
 * @param {pg.ClientConfig} address
 * @param {import('./sql.mjs').Sql} sql
 */
export async function crashPostgres(address, sql) {
  const [{ pid }] = await sql('select pg_backend_pid() as pid');
  process.kill(pid, 'SIGKILL');
  const deadline = Date.now() + RECOVERY_TIMEOUT_MS;
  // The killed process is gone from the moment on at which a new connection is taken: during recovery none is.
  while (isAlive(pid) || !(await answers(address))) {
    if (Date.now() > deadline) throw new StackError('Postgres did not recover from a crash.');
    await sleep(RECOVERY_POLL_MS);
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** @param {pg.ClientConfig} address */
async function answers(address) {
  const client = new pg.Client({ ...address, user: SUPERUSER });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
