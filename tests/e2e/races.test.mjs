// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTruth } from './support/truth.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, newUser, newEstate, newWorkflow } = world;
const truth = createTruth(world);

/** A page of Ada's that holds back `GET` responses at `globalThis.gate`. */
async function gatedTab() {
  const user = await newUser('ada');
  const estate = await newEstate(user);
  const tab = await world.open({ as: user, configured: false });
  await tab.run(() => {
    const gate = gatedFetch((_, { method }) => method === 'GET');
    Object.assign(globalThis, { gate });
    wdb.configure({ url: env.url, key: env.key, accessToken: () => env.token, fetch: gate.fetch });
  });
  return { tab, ...estate };
}

test('a response that arrives after invalidate reaches its caller, but not the cache', async () => {
  const { tab, workflow } = await gatedTab();
  const facts = await tab.run(async (id) => {
    const facts = [];
    const keys = wdb.cacheKeys;
    /** @type {[() => Promise<any>, string, () => void][]} */
    const cases = [
      [() => db.getWorkflow(id), keys.workflow(id), () => cache.invalidate(keys.workflow(id))],
      [() => db.getWorkflow(id), keys.workflow(id), () => cache.invalidatePattern('^workflow:')],
      [() => db.getWorkflow(id), keys.workflow(id), () => cache.clear()],
      [() => db.getWorkflowNodes(id), keys.workflowNodes(id), () => cache.invalidate(keys.workflowNodes(id))],
      [() => db.getWorkflows(env.userId), keys.workflows(env.userId), () => cache.clear()],
      [
        () => db.getWorkflows(env.userId, true),
        keys.workflows(env.userId),
        () => cache.invalidate(keys.workflows(env.userId)),
      ],
      [
        () => db.getWorkflowWithRelations(id),
        keys.workflowNodes(id),
        () => cache.invalidate(keys.workflowNodes(id)),
      ],
      [
        () => db.getUserProfile(env.userId),
        keys.userProfile(env.userId),
        () => cache.invalidate(keys.userProfile(env.userId)),
      ],
    ];
    for (const [read, key, invalidate] of cases) {
      cache.clear();
      const reading = read();
      await gate.arrived(1);
      invalidate();
      gate.release();
      const answer = await reading;
      facts.push([
        answer !== null,
        cache.get(key),
        cache.getStats().entries.filter((entry) => entry.startsWith(key)),
      ]);
    }
    return facts;
  }, workflow.id);
  for (const fact of facts) assert.deepEqual(fact, [true, null, []]);
});

test('without an invalidation the same responses are cached', async () => {
  const { tab, workflow } = await gatedTab();
  const isCached = await tab.run(async (id) => {
    const reading = db.getWorkflow(id);
    await gate.arrived(1);
    cache.invalidate('workflow:other');
    gate.release();
    await reading;
    return cache.get(wdb.cacheKeys.workflow(id)) !== null;
  }, workflow.id);
  assert.equal(isCached, true);
});

test('a write during a read wins: the old response is not cached', async () => {
  const { user, tab, workflow, nodes, execution, results, connections } = await gatedTab();
  const node = { workflow_id: workflow.id, node_id: 'late', node_type: 't' };
  /** @type {[read: [string, ...unknown[]], write: [string, ...unknown[]]][]} */
  const pairs = [
    [
      ['getWorkflow', workflow.id],
      ['updateWorkflow', workflow.id, { description: 'won' }],
    ],
    [
      ['getWorkflows', user.id],
      ['updateWorkflow', workflow.id, { description: 'won again' }],
    ],
    [
      ['getWorkflows', user.id, true],
      ['createWorkflow', user.id, { name: 'made meanwhile' }],
    ],
    [
      ['getWorkflows', { userId: user.id, sortBy: 'created_at' }],
      ['createWorkflow', user.id, { name: 'and another' }],
    ],
    [
      ['getWorkflowNodes', workflow.id],
      ['createWorkflowNode', node],
    ],
    [
      ['getWorkflowNodes', workflow.id],
      ['updateWorkflowNode', nodes[0].id, { label: 'won' }],
    ],
    [
      ['getWorkflowWithRelations', workflow.id],
      ['deleteWorkflowNode', nodes[1].id],
    ],
    [
      ['getWorkflowConnections', workflow.id],
      ['deleteWorkflowConnection', workflow.id, connections[0].connection_id],
    ],
    [
      ['getExecutionResults', execution.id],
      ['updateExecutionResult', results[0].id, { status: 'failed' }],
    ],
    [
      ['getExecution', execution.id],
      ['updateExecution', execution.id, { status: 'failed' }],
    ],
    [
      ['getUserProfile', user.id],
      ['updateUserProfile', user.id, { full_name: 'won' }],
    ],
    [
      ['getExecutionResults', execution.id],
      ['deleteExecution', execution.id],
    ],
    [
      ['getWorkflowNodes', workflow.id],
      ['deleteWorkflow', workflow.id],
    ],
  ];
  for (const [read, write] of pairs) {
    await tab.run(async ([[name, ...args], [writeName, ...writeArgs]]) => {
      const functions = /** @type {any} */ (db);
      cache.clear();
      const reading = functions[name](...args);
      await gate.arrived(1);
      await functions[writeName](...writeArgs);
      gate.release();
      await reading;
    }, /** @type {const} */ ([read, write]));
    const value = await tab.run(async ([name, ...args]) => {
      const reading = /** @type {any} */ (db)[name](...args);
      const done = outcome(reading);
      const isAsked = await Promise.race([done.then(() => false), gate.arrived(1).then(() => true)]);
      if (isAsked) gate.release();
      return (await done).value;
    }, read);
    const sorted = (/** @type {any} */ list) =>
      Array.isArray(list) ? [...list].sort((a, b) => (a.id < b.id ? -1 : 1)) : list;
    const expected =
      typeof read[1] === 'object'
        ? await truth(['getWorkflows', user.id])
        : await truth(/** @type {any} */ (read));
    assert.deepEqual(sorted(value), sorted(expected), `${read[0]} after ${write[0]}`);
  }
});

test('a read that starts after a write does not join an older one', async () => {
  const { tab, workflow } = await gatedTab();
  const [early, late] = await tab.run(async (id) => {
    const early = db.getWorkflow(id);
    await gate.arrived(1);
    await db.updateWorkflow(id, { description: 'newer' });
    const late = outcome(db.getWorkflow(id));
    gate.release();
    const first = await early;
    const isAsked = await Promise.race([late.then(() => false), gate.arrived(1).then(() => true)]);
    if (isAsked) gate.release();
    return [first?.description, (await late).value.description];
  }, workflow.id);
  assert.equal(early, null, 'the early read got its response before the write');
  assert.equal(late, 'newer');
});

test('a read that starts after an invalidation sends a request even if an older one is in flight', async () => {
  const { tab, workflow } = await gatedTab();
  await tab.run((id) => {
    Object.assign(globalThis, { early: db.getWorkflow(id) });
    return gate.arrived(1);
  }, workflow.id);
  await stack.sql("update workflows set description = 'newer', updated_at = now() where id = $1", [
    workflow.id,
  ]);
  const descriptions = await tab.run(async (id) => {
    cache.invalidate(wdb.cacheKeys.workflow(id));
    const late = db.getWorkflow(id);
    await gate.arrived(2);
    gate.release();
    const rows = [
      await /** @type {any} */ (globalThis).early,
      await late,
      cache.get(wdb.cacheKeys.workflow(id)),
    ];
    return rows.map((row) => row?.description ?? null);
  }, workflow.id);
  assert.deepEqual(descriptions, [null, 'newer', 'newer']);
});

test('two crossing writes leave nothing in the cache that could be outdated', async () => {
  const { tab, workflow } = await gatedTab();
  await tab.run(async (id) => {
    const reading = db.getWorkflow(id);
    await gate.arrived(1);
    gate.release();
    await reading;
    await Promise.all(['a', 'b', 'c', 'd'].map((description) => db.updateWorkflow(id, { description })));
  }, workflow.id);
  const shown = await tab.run(async (id) => {
    const reading = outcome(db.getWorkflow(id));
    const isAsked = await Promise.race([reading.then(() => false), gate.arrived(1).then(() => true)]);
    if (isAsked) gate.release();
    return (await reading).value;
  }, workflow.id);
  assert.deepEqual(shown, await world.row('workflows', workflow.id));
});

test('an entry set by the application during a read stays', async () => {
  const { tab, workflow } = await gatedTab();
  const kept = await tab.run(async (id) => {
    const key = wdb.cacheKeys.workflow(id);
    const reading = db.getWorkflow(id);
    await gate.arrived(1);
    cache.set(key, { mine: true });
    gate.release();
    await reading;
    return cache.get(key);
  }, workflow.id);
  assert.deepEqual(kept, { mine: true });
});

test('fresh keeps the cached entry until the response arrives, and also if the request fails', async () => {
  const { tab, workflow } = await gatedTab();
  await stack.sql("update workflows set description = 'first' where id = $1", [workflow.id]);
  await tab.run(async (id) => {
    const reading = db.getWorkflow(id);
    await gate.arrived(1);
    gate.release();
    await reading;
  }, workflow.id);
  await stack.sql("update workflows set description = 'second', updated_at = now() where id = $1", [
    workflow.id,
  ]);
  const seen = await tab.run(async (id) => {
    const fresh = db.with({ fresh: true });
    const reading = [fresh.getWorkflow(id), fresh.getWorkflow(id)];
    await gate.arrived(1);
    const meanwhile = (await db.getWorkflow(id))?.description;
    gate.release();
    const [one, two] = await Promise.all(reading);
    return {
      meanwhile,
      one: one?.description,
      isJoined: one === two,
      after: (await db.getWorkflow(id))?.description,
    };
  }, workflow.id);
  assert.deepEqual(seen, { meanwhile: 'first', one: 'second', isJoined: true, after: 'second' });
  assert.equal(stack.requests.count(), 2);
  stack.faults.add({ action: 'status', status: 400, body: '' });
  const left = await tab.run(async (id) => {
    const failing = outcome(db.with({ fresh: true }).getWorkflow(id));
    await gate.arrived(1);
    gate.release();
    return [(await failing).error?.status, (await db.getWorkflow(id))?.description];
  }, workflow.id);
  assert.deepEqual(left, [400, 'second']);
});

test('a row deleted during a list read does not return with the list', async () => {
  const { user, tab, workflow } = await gatedTab();
  const other = await newWorkflow(user);
  const names = await tab.run(async ([userId, id]) => {
    const reading = db.getWorkflows(userId);
    await gate.arrived(1);
    await db.deleteWorkflow(id);
    gate.release();
    await reading;
    const again = outcome(db.getWorkflows(userId));
    const isAsked = await Promise.race([again.then(() => false), gate.arrived(1).then(() => true)]);
    if (isAsked) gate.release();
    return (await again).value.map((/** @type {any} */ row) => row.id);
  }, /** @type {const} */ ([user.id, workflow.id]));
  assert.deepEqual(names, [other.id]);
});
