// @ts-check
// The number of joins, channels and sockets that subscriptions use.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useLive } from './support/live.mjs';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, newUser, newEstate, newWorkflow, newNodes, insert } = world;
const { rest } = useLive(world);

/** The limits of the real server: channels per socket, joins per project and second. */
const MAX_CHANNELS = 100;

/** A new user with one row in each table, and their page. Connections of earlier tests are closed. */
async function openPage() {
  await until(() => stack.realtime.inspect().sockets === 0);
  const ada = await newUser('ada');
  const estate = await newEstate(ada);
  return { ada, estate, tab: await world.open({ as: ada }), joins: stack.realtime.inspect().joins };
}

/** Closes what a test opened, because the page is reused. @param {import('./support/world.mjs').Tab} tab */
const leave = (tab) => tab.run(() => wdb.getRealtimeManager().unsubscribeAll());

const isAllLive = () =>
  wdb
    .getRealtimeManager()
    .getActiveSubscriptions()
    .every(({ status }) => status === 'live');

test('thirty components that subscribe to the same rows use one join, and each receives changes', async () => {
  const { ada, tab, joins } = await openPage();
  await tab.run((userId) => {
    const counts = Array(30).fill(0);
    Object.assign(globalThis, { counts });
    counts.forEach((_, index) =>
      wdb.getRealtimeManager().subscribe('workflows', userId, () => (counts[index] += 1)),
    );
  }, ada.id);
  await until(() => tab.run(isAllLive));
  await rest();
  assert.equal(stack.realtime.inspect().joins - joins, 1);
  await newWorkflow(ada);
  await until(() =>
    tab.run(() => /** @type {any} */ (globalThis).counts.every((/** @type {number} */ n) => n === 1)),
  );
  await leave(tab);
});

test('thirty different subscriptions in one tick use one join on one socket', async () => {
  const { ada, tab, joins } = await openPage();
  const names = Array.from({ length: 30 }, (_, index) => ({ user_id: ada.id, name: `W ${index}` }));
  const workflows = await insert('workflows', names);
  await tab.run(
    (ids) => {
      const told = /** @type {string[]} */ ([]);
      Object.assign(globalThis, { told });
      for (const id of ids) {
        wdb
          .getRealtimeManager()
          .subscribe('workflow_nodes', id, ({ record }) => told.push(record.workflow_id));
      }
    },
    workflows.map(({ id }) => id),
  );
  await until(() => tab.run(isAllLive));
  await rest();
  const { sockets, channels, joins: after } = stack.realtime.inspect();
  assert.deepEqual([sockets, channels.length, after - joins], [1, 1, 1]);
  for (const workflow of workflows) await newNodes(workflow, ['n']);
  await until(() => tab.run(() => /** @type {any} */ (globalThis).told.length === 30));
  assert.deepEqual(
    await tab.run(() => /** @type {any} */ (globalThis).told),
    workflows.map(({ id }) => id),
  );
  await leave(tab);
});

test('equal subscriptions from different ticks share a channel, which the last one closes', async () => {
  const { ada, tab, joins } = await openPage();
  const open = () =>
    tab.run(async (userId) => {
      const handle = wdb.getRealtimeManager().open('workflows', { scope: userId }, () => {});
      await handle.ready;
      return handle.id;
    }, ada.id);
  const ids = [await open(), await open()];
  assert.equal(stack.realtime.inspect().joins - joins, 1);
  await tab.run((id) => wdb.getRealtimeManager().unsubscribe(id), ids[0]);
  await rest();
  assert.equal(stack.realtime.inspect().channels.length, 1);
  await tab.run((id) => wdb.getRealtimeManager().unsubscribe(id), ids[1]);
  await until(() => stack.realtime.inspect().channels.length === 0);
});

test('a hundred and fifty subscriptions, opened one by one, stay below the server’s limits and receive every change', async () => {
  const { ada, tab, joins } = await openPage();
  const names = Array.from({ length: 150 }, (_, index) => ({ user_id: ada.id, name: `W ${index}` }));
  const workflows = await insert('workflows', names);
  await tab.run(
    async (ids) => {
      const told = /** @type {string[]} */ ([]);
      Object.assign(globalThis, { told });
      for (const id of ids) {
        const { ready } = wdb.getRealtimeManager().open('workflow_nodes', { scope: id }, ({ record }) => {
          told.push(record.workflow_id);
        });
        await ready;
      }
    },
    workflows.map(({ id }) => id),
  );
  await until(() => tab.run(isAllLive));
  await rest();
  const { channels, joins: after } = stack.realtime.inspect();
  assert.ok(channels.length < MAX_CHANNELS, `${channels.length} channels`);
  assert.ok(after - joins < 200, `${after - joins} joins`);
  for (const workflow of workflows) await newNodes(workflow, ['n']);
  await until(() => tab.run(() => /** @type {any} */ (globalThis).told.length >= 150));
  await rest();
  assert.deepEqual(
    (await tab.run(() => /** @type {any} */ (globalThis).told)).toSorted(),
    workflows.map(({ id }) => id).toSorted(),
  );
  await leave(tab);
});

test('a component that unmounts and remounts at once keeps the socket', async () => {
  const { ada, tab } = await openPage();
  await tab.run(async (userId) => {
    const { open } = wdb.getRealtimeManager();
    const first = open('workflows', { scope: userId }, () => {});
    await first.ready;
    first.unsubscribe();
    await open('workflows', { scope: userId }, () => {}).ready;
  }, ada.id);
  const upgrades = stack.requests.count({ path: '/realtime/v1' });
  assert.equal(upgrades, 1);
  await leave(tab);
});
