// @ts-check
// `getRealtimeManager()`: ids, handles, and mistakes of the application.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useLive } from './support/live.mjs';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, newUser, newEstate, newWorkflow, newExecutions } = world;
const { follow, begin, kinds, hears, rest, status, stands, change } = useLive(world);

/** A new user with one row in each table, and their page. */
async function openPage(options = {}) {
  const ada = await newUser('ada');
  const estate = await newEstate(ada);
  return { ada, estate, tab: await world.open({ as: ada, ...options }) };
}

test('an id is returned synchronously; an id in use is returned unchanged and keeps its first handler', async () => {
  const { ada, tab } = await openPage();
  const ids = await tab.run((userId) => {
    const manager = wdb.getRealtimeManager();
    const heard = /** @type {string[]} */ ([]);
    Object.assign(globalThis, { heard });
    return [
      manager.subscribe('workflows', userId, () => heard.push('first'), 'mine'),
      manager.subscribe('workflows', userId, () => heard.push('second'), 'mine'),
      manager.subscribe('workflows', userId, () => heard.push('third')),
      manager.subscribe('workflows', userId, () => heard.push('fourth')),
    ];
  }, ada.id);
  assert.deepEqual(ids.slice(0, 2), ['mine', 'mine']);
  assert.equal(new Set(ids).size, 3);
  await follow(tab, 'workflows', { scope: ada.id });
  await newWorkflow(ada);
  await hears(tab, 1);
  assert.deepEqual(await tab.run(() => /** @type {any} */ (globalThis).heard), ['first', 'third', 'fourth']);
  assert.equal(stack.realtime.inspect().channels.length, 1);
});

test('active subscriptions are listed with their table and scope', async () => {
  const { ada, tab } = await openPage();
  const listed = await tab.run((userId) => {
    const manager = wdb.getRealtimeManager();
    manager.subscribe('workflows', userId, () => {}, 'one');
    manager.open('workflow_executions', { scope: userId, filter: 'status=eq.running' }, () => {});
    return manager.getActiveSubscriptions();
  }, ada.id);
  assert.deepEqual(
    listed.map(({ table, scope, filter, status }) => ({ table, scope, filter, status })),
    [
      { table: 'workflows', scope: ada.id, filter: undefined, status: 'connecting' },
      { table: 'workflow_executions', scope: ada.id, filter: 'status=eq.running', status: 'connecting' },
    ],
  );
  assert.equal(listed[0].id, 'one');
});

test('an ended subscription receives nothing more; an unknown id is ignored', async () => {
  const { ada, estate, tab } = await openPage();
  await follow(tab, 'workflows', { scope: ada.id });
  await follow(tab, 'workflows', { scope: ada.id }, 'second');
  await follow(tab, 'workflow_nodes', { scope: estate.workflow.id }, 'nodes');
  const left = await tab.run(async () => {
    const manager = wdb.getRealtimeManager();
    await manager.unsubscribe('nobody knows it');
    await manager.unsubscribe(following.first.handle.id);
    await manager.unsubscribeFromTable('workflow_nodes');
    return manager.getActiveSubscriptions().map(({ id }) => id === following.second.handle.id);
  });
  assert.deepEqual(left, [true]);
  assert.deepEqual(await status(tab, 'nodes'), 'closed');
  await newWorkflow(ada);
  await change('workflow_nodes', estate.nodes[0].id, 'label', 'changed');
  await hears(tab, 1, 'second');
  assert.deepEqual([await kinds(tab), await kinds(tab, 'nodes')], [[], []]);
});

test('unsubscribeAll leaves no channel, no socket and no timer', async () => {
  const { ada, estate, tab } = await openPage({ options: { realtime: { resyncMs: 50 } } });
  await tab.run(() => {
    const timers = new Map();
    Object.assign(globalThis, { timers });
    const { setTimeout: start, clearTimeout: end } = globalThis;
    /** @type {any} */ (globalThis).setTimeout = (
      /** @type {() => void} */ run,
      /** @type {number} */ ms,
    ) => {
      const id = start(() => (timers.delete(id), run()), ms);
      timers.set(id, ms);
      return id;
    };
    globalThis.clearTimeout = (id) => (timers.delete(id), end(id));
  });
  await follow(tab, 'workflows', { scope: ada.id });
  await follow(tab, 'workflow_nodes', { scope: estate.workflow.id }, 'nodes');
  await tab.run(() => wdb.getRealtimeManager().unsubscribeAll());
  assert.deepEqual(await tab.run(() => wdb.getRealtimeManager().getActiveSubscriptions()), []);
  await until(() => stack.realtime.inspect().channels.length === 0);
  await until(() => stack.realtime.inspect().sockets === 0);
  await until(() => tab.run(() => /** @type {any} */ (globalThis).timers.size === 0), 5000);
});

test('a new subscription after unsubscribeAll is live again', async () => {
  const { ada, tab } = await openPage();
  await follow(tab, 'workflows', { scope: ada.id });
  await tab.run(() => wdb.getRealtimeManager().unsubscribeAll());
  await follow(tab, 'workflows', { scope: ada.id }, 'again');
  await newWorkflow(ada);
  await hears(tab, 1, 'again');
});

test('an unknown table, a malformed scope and a malformed filter are refused by the call', async () => {
  const { tab, ada } = await openPage();
  const refused = await tab.run((userId) => {
    const manager = wdb.getRealtimeManager();
    const open = /** @type {any} */ (manager.open);
    return [
      thrown(() => manager.subscribe('nope', userId, () => {})),
      thrown(() => manager.subscribe('workflows', 'no uuid', () => {})),
      thrown(() => open('workflows', { scope: userId }, 'no function')),
      thrown(() => manager./** @type {any} */ subscribe('workflows', userId)),
      thrown(() => open('workflows', { scope: 7 }, () => {})),
      thrown(() => open('workflows', { events: ['insert'] }, () => {})),
      ...['status', 'nope=eq.1', 'name=almost.1', 'name=in.1', `name=eq.${'x'.repeat(9000)}`].map((filter) =>
        thrown(() => open('workflows', { filter }, () => {})),
      ),
    ].map(({ code, isOurs }) => [code, isOurs]);
  }, ada.id);
  assert.deepEqual(refused, Array(11).fill(['INVALID_INPUT', true]));
  assert.deepEqual(await tab.run(() => wdb.getRealtimeManager().getActiveSubscriptions()), []);
});

test('an empty scope does nothing: a component may mount before it knows the user', async () => {
  const { tab } = await openPage();
  const ids = await tab.run(() => {
    const subscribe = /** @type {any} */ (wdb.getRealtimeManager().subscribe);
    return ['', undefined, null].map((scope) => subscribe('workflows', scope, () => {}, 'later'));
  });
  assert.deepEqual(ids, ['later', 'later', 'later']);
  assert.deepEqual(await tab.run(() => wdb.getRealtimeManager().getActiveSubscriptions()), []);
});

test('a subscription made before configure waits for it', async () => {
  const { ada, tab } = await openPage({ configured: false });
  await begin(tab, 'workflows', { scope: ada.id });
  assert.equal(await status(tab), 'connecting');
  await tab.run(() => {
    wdb.configure({ url: env.url, key: env.key, accessToken: () => env.token });
  });
  await stands(tab, 'live');
  await rest();
  const workflow = await newWorkflow(ada);
  assert.deepEqual(
    (await hears(tab, 1)).map(({ record }) => record),
    [workflow],
  );
});

test('a handler that throws does not stop the others, and its error is reported', async () => {
  const { ada, tab } = await openPage();
  await tab.run((userId) => {
    /** @type {string[]} */
    const uncaught = [];
    Object.assign(globalThis, { uncaught });
    addEventListener('error', (event) => {
      uncaught.push(event.error.message);
      event.preventDefault();
    });
    wdb.getRealtimeManager().subscribe('workflows', userId, () => {
      throw new Error('of the application');
    });
  }, ada.id);
  await follow(tab, 'workflows', { scope: ada.id });
  await newWorkflow(ada);
  await newWorkflow(ada);
  await hears(tab, 2);
  assert.deepEqual(
    await tab.run(() => /** @type {any} */ (globalThis).uncaught),
    Array(2).fill('of the application'),
  );
});

test('a handler may subscribe and unsubscribe; the others still receive everything in order', async () => {
  const { ada, estate, tab } = await openPage();
  await tab.run((userId) => {
    const manager = wdb.getRealtimeManager();
    manager.subscribe('workflow_executions', userId, () => {
      manager.open('workflows', { scope: userId }, () => {}).unsubscribe();
    });
  }, ada.id);
  await follow(tab, 'workflow_executions', { scope: ada.id });
  stack.realtime.restart({ downMs: 300 });
  await newExecutions(
    estate.workflow,
    Array.from({ length: 20 }, () => ({})),
  );
  const ids = (await hears(tab, 20)).map(({ record }) => record.id);
  // A resync reads in id order.
  assert.deepEqual(ids, ids.toSorted());
});

test('only the requested kinds of changes are reported', async () => {
  const { ada, tab } = await openPage();
  await follow(tab, 'workflows', { scope: ada.id, events: ['UPDATE'] });
  await follow(tab, 'workflows', { scope: ada.id }, 'all');
  const { id } = await newWorkflow(ada);
  await change('workflows', id, 'description', 'changed');
  await hears(tab, 2, 'all');
  assert.deepEqual(await kinds(tab), ['UPDATE']);
});

test('a handle can be closed at once, repeatedly, and with `using`', async () => {
  const { ada, tab } = await openPage();
  const outcomes = await tab.run(async (userId) => {
    const { open, getActiveSubscriptions } = wdb.getRealtimeManager();
    const first = open('workflows', { scope: userId }, () => {});
    const second = open('workflows', { scope: userId }, () => {});
    first.unsubscribe();
    first.unsubscribe();
    second[Symbol.dispose]();
    return [
      first.status,
      second.status,
      getActiveSubscriptions().length,
      (await failure(first.ready)).code,
      (await failure(second.ready)).code,
    ];
  }, ada.id);
  assert.deepEqual(outcomes, ['closed', 'closed', 0, 'ABORTED', 'ABORTED']);
});

test('ready resolves when the subscription is live, also for later subscribers', async () => {
  stack.realtime.restart();
  stack.settings.change({ realtimeColdMs: 3000 });
  const { ada, tab } = await openPage();
  await begin(tab, 'workflows', { scope: ada.id });
  await until(() => stack.realtime.inspect().channels.length === 1);
  assert.equal(await status(tab), 'connecting');
  await tab.run(() => following.first.handle.ready);
  assert.equal(stack.realtime.inspect().channels[0].subscribed, true);
  await begin(tab, 'workflows', { scope: ada.id }, 'later');
  assert.equal(await status(tab, 'later'), 'live');
  await tab.run(() => following.later.handle.ready);
});

test('the returned function ends a subscription, as a cleanup function of an effect does', async () => {
  const { ada, tab } = await openPage();
  const left = await tab.run(async (scope) => {
    const { ready, unsubscribe } = wdb.getRealtimeManager().open('workflows', { scope }, () => {});
    await ready;
    unsubscribe();
    return wdb.getRealtimeManager().getActiveSubscriptions();
  }, ada.id);
  assert.deepEqual(left, []);
});
