// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { newUser, newWorkflow, stack } = world;

/** Follows a user's workflows, and remembers what is told. @param {any} tab @param {string} table @param {string} scope */
function follow(tab, table, scope) {
  return tab.run(
    async ([table, scope]) => {
      const told = /** @type {any[]} */ ([]);
      const handle = wdb.getRealtimeManager().open(table, { scope }, (change) => told.push(change));
      Object.assign(globalThis, { told, handle });
      await handle.ready;
    },
    [table, scope],
  );
}

const toldTo = (tab) => tab.run(() => globalThis.told);

test('what another client commits is told, and patched into the cache', async () => {
  const ada = await newUser('ada');
  const tab = await world.open({ as: ada });
  await tab.run((id) => db.getWorkflows(id), ada.id);
  await follow(tab, 'workflows', ada.id);
  const workflow = await newWorkflow(ada, { name: 'From elsewhere' });
  const [change] = await until(async () => {
    const told = await toldTo(tab);
    return told.length > 0 ? told : undefined;
  });
  assert.equal(change.type, 'INSERT');
  assert.equal(change.origin, 'live');
  assert.equal(change.record.id, workflow.id);
  const before = stack.requests.count();
  const rows = await tab.run((id) => db.getWorkflows(id), ada.id);
  assert.deepEqual(
    rows.map((row) => row.id),
    [workflow.id],
  );
  assert.equal(stack.requests.count(), before);
});

test('a subscription can be ended by its function alone, as an effect returns it', async () => {
  const ada = await newUser('ada');
  const tab = await world.open({ as: ada });
  const left = await tab.run(async (scope) => {
    const { ready, unsubscribe } = wdb.getRealtimeManager().open('workflows', { scope }, () => {});
    await ready;
    unsubscribe();
    return wdb.getRealtimeManager().getActiveSubscriptions();
  }, ada.id);
  assert.deepEqual(left, []);
});
