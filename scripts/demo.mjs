// Runs the local stack and the example app until Ctrl-C.
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { installPackages } from './install-packages.mjs';

const APP_PORT = 5173;
const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {number} port */
function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function fail(message) {
  console.error(`\nerror: ${message}`);
  process.exit(1);
}

if (!(await isFree(APP_PORT))) {
  fail(`Port ${APP_PORT} is in use. Stop what listens there, then run \`make demo\` again.`);
}
installPackages('examples/react-app');
const { startStack, StackError } = await import('../examples/local-stack/stack.mjs');
console.log('\n== Starting Postgres and PostgREST');
const stack = await startStack({ members: true, relay: true }).catch((error) => {
  if (error instanceof StackError) fail(error.message);
  throw error;
});

// The built app, because only that has the service worker that starts it offline.
console.log('== Building the example app');
const inApp = { cwd: `${root}examples/react-app`, env: { ...process.env, NO_COLOR: '1' } };
// Start Vite directly: npm would leave it running after being stopped itself.
const VITE = 'node_modules/vite/bin/vite.js';
const build = spawnSync(process.execPath, [VITE, 'build', '--logLevel', 'error'], {
  ...inApp,
  stdio: 'inherit',
});
if (build.status !== 0) {
  await stack.stop();
  fail('The example app could not be built.');
}
const preview = ['preview', '--port', String(APP_PORT), '--strictPort'];
const app = spawn(process.execPath, [VITE, ...preview], { ...inApp, stdio: ['ignore', 'pipe', 'inherit'] });
app.stdout.on('data', (data) => {
  if (String(data).includes(String(APP_PORT))) announce();
});
app.on('exit', (code) => stop(code ?? 0));

let isAnnounced = false;
function announce() {
  if (isAnnounced) return;
  isAnnounced = true;
  console.log(`
  Open      http://localhost:${APP_PORT}
  Sign in   ${stack.users.map((user) => `${user.email} / ${user.password}`).join('   or   ')}
  API       ${stack.url}

  Ctrl-C stops everything.`);
}

let isStopping = false;
async function stop(code) {
  if (isStopping) return;
  isStopping = true;
  app.kill();
  await stack.stop();
  process.exit(code);
}
process.on('SIGINT', () => void stop(0));
process.on('SIGTERM', () => void stop(0));
