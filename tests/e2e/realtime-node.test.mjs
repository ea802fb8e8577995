// @ts-check
// Realtime where there is no browser: Node, whose older versions have no WebSocket.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { startStack } from '../../examples/local-stack/stack.mjs';
import { createFixtures } from './support/fixtures.mjs';
import { unpackedPackage } from './support/package.mjs';
import { until } from './support/until.mjs';

const require = createRequire(new URL('../../examples/local-stack/package.json', import.meta.url));
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
  // Newer versions have one.
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

/** A new user who is signed in to a client of theirs. @param {object} options */
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

test('the WebSocket of the package ws does', async () => {
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

test('one that is given later is taken', async () => {
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

test('a server that refuses ends no process', async () => {
  stack.faults.add({ match: { path: '/realtime/v1' }, action: 'status', status: 403, times: 2 });
  stack.faults.add({ match: { path: '/realtime/v1' }, action: 'reset', times: 1 });
  const user = await newClient({ WebSocket });
  const handle = client.realtime.open('workflows', { scope: user.id }, () => {});
  await until(() => handle.status === 'live', 20_000);
  stack.realtime.drop();
  await until(() => handle.status === 'reconnecting');
  await until(() => handle.status === 'live', 20_000);
});

test('closing while the socket is being opened is no error', async () => {
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
