// @ts-check
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startGuarded } from './guarded.mjs';
import { run } from './run.mjs';
import { serverUser } from './server-user.mjs';
import { StackError } from './stack-error.mjs';

/** The superuser. Migrations run as `postgres`, which is not a superuser. */
export const SUPERUSER = 'supabase_admin';

/** Postgres includes a port number in the name of its socket. */
const SOCKET_NUMBER = 5432;

const RECOVERY_TIMEOUT_MS = 30_000;
const RECOVERY_POLL_MS = 15;

/**
 * The data is disposable, so nothing waits for the disk; the other settings keep startup and memory small. Commits stay
 * synchronous, because unflushed changes are not replicated and realtime would be up to 0.6 s late.
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
 * Creates an empty cluster.
 *
 * @param {import('./binaries.mjs').Binaries} binaries
 * @param {string} dataDir an empty folder that belongs to the servers' user, or a path that does not exist
 */
export async function initCluster(binaries, dataDir) {
  // A linguistic sort order, as on hosted projects; the C locale would sort "Zebra" before "apple".
  const locale = ['--locale=C', '--locale-provider=icu', '--icu-locale=en-US', '--encoding=UTF8'];
  const quick = ['--no-sync', '--no-instructions', '--wal-segsize=1'];
  const args = ['-D', dataDir, '-U', SUPERUSER, '--auth=trust', ...locale, ...quick];
  await run(binaries.initdb, args, await serverUser());
}

/**
 * Starts a cluster and resolves once it accepts connections.
 *
 * @param {object} options
 * @param {import('./binaries.mjs').Binaries} options.binaries
 * @param {string} options.dataDir
 * @param {string} options.runDir the folder for the socket and the log
 * @param {number} [options.port] a TCP port to listen on besides the socket; none by default
 * @param {boolean} [options.disposable] whether to delete `runDir` with the data when Postgres ends
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
    // Data that is about to be deleted need not be flushed.
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
 * Kills one of the server's processes. Postgres then ends all others and recovers, as after a crash.
 *
 * @param {pg.ClientConfig} address
 * @param {import('./sql.mjs').Sql} sql
 */
export async function crashPostgres(address, sql) {
  const [{ pid }] = await sql('select pg_backend_pid() as pid');
  process.kill(pid, 'SIGKILL');
  const deadline = Date.now() + RECOVERY_TIMEOUT_MS;
  // Postgres accepts no connections during recovery, so a new connection proves that the killed process is gone.
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
