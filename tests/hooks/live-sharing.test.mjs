// @ts-check
// The number, lifetime and user of the hooks' subscriptions.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { newGate, until } from '../e2e/support/until.mjs';
import { createLive } from './support/live.mjs';
import { ASKED, REFUSED, VERSIONS, useHooks } from './support/world.mjs';

const { stack, rest, openLive, newUser, newWorkflow, newEstate, insert, row } = await useHooks();
const { isLive, shows, change, remove, channelsOf } = createLive({ stack });

afterEach(() => stack.settings.change({ realtimeDelayMs: 0 }));

/** Longer than a subscription survives its last component. */
const LINGER_MS = 700;

/** Renders a hook under a name, and waits for its rows. @param {any} tab @param {string} name @param {string} hook @param {unknown[]} args */
const open = (tab, name, hook, args) =>
  tab.run(
    (/** @type {[string, string, unknown[]]} */ [name, hook, args]) => {
      show(name, hook, args);
      return settledView(name);
    },
    [name, hook, args],
  );

for (const version of VERSIONS) {
  const it = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) =>
    test(`React ${version}: ${name}`, run);

  it('two components with the same hook share one request, one channel and one join, also under StrictMode', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const joins = stack.realtime.inspect().joins;
    const tab = await openLive(version, user);
    await tab.run(async (userId) => {
      for (const name of ['one', 'two']) show(name, 'useWorkflows', [userId]);
      await Promise.all(['one', 'two'].map(settledView));
    }, user.id);
    await isLive(tab);
    await change('workflows', workflow.id, 'name', 'renamed');
    for (const name of ['one', 'two'])
      await shows(tab, name, 'workflows', [await row('workflows', workflow.id)]);
    assert.equal(stack.requests.count(ASKED), 1);
    assert.equal(channelsOf(user).length, 1);
    assert.equal(stack.realtime.inspect().joins - joins, 1);
    assert.equal(stack.requests.count({ path: '/realtime/v1' }), 1, 'one socket');
  });

  it('unmounted hooks leave no channel; a hook that remounts at once reuses it', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openLive(version, user);
    await open(tab, 'list', 'useWorkflows', [user.id]);
    await isLive(tab);
    const joins = stack.realtime.inspect().joins;
    await tab.run(async (userId) => {
      hide('list');
      await new Promise((resolve) => setTimeout(resolve, 100));
      show('list', 'useWorkflows', [userId]);
      await settledView('list');
    }, user.id);
    await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
    await isLive(tab);
    assert.deepEqual([channelsOf(user).length, stack.realtime.inspect().joins - joins], [1, 0]);
    await change('workflows', workflow.id, 'name', 'renamed');
    await shows(tab, 'list', 'workflows.0.name', 'renamed');
    await tab.run(() => hide('list'));
    await until(() => channelsOf(user).length === 0);
    assert.deepEqual(await tab.run(() => wdb.getRealtimeManager().getActiveSubscriptions()), []);
  });

  it('changes while nothing is mounted appear after remounting', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openLive(version, user);
    await open(tab, 'list', 'useWorkflows', [user.id]);
    await isLive(tab);
    await tab.run(() => hide('list'));
    await until(() => channelsOf(user).length === 0);
    await change('workflows', workflow.id, 'name', 'renamed');
    await open(tab, 'list', 'useWorkflows', [user.id]);
    await shows(tab, 'list', 'workflows.0.name', 'renamed');
  });

  it('when another user signs in, hooks subscribe as that user and receive nothing of the previous one', async () => {
    const [ada, grace] = [await newUser('ada'), await newUser('grace')];
    const ofAda = await newWorkflow(ada);
    const ofGrace = await newWorkflow(grace, { is_public: true });
    const tab = await openLive(version, ada);
    await open(tab, 'ada', 'useWorkflows', [ada.id]);
    await open(tab, 'grace', 'useWorkflows', [grace.id]);
    await isLive(tab, 2);
    const from = await tab.run((token) => {
      const from = given('ada').length;
      env.token = token;
      wdb.authChanged();
      return from;
    }, grace.token);
    await shows(tab, 'grace', 'workflows', [ofGrace]);
    await isLive(tab, 2);
    await until(() => channelsOf(ada).length === 0 && channelsOf(grace).length > 0);
    await change('workflows', ofAda.id, 'name', 'secret');
    await change('workflows', ofGrace.id, 'name', 'mine');
    await shows(tab, 'grace', 'workflows.0.name', 'mine');
    await rest();
    const all = await tab.run((from) => given('ada').slice(from).map(plain), from);
    assert.ok(!JSON.stringify(all).includes(ofAda.id));
    assert.deepEqual(all.at(-1).workflows, []);
  });

  it('two users in two browsers never see each other’s rows', async () => {
    const [ada, grace] = [await newUser('ada'), await newUser('grace')];
    const [adas, graces] = [await openLive(version, ada), await openLive(version, grace)];
    for (const tab of [adas, graces]) {
      await open(tab, 'ada', 'useWorkflows', [ada.id]);
      await open(tab, 'grace', 'useWorkflows', [grace.id]);
      await open(tab, 'keys', 'useApiKeys', [ada.id]);
      await isLive(tab, 3);
    }
    const made = await newWorkflow(ada);
    await insert('api_keys', [{ user_id: ada.id, service_name: 'x', encrypted_key: 'y', is_active: true }]);
    const other = await newWorkflow(grace);
    await shows(adas, 'ada', 'workflows', [made]);
    await shows(graces, 'grace', 'workflows', [other]);
    await change('workflows', made.id, 'name', 'changed');
    await shows(adas, 'ada', 'workflows.0.name', 'changed');
    await remove('workflows', made.id);
    await shows(adas, 'ada', 'workflows', []);
    await rest();
    const [seenByGrace, seenByAda] = [
      await graces.run(() => JSON.stringify([...given('ada'), ...given('keys')].map(plain))),
      await adas.run(() => JSON.stringify(given('grace').map(plain))),
    ];
    assert.ok(!seenByGrace.includes(ada.id), 'nothing of ada’s');
    assert.ok(!seenByAda.includes(grace.id), 'nothing of grace’s');
  });

  it('two tabs receive each other’s changes', async () => {
    const user = await newUser('ada');
    const { workflow, nodes } = await newEstate(user);
    const tabs = [await openLive(version, user), await openLive(version, user)];
    for (const tab of tabs) {
      await open(tab, 'list', 'useWorkflows', [user.id]);
      await open(tab, 'one', 'useWorkflow', [workflow.id]);
      await isLive(tab, 4);
    }
    const [left, right] = tabs;
    const made = await left.run(() => latest('list').createWorkflow({ name: 'from the left' }));
    await shows(right, 'list', 'workflows', [workflow, made]);
    const renamed = await right.run(
      (id) => latest('list').updateWorkflow(id, { name: 'from the right' }),
      made.id,
    );
    await shows(left, 'list', 'workflows', [workflow, renamed]);
    await left.run((id) => db.updateWorkflowNode(id, { position_x: 7 }), nodes[0].id);
    const moved = nodes.map((node) => node.id);
    const nodesNow = await Promise.all(moved.map((id) => row('workflow_nodes', id)));
    for (const tab of tabs) await shows(tab, 'one', 'workflow.nodes', nodesNow);
    await left.run((id) => latest('list').deleteWorkflow(id), made.id);
    for (const tab of tabs) await shows(tab, 'list', 'workflows', [workflow]);
  });

  it('a create adds one row, whether its response or its echo arrives first', async () => {
    const user = await newUser('ada');
    const tab = await openLive(version, user);
    await open(tab, 'list', 'useWorkflows', [user.id]);
    await open(tab, 'keys', 'useApiKeys', [user.id]);
    await isLive(tab, 2);
    for (const action of /** @type {const} */ (['latencyAfter', 'latency'])) {
      stack.faults.add({ match: { method: 'POST' }, action, ms: 200, times: 2 });
      await tab.run(async (action) => {
        const key = { service_name: action, encrypted_key: 'x', is_active: true };
        await Promise.all([
          latest('list').createWorkflow({ name: action }),
          latest('keys').createApiKey(key),
        ]);
      }, action);
      await rest();
    }
    const counts = await tab.run(() =>
      [
        new Set(given('list').map(({ workflows }) => workflows.length)),
        new Set(given('keys').map(({ keys }) => keys.length)),
      ].map((set) => [...set]),
    );
    assert.deepEqual(counts, [
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  it('the late echo of an own write does not cause a request after the next one', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openLive(version, user);
    await open(tab, 'list', 'useWorkflows', [user.id]);
    await isLive(tab);
    await rest();
    stack.requests.clear();
    stack.settings.change({ realtimeDelayMs: 150 });
    // The first echo arrives while the second write is in transit to the database.
    stack.faults.add({ match: { method: 'PATCH' }, skip: 1, action: 'latency', ms: 400 });
    await tab.run(async (id) => {
      for (const description of ['one', 'two']) await db.updateWorkflow(id, { description });
    }, workflow.id);
    await rest();
    await shows(tab, 'list', 'workflows', [await row('workflows', workflow.id)]);
    assert.equal(stack.requests.count(ASKED), 0);
  });

  it('a failed update rolls back only its own change and keeps later ones', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user, { description: 'old' });
    const tab = await openLive(version, user);
    await open(tab, 'list', 'useWorkflows', [user.id]);
    await open(tab, 'one', 'useWorkflow', [workflow.id]);
    await isLive(tab, 4);
    const gate = newGate();
    stack.faults.add({ match: { method: 'PATCH' }, ...REFUSED, until: gate.opened });
    await tab.run(async (id) => {
      Object.assign(globalThis, { failing: failure(latest('list').updateWorkflow(id, { name: 'refused' })) });
      await until(() => latest('one').workflow.name === 'refused');
    }, workflow.id);
    await change('workflows', workflow.id, 'description', 'theirs');
    await shows(tab, 'list', 'workflows.0.description', 'theirs');
    await shows(tab, 'list', 'workflows.0.name', 'refused');
    gate.open();
    assert.equal(await tab.run(async () => (await /** @type {any} */ (globalThis).failing).code), '23514');
    const theirs = await row('workflows', workflow.id);
    await shows(tab, 'list', 'workflows', [theirs]);
    await shows(tab, 'one', 'workflow', { ...theirs, nodes: [], connections: [] });
    assert.equal(theirs?.name, workflow.name);
  });
}
