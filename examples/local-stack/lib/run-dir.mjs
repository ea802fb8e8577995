// @ts-check
import { chmod, chown, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.mjs';
import { serverUser } from './server-user.mjs';

const PREFIX = 'workflow-db-stack-';

/**
 * Creates the folder of a running stack: sockets, logs and, unless it is to be kept, the database.
 *
 * @returns {Promise<string>}
 */
export async function createRunDir() {
  const dir = await mkdtemp(join(tmpdir(), PREFIX));
  await writeFile(join(dir, 'owner'), String(process.pid));
  await giveToServers(dir);
  return dir;
}

/**
 * Restricts a folder to the servers' user and root.
 *
 * @param {string} dir
 */
export async function giveToServers(dir) {
  const { uid, gid } = await serverUser();
  if (uid !== undefined && gid !== undefined) await chown(dir, uid, gid);
  await chmod(dir, 0o700);
}

/** Stops processes that killed runs left behind, and deletes their folders. Does not touch runs of living processes. */
export async function removeStaleRunDirs() {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const dir = join(tmpdir(), name);
    const owner = Number(await readFile(join(dir, 'owner'), 'utf8').catch(() => NaN));
    // A folder without an owner may be just being created.
    if (Number.isNaN(owner) || isAlive(owner)) continue;
    await stopLeftover(dir);
    await rm(dir, { recursive: true, force: true });
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * Stops a Postgres whose guard was killed too.
 *
 * @param {string} dir
 */
async function stopLeftover(dir) {
  const pidFile = await readFile(join(dir, 'data', 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(pidFile, 10);
  if (!pid || !isAlive(pid)) return;
  // The process id may have been reused.
  const command = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => '');
  if (command.includes(dir)) process.kill(pid, 'SIGQUIT');
}
