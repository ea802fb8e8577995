// @ts-check
// Realtime outside a browser: Node, whose older versions have no WebSocket.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, afterEach, before, mock, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startStack } from '../../examples/local-stack/stack.mjs';
import { createFixtures } from './support/fixtures.mjs';
import { unpackedPackage } from './support/package.mjs';
import { until } from './support/until.mjs';

const STACK_PACKAGE = fileURLToPath(new URL('../../examples/local-stack/package.json', import.meta.url));
const require = createRequire(STACK_PACKAGE);
const { WebSocket } = require('ws');

/** @type {import('./support/fixtures.mjs').Stack} */
let stack;
/** @type {Awaited<ReturnType<typeof unpackedPackage>>} */
let unpacked;
/** @type {any} */
let library;
/** @type {any} */
let client;
/** @type {unknown[]} */
const uncaught = [];
const catchAll = (/** @type {unknown} */ error) => void uncaught.push(error);

before(async () => {
  [stack, unpacked] = await Promise.all([startStack({ port: 0, seed: false }), unpackedPackage()]);
  library = await import(pathToFileURL(join(unpacked.root, 'index.js')).href);
  process.on('unhandledRejection', catchAll);
  // Newer versions of Node have one.
  Reflect.deleteProperty(globalThis, 'WebSocket');
});
after(async () => {
  process.off('unhandledRejection', catchAll);
  await Promise.all([stack?.stop(), unpacked?.remove()]);
});
afterEach(() => {
  client.close();
  assert.deepEqual(uncaught.splice(0), []);
});

/** A client with a new user signed in. @param {object} options */
async function newClient(options) {
  const user = await createFixtures(stack).newUser('ada');
  client = library.createClient({
    url: stack.url,
    key: stack.publishableKey,
    accessToken: () => user.token,
    ...options,
  });
  return user;
}

test('without a WebSocket, the status is an error that says what to pass', async () => {
  const user = await newClient({});
  const handle = client.realtime.open('workflows', { scope: user.id }, () => {});
  await assert.rejects(handle.ready, {
    name: 'DatabaseError',
    code: 'NOT_CONFIGURED',
    message: /WebSocket.* ws/,
  });
  assert.equal(handle.status, 'error');
  assert.equal(handle.error.code, 'NOT_CONFIGURED');
  assert.deepEqual(await client.db.getWorkflows(user.id), [], 'everything else works');
});

test('the WebSocket of the package ws works', async () => {
  const user = await newClient({ WebSocket });
  const told = /** @type {any[]} */ ([]);
  const handle = client.realtime.open('workflows', { scope: user.id }, (/** @type {any} */ it) =>
    told.push(it),
  );
  await handle.ready;
  const made = await client.db.createWorkflow(user.id, { name: 'From Node' });
  await until(() => told.length === 1);
  assert.deepEqual(told[0].record, made);
});

test('a WebSocket that is passed later is used', async () => {
  const { url, publishableKey: key } = stack;
  const user = await newClient({});
  const accessToken = () => user.token;
  client.close();
  library.configure({ url, key, accessToken });
  const handle = library.getRealtimeManager().open('workflows', { scope: user.id }, () => {});
  await until(() => handle.status === 'error');
  library.configure({ url, key, accessToken, WebSocket });
  await until(() => handle.status === 'live');
  assert.equal(handle.error, null);
  await library.getRealtimeManager().unsubscribeAll();
});

test('a server that refuses connections does not end the process', async () => {
  stack.faults.add({ match: { path: '/realtime/v1' }, action: 'status', status: 403, times: 2 });
  stack.faults.add({ match: { path: '/realtime/v1' }, action: 'reset', times: 1 });
  const user = await newClient({ WebSocket });
  const handle = client.realtime.open('workflows', { scope: user.id }, () => {});
  await until(() => handle.status === 'live', 20_000);
  stack.realtime.drop();
  await until(() => handle.status === 'reconnecting');
  await until(() => handle.status === 'live', 20_000);
});

test('a handler that throws neither ends the process nor affects the others', async () => {
  const user = await newClient({ WebSocket });
  const reported = mock.method(console, 'error', () => {});
  const told = /** @type {string[]} */ ([]);
  const fail = () => {
    throw new Error('in a handler');
  };
  const ends = [fail, () => told.push('told')].map((handler) =>
    client.realtime.open('workflows', { scope: user.id }, handler),
  );
  await Promise.all(ends.map(({ ready }) => ready));
  await client.db.createWorkflow(user.id, { name: 'From Node' });
  await until(() => told.length === 1);
  assert.match(String(reported.mock.calls[0].arguments[0]), /in a handler/);
  reported.mock.restore();
});

test('a process with a subscription keeps running while the server is unreachable', async () => {
  const user = await createFixtures(stack).newUser('ada');
  const script = `
    import { createRequire } from 'node:module';
    import { createClient } from ${JSON.stringify(pathToFileURL(join(unpacked.root, 'index.js')).href)};
    const { WebSocket } = createRequire(${JSON.stringify(STACK_PACKAGE)})('ws');
    const { realtime, db } = createClient({ url: '${stack.url}', key: '${stack.publishableKey}', WebSocket,
      accessToken: () => '${user.token}' });
    const { ready } = realtime.open('workflows', { scope: '${user.id}' }, async ({ record }) => {
      console.log('told', record.name);
      await realtime.unsubscribeAll();
    });
    await ready;
    console.log('live');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script]);
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await until(() => output.includes('live'));
  stack.realtime.restart({ code: 1006, downMs: 1500 });
  await until(() => stack.realtime.inspect().sockets === 1, 20_000);
  await createFixtures(stack).newWorkflow(user, { name: 'later' });
  assert.equal(await ended, 0);
  assert.equal(output, 'live\ntold later\n');
});

test('closing while the socket opens is not an error', async () => {
  const user = await newClient({ WebSocket });
  const handle = client.realtime.open('workflows', { scope: user.id }, () => {});
  await until(() => stack.requests.count({ path: '/realtime/v1' }) > 0 || handle.status === 'live');
  client.close();
  await assert.rejects(
    handle.ready.then(() => Promise.reject(handle.error)),
    { code: 'ABORTED' },
  );
  await until(() => stack.realtime.inspect().sockets === 0);
});
