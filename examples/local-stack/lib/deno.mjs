// @ts-check
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StackError } from './stack-error.mjs';

const require = createRequire(import.meta.url);

/**
 * Finds Deno: the one that `DENO` names, or the one that npm installed for this machine.
 *
 * @returns {string}
 * @throws {StackError} if there is none
 */
export function findDeno() {
  const platform = `${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}`;
  const path = process.env.DENO ?? installed(platform);
  if (path !== undefined && existsSync(path)) return path;
  throw new StackError(
    `Edge functions need Deno, and there is none ${path === undefined ? `from npm for ${platform}` : `at ${path}`}: install Deno, and set DENO to its path.`,
  );
}

/** What keeps edge functions from running on this machine, in one sentence. @returns {string | undefined} */
export function denoProblem() {
  try {
    findDeno();
    return undefined;
  } catch (error) {
    return /** @type {StackError} */ (error).message;
  }
}

/** @param {string} platform @returns {string | undefined} */
function installed(platform) {
  try {
    const ofDeno = createRequire(require.resolve('deno/package.json'));
    return join(dirname(ofDeno.resolve(`@deno/${platform}/package.json`)), 'deno');
  } catch {
    return undefined;
  }
}
