// Installs the example app's packages, the assembled package among them, unless that is done.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const app = fileURLToPath(new URL('../examples/react-app', import.meta.url));

export function installApp() {
  const lock = join(app, 'package-lock.json');
  const stamp = join(app, 'node_modules', '.installed-from');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(lock, 'utf8')) return;
  console.log('Installing npm packages of examples/react-app');
  execFileSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], { cwd: app, stdio: 'inherit' });
  copyFileSync(lock, stamp);
}
