// @ts-check
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { until } from './until.mjs';

const run = promisify(execFile);
const ASSEMBLED = process.env.WORKFLOW_DB_PKG ?? fileURLToPath(new URL('../../../pkg', import.meta.url));
/** Includes the last file that the build writes, and the first that a new build removes. */
const COMPLETE_WITH = ['LICENSE', 'index.js', 'index.d.ts', 'workflow_db.wasm'];
const BUILD_MS = 30_000;

/**
 * Packs the assembled package as `npm publish` would.
 *
 * @returns {Promise<{ dir: string, tarball: string, remove(): Promise<void> }>} a separate temporary folder
 */
export async function packPackage() {
  const dir = await mkdtemp(join(tmpdir(), 'workflow-db-pack-'));
  const copy = join(dir, 'assembled');
  await until(() => copied(copy), BUILD_MS).catch(() => {
    throw new Error(`There is no assembled package in ${ASSEMBLED}: run \`node scripts/build.mjs\` first.`);
  });
  const packed = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', dir], {
    cwd: copy,
  });
  const [{ filename }] = JSON.parse(packed.stdout);
  return {
    dir,
    tarball: join(dir, filename),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** @returns {Promise<{ root: string, remove(): Promise<void> }>} the packed package, unpacked again */
export async function unpackedPackage() {
  const { dir, tarball, remove } = await packPackage();
  await run('tar', ['-xzf', tarball, '-C', dir]);
  return { root: join(dir, 'package'), remove };
}

/**
 * Copies the package, because a build may replace the folder at any moment. Returns false if the copy is incomplete.
 *
 * @param {string} target
 */
async function copied(target) {
  try {
    await rm(target, { recursive: true, force: true });
    await cp(ASSEMBLED, target, { recursive: true });
    await Promise.all(COMPLETE_WITH.map((name) => stat(join(target, name))));
    return true;
  } catch {
    return false;
  }
}
