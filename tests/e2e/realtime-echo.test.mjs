// @ts-check
// Frames that contain less than the row, or nothing new: own writes, large columns, duplicates.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { useLive } from './support/live.mjs';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, newUser, newEstate, newWorkflow, newNodes, newExecutions, row } = world;
const { follow, told, kinds, hears, rest, change, remove } = useLive(world);

/** A new user with one row in each table, and their page. */
async function openPage(options = {}) {
  const ada = await newUser('ada');
  const estate = await newEstate(ada);
  return { ada, estate, tab: await world.open({ as: ada, options }) };
}

/** Large enough that Postgres stores the column out of line. Random, because Postgres compresses it first. */
const largeConfig = () => JSON.stringify({ text: randomBytes(12_000).toString('base64') });

/** The changes that a page received, as transmitted. @param {import('playwright-core').Page} page */
function wireOf(page) {
  /** @type {any[]} */
  const changes = [];
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      const [, , , event, { data }] = JSON.parse(String(payload));
      if (event === 'postgres_changes') changes.push(data);
    }),
  );
  return changes;
}

test('the echo of an own write is reported, but changes no identity and notifies no observer', async () => {
  const { ada, estate, tab } = await openPage();
  await follow(tab, 'workflow_nodes', { scope: estate.workflow.id }, 'nodes');
  await follow(tab, 'workflows', { scope: ada.id }, 'workflows');
  const ids = { workflowId: estate.workflow.id, nodeId: estate.nodes[0].id, userId: ada.id };
  await tab.run(async ({ workflowId, nodeId, userId }) => {
    await db.getWorkflows(userId);
    await db.getWorkflowNodes(workflowId);
    const keys = [wdb.cacheKeys.workflowNodes(workflowId), wdb.cacheKeys.workflows(userId)];
    const notified = keys.map(() => 0);
    keys.forEach((key, index) => cache.observe(key, () => (notified[index] += 1)));
    await db.updateWorkflowNode(nodeId, { label: 'mine' });
    await db.updateWorkflow(workflowId, { name: 'Mine' });
    Object.assign(globalThis, { keys, notified, shown: keys.map((key) => cache.peek(key)) });
  }, ids);
  await hears(tab, 1, 'nodes');
  await hears(tab, 1, 'workflows');
  await rest();
  const page = await tab.run(() => {
    const { keys, notified, shown } = /** @type {any} */ (globalThis);
    return {
      notified,
      isSame: keys.map(
        (/** @type {string} */ key, /** @type {number} */ at) => cache.peek(key) === shown[at],
      ),
    };
  });
  assert.deepEqual(page, { notified: [1, 1], isSame: [true, true] });
  assert.deepEqual([await kinds(tab, 'nodes'), await kinds(tab, 'workflows')], [['UPDATE'], ['UPDATE']]);
});

test('own inserts and deletes are reported once, by their echo', async () => {
  const { ada, tab } = await openPage();
  await follow(tab, 'workflows', { scope: ada.id });
  const made = await tab.run(async (userId) => {
    await db.getWorkflows(userId);
    const made = await db.createWorkflow(userId, { name: 'Mine' });
    await until(() => following.first.told.length === 1);
    await db.deleteWorkflow(made.id);
    return made;
  }, ada.id);
  await hears(tab, 2);
  await rest();
  assert.deepEqual(
    (await told(tab)).map(({ type, record }) => [type, record]),
    [
      ['INSERT', made],
      ['DELETE', made],
    ],
  );
});

for (const delayMs of [0, 60]) {
  test(`after quick own writes, late echoes never restore an older state (delay ${delayMs} ms)`, async () => {
    stack.settings.change({ realtimeDelayMs: delayMs });
    const { ada, estate, tab } = await openPage();
    await follow(tab, 'workflow_nodes', { scope: estate.workflow.id }, 'nodes');
    await follow(tab, 'workflow_executions', { scope: ada.id }, 'executions');
    const ids = { workflowId: estate.workflow.id, node: estate.nodes[0].id, execution: estate.execution.id };
    const seen = await tab.run(async ({ workflowId, node, execution }) => {
      await db.getWorkflowNodes(workflowId);
      await db.getExecution(execution);
      const seen = { node: /** @type {any[]} */ ([]), execution: /** @type {any[]} */ ([]) };
      const note = (/** @type {any[]} */ list, /** @type {any} */ value) =>
        value !== undefined && list.at(-1) !== value && list.push(value);
      cache.observe(wdb.cacheKeys.workflowNodes(workflowId), () => {
        const rows = /** @type {any[] | null} */ (cache.peek(wdb.cacheKeys.workflowNodes(workflowId)));
        note(seen.node, rows?.find(({ id }) => id === node)?.position_x);
      });
      cache.observe(wdb.cacheKeys.execution(execution), () => {
        note(seen.execution, /** @type {any} */ (cache.peek(wdb.cacheKeys.execution(execution)))?.node_count);
      });
      for (let step = 1; step <= 8; step += 1) {
        await db.updateWorkflowNode(node, { position_x: step });
        await db.updateExecution(execution, { node_count: 100 + step });
      }
      const last = (/** @type {string} */ name) => following[name].told.at(-1)?.record;
      await until(() => last('nodes')?.position_x === 8 && last('executions')?.node_count === 108);
      return seen;
    }, ids);
    await rest();
    const isRising = (/** @type {number[]} */ list) =>
      list.every((value, at) => at === 0 || value > list[at - 1]);
    assert.deepEqual(seen, {
      node: [1, 2, 3, 4, 5, 6, 7, 8],
      execution: [101, 102, 103, 104, 105, 106, 107, 108],
    });
    assert.ok(isRising((await told(tab, 'nodes')).map(({ record }) => record.position_x)));
    assert.ok(isRising((await told(tab, 'executions')).map(({ record }) => record.node_count)));
  });
}

test('an own write and a concurrent one by another client end in the state of the database', async () => {
  stack.settings.change({ realtimeDelayMs: 40 });
  const { ada, estate, tab } = await openPage();
  const { id } = estate.execution;
  await follow(tab, 'workflow_executions', { scope: ada.id });
  await tab.run((id) => db.getExecution(id), id);
  for (let round = 0; round < 6; round += 1) {
    const own = tab.run(
      ([id, count]) => db.updateExecution(String(id), { node_count: Number(count) }),
      [id, 10 + round],
    );
    await Promise.all([own, change('workflow_executions', id, 'execution_time_ms', 1000 + round)]);
  }
  await rest();
  await rest();
  const truth = await row('workflow_executions', id);
  assert.deepEqual(await tab.run((id) => db.getExecution(id), id), truth);
  assert.deepEqual((await told(tab)).at(-1)?.record, truth);
});

// Under `replica identity full`, the server takes such columns from the old row.
const withKeysOnly = async (/** @type {() => Promise<unknown>} */ act) => {
  const identity = (/** @type {string} */ of) =>
    stack.sql(`alter table public.workflow_nodes replica identity ${of}`);
  await identity('default');
  try {
    await act();
  } finally {
    await identity('full');
  }
};

test('an unchanged large column is not transmitted, but the reported row contains it', async () => {
  const { estate, tab } = await openPage();
  const { id } = estate.nodes[0];
  await change('workflow_nodes', id, 'config', largeConfig());
  const wire = wireOf(tab.page);
  await tab.run((id) => db.getWorkflowNodes(id), estate.workflow.id);
  await follow(tab, 'workflow_nodes', { scope: estate.workflow.id });
  const requests = stack.requests.count();
  await withKeysOnly(() => change('workflow_nodes', id, 'label', 'changed').then(rest));
  const [{ record }] = await hears(tab, 1);
  assert.equal('config' in wire[0].record, false, 'the server left it out');
  const truth = await row('workflow_nodes', id);
  const cached = await tab.run((id) => db.getWorkflowNodes(id), estate.workflow.id);
  // Not `deepEqual`, which would print the whole value.
  assert.ok([record, cached.find((node) => node.id === id)].every((row) => isDeepStrictEqual(row, truth)));
  assert.equal(stack.requests.count(), requests);
});

test('the row is read if its large column is unknown', async () => {
  const { ada, estate, tab } = await openPage();
  const elsewhere = await newWorkflow(ada);
  const [{ id }] = await newNodes(elsewhere, ['moves']);
  await change('workflow_nodes', id, 'config', largeConfig());
  const wire = wireOf(tab.page);
  await follow(tab, 'workflow_nodes', { scope: estate.workflow.id });
  await withKeysOnly(() => change('workflow_nodes', id, 'workflow_id', estate.workflow.id).then(rest));
  assert.equal('config' in wire[0].record, false, 'the server left it out');
  const [{ type, record, origin }] = await hears(tab, 1);
  assert.deepEqual([type, origin], ['INSERT', 'live']);
  assert.ok(isDeepStrictEqual(record, await row('workflow_nodes', id)));
});

test('a row that is too large for the server to send is read', async () => {
  stack.settings.change({ realtimeMaxRecordBytes: 200 });
  const { ada, tab } = await openPage();
  const wire = wireOf(tab.page);
  await follow(tab, 'workflows', { scope: ada.id });
  const made = await newWorkflow(ada, { description: 'x'.repeat(400) });
  await hears(tab, 1);
  await change('workflows', made.id, 'name', 'Renamed');
  await hears(tab, 2);
  const truth = await row('workflows', made.id);
  await remove('workflows', made.id);
  await hears(tab, 3);
  await rest();
  assert.match(String(wire[0].errors), /413/);
  assert.deepEqual(
    (await told(tab)).map(({ type, record }) => [type, record]),
    [
      ['INSERT', made],
      ['UPDATE', truth],
      ['DELETE', truth],
    ],
  );
});

test('frames that arrive twice are reported once', async () => {
  stack.settings.change({ realtimeDuplicates: true });
  const { ada, estate, tab } = await openPage();
  await follow(tab, 'workflow_executions', { scope: ada.id });
  const made = await newExecutions(
    estate.workflow,
    Array.from({ length: 20 }, () => ({})),
  );
  await hears(tab, 20);
  for (const { id } of made) await change('workflow_executions', id, 'status', 'failed');
  await hears(tab, 40);
  for (const { id } of made) await remove('workflow_executions', id);
  await hears(tab, 60);
  await rest();
  const heard = await kinds(tab);
  const count = (/** @type {string} */ wanted) => heard.filter((kind) => kind === wanted).length;
  assert.deepEqual([count('INSERT'), count('UPDATE'), count('DELETE'), heard.length], [20, 20, 20, 60]);
});

test('an update without changes is not reported', async () => {
  const { ada, estate, tab } = await openPage();
  await follow(tab, 'workflows', { scope: ada.id });
  await change('workflows', estate.workflow.id, 'description', 'new');
  await hears(tab, 1);
  await change('workflows', estate.workflow.id, 'description', 'new');
  await rest();
  assert.equal((await told(tab)).length, 1);
});

test('the reported row is the cached object, and frozen under debug', async () => {
  const { ada, estate, tab } = await openPage({ debug: true });
  await tab.run((id) => db.getWorkflow(id), estate.workflow.id);
  await follow(tab, 'workflows', { scope: ada.id });
  await change('workflows', estate.workflow.id, 'description', 'new');
  await hears(tab, 1);
  const outcome = await tab.run((id) => {
    const [{ record }] = following.first.told;
    return [record === cache.peek(wdb.cacheKeys.workflow(id)), Object.isFrozen(record)];
  }, estate.workflow.id);
  assert.deepEqual(outcome, [true, true]);
});

test('two tabs receive each other’s changes', async () => {
  const ada = await newUser('ada');
  const [one, two] = [await world.open({ as: ada }), await world.open({ as: ada })];
  for (const tab of [one, two]) {
    await tab.run((id) => db.getWorkflows(id), ada.id);
    await follow(tab, 'workflows', { scope: ada.id });
  }
  const names = (/** @type {import('./support/world.mjs').Tab} */ tab) =>
    tab.run(async (id) => (await db.getWorkflows(id)).map(({ name }) => name), ada.id);
  await one.run((id) => db.createWorkflow(id, { name: 'of one' }), ada.id);
  await hears(two, 1);
  await two.run((id) => db.createWorkflow(id, { name: 'of two' }), ada.id);
  await hears(one, 2);
  await hears(two, 2);
  assert.deepEqual([await names(one), await names(two)], Array(2).fill(['of two', 'of one']));
  await until(() => stack.realtime.inspect().sockets === 2);
});
