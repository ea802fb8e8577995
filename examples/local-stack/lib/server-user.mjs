// @ts-check
import { run } from './run.mjs';

/** @type {Promise<{ uid?: number, gid?: number }> | undefined} */
let found;

/**
 * The user that the servers run as: the caller, or the system user `nobody` for root, because Postgres refuses to run as
 * root.
 *
 * @returns {Promise<{ uid?: number, gid?: number }>} options for `spawn`, empty for the caller's own user
 */
export function serverUser() {
  found ??= look();
  return found;
}

async function look() {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all([run('id', ['-u', 'nobody']), run('id', ['-g', 'nobody'])]);
  return { uid: Number(uid), gid: Number(gid) };
}
