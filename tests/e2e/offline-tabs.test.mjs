// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { persisted, useDevices } from './support/offline.mjs';
import { until } from './support/until.mjs';

const { stack, newDevice, newUser, newWorkflow, row, rows } = await useDevices();

/** A new user with a workflow, and two tabs of that user. @param {{ options?: object, more?: object }} [tabOptions] */
async function twoTabs(tabOptions = {}) {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user, { name: 'First' });
  const device = await newDevice();
  const first = await device.open({ as: user, ...tabOptions });
  await first.run((id) => db.getWorkflow(id), workflow.id);
  const second = await device.open({ as: user, ...tabOptions });
  await second.run((id) => db.getWorkflow(id), workflow.id);
  return { user, workflow, device, first, second };
}

/** @typedef {import('./support/offline.mjs').Tab} Tab */

/** The name of the workflow that the tab's cache has. @param {Tab} tab @param {string} id */
const cachedName = (tab, id) => tab.run((id) => /** @type {any} */ (cache.peek(`workflow:${id}`))?.name, id);

test('a change made in one tab is in the cache of the others within 50 ms', async () => {
  const { workflow, first, second } = await twoTabs();
  await second.run((id) => {
    const key = `workflow:${id}`;
    /** When each name arrived. @type {Record<string, number>} */
    const heard = {};
    cache.observe(key, () => {
      const name = /** @type {any} */ (cache.peek(key))?.name;
      heard[name] ??= Date.now();
    });
    Object.assign(globalThis, { heard });
  }, workflow.id);
  const before = stack.requests.count({ method: 'GET' });
  const lags = [];
  // A busy machine may delay some of them.
  for (let round = 1; round <= 10; round += 1) {
    const name = `Round ${round}`;
    const written = await first.run(async ([id, name]) => {
      await db.updateWorkflow(id, { name });
      return Date.now();
    }, /** @type {const} */ ([workflow.id, name]));
    const heard = await second.run(async (name) => {
      const { heard } = /** @type {any} */ (globalThis);
      await until(() => heard[name]);
      return heard[name];
    }, name);
    lags.push(heard - written);
  }
  assert.ok(Math.min(...lags) <= 50, `${lags} ms`);
  assert.equal(stack.requests.count({ method: 'GET' }), before, 'without asking the server');
});

test('a waiting write is shown in every tab, and every tab counts it', async () => {
  const { workflow, device, first, second } = await twoTabs();
  await device.goOffline();
  await first.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Waiting' }), workflow.id);
  await until(async () => (await second.outbox()).pending === 1);
  assert.equal(await cachedName(second, workflow.id), 'Waiting');
  const id = await second.run(() => outbox.list()[0]?.id ?? '');
  await second.run((id) => outbox.discard(id), id);
  await until(async () => (await first.outbox()).pending === 0);
  assert.equal(await cachedName(first, workflow.id), 'First');
});

test('rows that a page stores while it is left, after another user signed in, are erased by the next visit', async () => {
  const { user, workflow, device, first } = await twoTabs();
  const grace = await device.open({ as: await newUser('grace') });
  const adas = () =>
    grace.run(
      (id) =>
        new Promise((resolve) => {
          indexedDB.open('workflow-db').onsuccess = ({ target }) => {
            const database = /** @type {IDBOpenDBRequest} */ (target).result;
            const keys = database.transaction('rows').objectStore('rows').getAllKeys();
            keys.transaction.oncomplete = () => {
              database.close();
              resolve(keys.result.filter((key) => /** @type {string[]} */ (key)[0].endsWith(id)).length);
            };
          };
        }),
      user.id,
    );
  await until(async () => (await adas()) === 0);
  // The page asks who is signed in when it stores rows, but not while it is left.
  const left = first.page.waitForURL('about:blank');
  await first.run((id) => {
    const read = db.with({ fresh: true }).getWorkflow(id);
    read.then(() => location.assign('about:blank'));
  }, workflow.id);
  await left;
  await until(async () => (await adas()) === 1);
  await grace.reload();
  await until(async () => (await adas()) === 0);
});

test('one tab sends at a time: the writes of two tabs are made once, in their order', async () => {
  const { user, workflow, device, first, second } = await twoTabs();
  await device.goOffline();
  for (const [tab, name] of /** @type {const} */ ([
    [first, 'a'],
    [second, 'b'],
    [first, 'c'],
    [second, 'd'],
  ])) {
    await tab.run((name) => db.with({ queue: true }).createWorkflow(env.userId, { name }), name);
  }
  stack.requests.clear();
  await device.goOnline();
  await Promise.all([first, second].map((tab) => tab.run(() => sent())));
  const made = await rows('workflows', 'where user_id = $1 and id <> $2 order by created_at', [
    user.id,
    workflow.id,
  ]);
  assert.deepEqual(
    made.map(({ name }) => name),
    ['a', 'b', 'c', 'd'],
  );
  assert.equal(stack.requests.count({ method: 'POST', path: '/workflows' }), 4);
  await until(async () => (await second.outbox()).pending === 0 && (await first.outbox()).pending === 0);
});

test('a tab takes over when the one that sends is killed', async () => {
  const { user, first, second } = await twoTabs();
  stack.faults.add({ match: { method: 'POST', path: '/workflows' }, action: 'hangAfterCommit', times: 1 });
  await first.run(() => db.with({ queue: true }).createWorkflow(env.userId, { name: 'Once' }));
  await until(() => stack.requests.count({ method: 'POST', path: '/workflows' }) === 1);
  await first.kill();
  await second.run(() => sent());
  assert.equal((await rows('workflows', "where user_id = $1 and name = 'Once'", [user.id])).length, 1);
});

test('a tab takes over when the one that sends is frozen by the browser', async () => {
  const { workflow, device, first, second } = await twoTabs();
  const session = await device.context.newCDPSession(first.page);
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await second.run(
    (id) => db.with({ queue: true }).updateWorkflow(id, { name: 'By the second' }),
    workflow.id,
  );
  await second.run(() => sent());
  assert.equal((await row('workflows', workflow.id))?.name, 'By the second');
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  await until(async () => (await first.outbox()).pending === 0);
});

test('a page that was left with its tab open gives up the lead, and catches up when it is shown again', async () => {
  const { workflow, first, second } = await twoTabs();
  const leave = (/** @type {Tab} */ tab, /** @type {string} */ type) =>
    tab.run((type) => void dispatchEvent(new PageTransitionEvent(type, { persisted: true })), type);
  await leave(first, 'pagehide');
  await second.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Meanwhile' }), workflow.id);
  await second.run(() => sent());
  stack.faults.add({ match: { method: 'PATCH' }, action: 'status', status: 503, times: 'always' });
  await second.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Later' }), workflow.id);
  await leave(first, 'pageshow');
  assert.equal(await cachedName(first, workflow.id), undefined, 'what it did not hear is read again');
  await until(async () => (await first.outbox()).pending === 1);
  await second.page.close();
  stack.faults.clear();
  await first.run(() => sent());
  assert.equal((await row('workflows', workflow.id))?.name, 'Later');
});

test('flush in a tab that does not send lets the other one send', async () => {
  const { workflow, first, second } = await twoTabs();
  stack.faults.add({ match: { method: 'PATCH' }, action: 'status', status: 503, times: 'always' });
  await second.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Flushed' }), workflow.id);
  await until(
    async () => stack.requests.count({ method: 'PATCH' }) >= 3 && !(await first.outbox()).isFlushing,
  );
  stack.faults.clear();
  await second.run(() => outbox.flush());
  assert.equal((await row('workflows', workflow.id))?.name, 'Flushed');
});

test('flush in a tab that does not send resolves when what it has just queued is sent', async () => {
  const { workflow, first, second } = await twoTabs();
  await first.run(() => outbox.flush());
  stack.faults.add({ match: { method: 'PATCH' }, action: 'latency', ms: 100, times: 'always' });
  const pending = await second.run(async (id) => {
    await db.with({ queue: true }).updateWorkflow(id, { name: 'Flushed' });
    await outbox.flush();
    return outbox.pending;
  }, workflow.id);
  assert.equal(pending, 0);
  assert.equal((await row('workflows', workflow.id))?.name, 'Flushed');
});

test('a tab of another user hears nothing, and its writes are sent as that user', async () => {
  const ada = await newUser('ada');
  const grace = await newUser('grace');
  const workflow = await newWorkflow(ada, { name: 'Of Ada' });
  const device = await newDevice();
  const hers = await device.open({ as: ada });
  await hers.run((id) => db.getWorkflow(id), workflow.id);
  const other = await device.open({ as: grace });
  await other.run(() => db.getWorkflows(env.userId));
  await device.goOffline();
  await hers.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Secret' }), workflow.id);
  await other.run(() => db.with({ queue: true }).createWorkflow(env.userId, { name: 'Of Grace' }));
  assert.deepEqual((await other.outbox()).list, ['workflows insert pending']);
  assert.deepEqual((await hers.outbox()).list, ['workflows update pending']);
  await device.goOnline();
  await Promise.all([hers, other].map((tab) => tab.run(() => sent())));
  assert.equal((await row('workflows', workflow.id))?.name, 'Secret');
  assert.deepEqual(
    (await rows('workflows', 'where user_id = $1', [grace.id])).map(({ name }) => name),
    ['Of Grace'],
  );
});

test('a user who signs out in one tab takes nothing from the user of another tab', async () => {
  const options = { onSignOut: 'discard' };
  const { user: ada, workflow, device, first: hers } = await twoTabs({ options });
  const grace = await newUser('grace');
  const kept = await newWorkflow(grace, { name: 'Of Grace' });
  const other = await device.open({ as: grace, options });
  await other.run((id) => db.getWorkflow(id), kept.id);
  await persisted(other, `workflow:${kept.id}`);
  stack.faults.add({ match: { method: 'PATCH' }, action: 'status', status: 503, times: 'always' });
  const queue = (/** @type {string} */ id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Queued' });
  await hers.run(queue, workflow.id);
  await other.run(queue, kept.id);
  await hers.run(async () => {
    env.token = null;
    wdb.authChanged();
    await until(() => outbox.pending === 0);
  });
  await device.goOffline();
  await other.run(() => localStorage.setItem('env', JSON.stringify({ ...env, token: null })));
  await other.reload();
  const shown = await other.run(async (id) => (await outcome(db.getWorkflow(id))).value?.name, kept.id);
  assert.equal(shown, 'Queued', 'she is still the last known user');
  await other.run((token) => Object.assign(env, { token }), grace.token);
  stack.faults.clear();
  await device.goOnline();
  await other.run(() => sent());
  assert.equal((await row('workflows', kept.id))?.name, 'Queued');
  const again = await device.open({ as: ada, options });
  await again.run(() => sent());
  assert.equal((await row('workflows', workflow.id))?.name, 'First', 'what she did not send is discarded');
});

test('writes that are discarded because another user signed in in another tab are shown no longer', async () => {
  const options = { onSignOut: 'discard' };
  const { workflow, device, first, second } = await twoTabs({ options });
  await device.goOffline();
  await first.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Discarded' }), workflow.id);
  await until(async () => (await second.outbox()).pending === 1);
  stack.faults.add({ match: { method: 'PATCH' }, action: 'status', status: 503, times: 'always' });
  await device.goOnline();
  await device.open({ as: await newUser('grace'), options });
  await until(async () => (await first.outbox()).pending + (await second.outbox()).pending === 0);
});

test('without Web Locks, a lease in the database selects the tab that sends, and passes on', async () => {
  const user = await newUser('ada');
  const device = await newDevice();
  await device.context.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });
  });
  const first = await device.open({ as: user });
  await first.run(() => db.with({ queue: true }).createWorkflow(env.userId, { name: 'a' }));
  await first.run(() => sent());
  const second = await device.open({ as: user });
  await second.run(() => db.with({ queue: true }).createWorkflow(env.userId, { name: 'b' }));
  await second.run(() => sent());
  await first.kill();
  await second.run(() => db.with({ queue: true }).createWorkflow(env.userId, { name: 'c' }));
  await second
    .run(() => until(() => outbox.pending === 0))
    .catch(() => second.run(() => until(() => outbox.pending === 0)));
  const made = await rows('workflows', 'where user_id = $1 order by name', [user.id]);
  assert.deepEqual(
    made.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
});
