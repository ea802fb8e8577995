// @ts-check
// The tabs of a browser share one realtime socket.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useDevices } from './support/offline.mjs';
import { until } from './support/until.mjs';

const { stack, newDevice, newUser, newWorkflow } = await useDevices({ members: true });

/** @typedef {import('./support/offline.mjs').Tab} Tab */

/** Subscribes to the user's workflows, and records the names that the handler receives. @param {Tab} tab */
async function follow(tab) {
  await tab.run(async () => {
    const heard = /** @type {string[]} */ ([]);
    const handle = wdb
      .getRealtimeManager()
      .open('workflows', { scope: env.userId ?? '' }, ({ record }) => heard.push(record.name));
    Object.assign(globalThis, { heard, handle });
    await handle.ready;
  });
}

/** @param {Tab} tab @returns {Promise<string[]>} */
const heardBy = (tab) => tab.run(() => /** @type {any} */ (globalThis).heard);

const server = () => stack.realtime.inspect();

/** Two tabs of a user, both of which follow the user's workflows. */
async function twoFollowers() {
  await until(() => server().sockets === 0);
  const user = await newUser('ada');
  const workflow = await newWorkflow(user, { name: 'First' });
  const device = await newDevice();
  const first = await device.open({ as: user });
  await follow(first);
  const second = await device.open({ as: user });
  await follow(second);
  const rename = (/** @type {string} */ name) =>
    stack.sql('update workflows set name = $1, updated_at = now() where id = $2', [name, workflow.id]);
  return { user, workflow, device, first, second, rename };
}

test('the tabs of a browser share one socket, and each hears its own subscriptions', async () => {
  const { first, second, rename } = await twoFollowers();
  assert.equal(server().sockets, 1);
  await rename('Second');
  for (const tab of [first, second]) await until(async () => (await heardBy(tab)).length === 1);
  await second.run(() => /** @type {any} */ (globalThis).handle.unsubscribe());
  await rename('Third');
  await until(async () => (await heardBy(first)).length === 2);
  assert.deepEqual(await heardBy(second), ['Second']);
});

test('when the tab with the socket is closed, the next one opens it and misses no change', async () => {
  const { first, second, rename } = await twoFollowers();
  await first.page.close();
  await rename('In between');
  await until(async () => (await heardBy(second)).includes('In between'));
  await rename('Later');
  await until(async () => (await heardBy(second)).includes('Later'));
  assert.deepEqual(await heardBy(second), ['In between', 'Later']);
  assert.equal(server().sockets, 1);
});

test('when the tab with the socket is killed, the next one opens it and misses no change', async () => {
  const { first, second, rename } = await twoFollowers();
  await first.kill();
  await rename('In between');
  await until(async () => (await heardBy(second)).includes('In between'));
});

test('the server drops the channels of a tab that was killed', async () => {
  const { first, second } = await twoFollowers();
  const before = server().channels.length;
  await second.kill();
  await until(() => server().channels.length < before);
  assert.equal(server().sockets, 1);
  assert.deepEqual(await heardBy(first), []);
});

test('a room has a socket of its own, and subscriptions stay on the shared one', async () => {
  const { workflow, second, rename } = await twoFollowers();
  await second.run(async (id) => {
    const room = wdb.getRealtimeManager().joinRoom(id);
    await until(() => room.status === 'live');
  }, workflow.id);
  assert.equal(server().sockets, 2);
  await rename('Second');
  await until(async () => (await heardBy(second)).length === 1);
});

test('without a way to reach other tabs, each has a socket of its own', async () => {
  await until(() => server().sockets === 0);
  const user = await newUser('ada');
  const device = await newDevice();
  await device.context.addInitScript(() => {
    Object.defineProperty(globalThis, 'BroadcastChannel', { value: undefined });
  });
  for (const tab of [await device.open({ as: user }), await device.open({ as: user })]) await follow(tab);
  assert.equal(server().sockets, 2);
});
