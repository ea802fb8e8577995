// @ts-check
// Many queued writes: their order, their number, and what is shown of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useDevices } from './support/offline.mjs';

const devices = await useDevices();
const { newDevice, newUser, newWorkflow, rows } = devices;

/** A new user with a workflow, and a page of that user. */
async function ada() {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user, { name: 'First' });
  const device = await newDevice();
  return { user, workflow, device, tab: await device.open({ as: user }) };
}

test('a thousand queued writes survive a reload and arrive in their order, each once', async () => {
  const { user, device, tab } = await ada();
  await tab.run(() => db.getWorkflows(env.userId));
  await device.goOffline();
  await tab.run(async () => {
    for (let index = 0; index < 1000; index += 1)
      await db.with({ queue: true }).createWorkflow(env.userId, { name: `w${index}` });
  });
  const shown = await tab.run(async () => (await outcome(db.getWorkflows(env.userId))).value?.length);
  assert.equal(shown, 1001, 'all are shown, with the one that was there');
  await tab.reload();
  await tab.run(() => until(() => outbox.pending === 1000));
  await device.goOnline();
  await tab.run(() => sent(), undefined);
  const names = (await rows('workflows', 'where user_id = $1 order by created_at', [user.id])).map(
    ({ name }) => name,
  );
  assert.deepEqual(names, ['First', ...Array.from({ length: 1000 }, (_, index) => `w${index}`)]);
  assert.equal(await tab.run(async () => (await db.getWorkflows(env.userId)).length), 1001);
});

test('a row that waits is shown as its later changes leave it', async () => {
  const { device, tab } = await ada();
  await tab.run(() => db.getWorkflows(env.userId));
  await device.goOffline();
  const { one, many, whole } = await tab.run(async () => {
    const queued = db.with({ queue: true });
    const { id } = await queued.createWorkflow(env.userId, { name: 'a' });
    await queued.createWorkflow(env.userId, { name: 'b' });
    await queued.updateWorkflow(id, { name: 'c' });
    const value = async (/** @type {Promise<any>} */ read) => (await outcome(read)).value;
    return {
      one: await value(db.getWorkflow(id)),
      many: await value(db.getWorkflows(env.userId)),
      whole: await value(db.getWorkflowWithRelations(id)),
    };
  });
  assert.equal(one.name, 'c');
  assert.equal(whole.name, 'c');
  assert.deepEqual(many.map((/** @type {{ name: string }} */ { name }) => name).sort(), ['First', 'b', 'c']);
});

test('two tabs that queue in turn keep their writes in one order', async () => {
  const { user, device, tab } = await ada();
  const other = await device.open({ as: user });
  await device.goOffline();
  const queue = (/** @type {string} */ name) => db.with({ queue: true }).createWorkflow(env.userId, { name });
  for (const [page, name] of /** @type {const} */ ([
    [tab, 'a'],
    [other, 'b'],
    [tab, 'c'],
    [tab, 'd'],
    [other, 'e'],
  ]))
    await page.run(queue, name);
  await tab.run(() => until(() => outbox.pending === 5));
  await other.run(() => until(() => outbox.pending === 5));
  await device.goOnline();
  await tab.run(() => sent());
  const names = (await rows('workflows', 'where user_id = $1 order by created_at', [user.id])).map(
    ({ name }) => name,
  );
  assert.deepEqual(names, ['First', 'a', 'b', 'c', 'd', 'e']);
});
