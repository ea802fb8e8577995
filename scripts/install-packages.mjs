// Installs the npm packages of a folder if that has not been done yet.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} folder relative to the root of the repository */
export function installPackages(folder) {
  const cwd = join(root, folder);
  const lock = join(cwd, 'package-lock.json');
  const stamp = join(cwd, 'node_modules', '.installed-from');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(lock, 'utf8')) return;
  console.log(`Installing npm packages of ${folder}`);
  execFileSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], { cwd, stdio: 'inherit' });
  copyFileSync(lock, stamp);
}
