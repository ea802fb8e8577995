// @ts-check
// What may happen while the outbox is being sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { persisted, useDevices } from './support/offline.mjs';
import { newGate, until } from './support/until.mjs';

const { stack, newDevice, newUser, newWorkflow, rows } = await useDevices();

/** @typedef {import('./support/offline.mjs').Tab} Tab */

/** A new user with a workflow, and a page of that user. @param {object} [options] */
async function ada(options = {}) {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user, { name: 'First' });
  const device = await newDevice();
  const tab = await device.open({ as: user, ...options });
  return { user, workflow, device, tab };
}

/** Queues new workflows. @param {Tab} tab @param {string[]} names */
const create = (tab, names) =>
  tab.run(async (names) => {
    for (const name of names) await db.with({ queue: true }).createWorkflow(env.userId, { name });
  }, names);

/** The names of a user's workflows, in their order. @param {{ id: string }} user */
const namesOf = async (user) =>
  (await rows('workflows', 'where user_id = $1 order by created_at', [user.id])).map(({ name }) => name);

/** Holds back the answer to the next new workflow, which is made. Returns how to release it. */
function holdAnswer() {
  const { opened, open } = newGate();
  const match = { method: 'POST', path: '/workflows' };
  stack.faults.add({ match, action: 'latencyAfter', until: opened });
  return open;
}
const isMade = async (/** @type {{ id: string }} */ user, /** @type {string} */ name) =>
  (await namesOf(user)).includes(name);

test('what was read just before the page is left is on disk', async () => {
  const { workflow, device, tab } = await ada();
  await tab.run((id) => db.getWorkflow(id), workflow.id);
  await tab.reload();
  await device.goOffline();
  assert.equal((await tab.run((id) => db.getWorkflow(id), workflow.id))?.name, 'First');
});

test('a server that cannot be reached, although the browser is online, takes nothing away', async () => {
  const { user, workflow, device, tab } = await ada();
  const other = await device.open({ as: user });
  const read = (/** @type {Tab} */ tab) =>
    tab.run(async (id) => {
      const whole = await outcome(db.getWorkflowWithRelations(id));
      const row = await outcome(db.getWorkflow(id));
      const rows = await outcome(db.getWorkflows(env.userId));
      return [whole.value, row.value, rows.value?.[0]].map((row) => row?.name);
    }, workflow.id);
  for (const each of [tab, other]) assert.deepEqual(await read(each), ['First', 'First', 'First']);
  for (const key of [`workflow:${workflow.id}`, `workflows:${user.id}`]) await persisted(tab, key);
  stack.faults.add({ action: 'refuse', times: 'always' });
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Queued' }), workflow.id);
  await tab.run(() => until(() => outbox.list()[0]?.error));
  // Not queued: it is rejected, and changes nothing.
  await tab.run((id) => failure(db.updateWorkflow(id, { description: 'Not sent' })), workflow.id);
  await other.run(() => until(() => outbox.pending === 1));
  await new Promise((resolve) => setTimeout(resolve, 500));
  for (const each of [tab, other]) assert.deepEqual(await read(each), ['Queued', 'Queued', 'Queued']);
  await Promise.all([tab.reload(), other.reload()]);
  for (const each of [tab, other]) assert.deepEqual(await read(each), ['Queued', 'Queued', 'Queued']);
  stack.faults.clear();
  await tab.run(() => sent());
  assert.deepEqual(await namesOf(user), ['Queued']);
});

test('clearPersisted in the middle of a flush erases what waits, and what follows is sent', async () => {
  const { user, tab } = await ada();
  const release = holdAnswer();
  await create(tab, ['a', 'b']);
  await until(() => isMade(user, 'a'));
  await tab.run(() => offlineEntry.clearPersisted());
  await tab.run(() => until(() => outbox.list().length === 0));
  await create(tab, ['c']);
  release();
  await tab.run(() => sent());
  assert.deepEqual(await namesOf(user), ['First', 'a', 'c']);
});

test('configure in the middle of a flush neither loses nor repeats a write', async () => {
  const { user, tab } = await ada();
  const release = holdAnswer();
  await create(tab, ['a', 'b']);
  await until(() => isMade(user, 'a'));
  await tab.run(() => start());
  await create(tab, ['c']);
  await tab.run(() => start({ name: 'workflow-db-other' }));
  await tab.run(() => start());
  release();
  await tab.run(() => sent());
  assert.deepEqual(await namesOf(user), ['First', 'a', 'b', 'c']);
});

test('a user who signs out in the middle of a flush finds the rest sent once after the next sign-in', async () => {
  const { user, tab } = await ada();
  const release = holdAnswer();
  await create(tab, ['a', 'b']);
  await until(() => isMade(user, 'a'));
  await tab.run(async () => {
    const { token } = env;
    env.token = null;
    wdb.authChanged();
    await until(() => outbox.pending === 0);
    env.token = token;
    wdb.authChanged();
    await db.getWorkflows(env.userId);
  });
  release();
  await tab.run(() => sent());
  await until(async () => (await tab.outbox()).list.length === 0 && (await isMade(user, 'b')));
  assert.deepEqual(await namesOf(user), ['First', 'a', 'b']);
});

test('a token that the server rejects in the middle of a flush is no refusal', async () => {
  const { user, tab } = await ada();
  const match = { method: 'POST', path: '/workflows' };
  stack.faults.add({ match, action: 'status', status: 401, skip: 1, times: 2 });
  await create(tab, ['a', 'b', 'c']);
  await tab.run(() => sent());
  assert.deepEqual(await namesOf(user), ['First', 'a', 'b', 'c']);
  assert.deepEqual((await tab.outbox()).list, []);
});

test('a change of a row that was deleted in the meantime is refused, and its workflow disappears', async () => {
  const { user, workflow, device, tab } = await ada();
  await tab.run((id) => db.getWorkflow(id), workflow.id);
  await device.goOffline();
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Changed' }), workflow.id);
  await create(tab, ['a']);
  await stack.sql('delete from public.workflows where id = $1', [workflow.id]);
  await device.goOnline();
  await tab.run(() => sent());
  assert.deepEqual((await tab.outbox()).list, ['workflows update failed NOT_FOUND']);
  assert.deepEqual(await namesOf(user), ['a']);
  await until(async () => (await tab.run((id) => db.getWorkflow(id), workflow.id)) === null);
});

test('writes of a page that is killed at once after they were queued are sent by the next one', async () => {
  const { user, device, tab } = await ada();
  stack.faults.add({
    match: { method: 'POST', path: '/workflows' },
    action: 'status',
    status: 503,
    times: 'always',
  });
  await create(tab, ['a', 'b', 'c']);
  await tab.kill();
  stack.faults.clear();
  const next = await device.open({ as: user });
  await next.run(() => sent());
  assert.deepEqual(await namesOf(user), ['First', 'a', 'b', 'c']);
});

for (const days of [10, -10]) {
  test(`a clock that jumps by ${days} days stops neither the outbox nor the lease`, async () => {
    const user = await newUser('ada');
    const device = await newDevice();
    await device.context.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });
    });
    const first = await device.open({ as: user });
    await create(first, ['a']);
    await first.run(() => sent());
    const second = await device.open({ as: user });
    const jump = (/** @type {number} */ days) => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + days * 86_400_000;
    };
    for (const tab of [first, second]) await tab.run(jump, days);
    await create(second, ['b']);
    await second.run(() => until(() => outbox.pending === 0));
    assert.deepEqual(await namesOf(user), ['a', 'b']);
  });
}
