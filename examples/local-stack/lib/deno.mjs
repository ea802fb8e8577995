// @ts-check
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StackError } from './stack-error.mjs';

const require = createRequire(import.meta.url);

/**
 * Finds the Deno that npm installed for this machine.
 *
 * @returns {string}
 * @throws {StackError} if there is none
 */
export function findDeno() {
  if (process.env.DENO) return process.env.DENO;
  const platform = `${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}`;
  try {
    const ofDeno = createRequire(require.resolve('deno/package.json'));
    return join(dirname(ofDeno.resolve(`@deno/${platform}/package.json`)), 'deno');
  } catch {
    throw new StackError(
      `Edge functions need Deno, and npm has none for ${platform} or it was left out: install Deno, and set DENO to its path.`,
    );
  }
}
