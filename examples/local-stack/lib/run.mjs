// @ts-check
import { spawn } from 'node:child_process';

/**
 * Runs a program until it ends and returns its output.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ uid?: number, gid?: number }} [user] the user to run it as; the caller's by default
 * @returns {Promise<string>} its standard output; rejects with the last line of its error output
 */
export function run(program, args, user = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...user, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (errors += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(errors.trim().split('\n').at(-1) || `${program} ended with code ${code}`));
    });
  });
}
