// @ts-check
// Saves with `base`, with two clients and a real database.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newGate, until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, rows, row, newUser, newWorkflow, newNodes, newConnections } = world;
const ada = await newUser('ada');
const options = { retry: { initialBackoffMs: 5 } };
const one = await world.open({ as: ada, keep: true, options });
const other = await world.open({ as: ada, keep: true, options });

const READS = { method: 'GET', path: '/workflows' };
const SAVES = { method: 'POST', path: '/rpc/save_merged_workflow_graph' };

/** A workflow with the nodes `a` and `b` and a connection, which both pages have read. */
async function newCanvas() {
  const workflow = await newWorkflow(ada);
  await newNodes(workflow, ['a', 'b']);
  await newConnections(workflow, ['a>b']);
  for (const page of [one, other]) {
    await page.run(async (id) => {
      Object.assign(globalThis, { base: await db.with({ fresh: true }).getWorkflowWithRelations(id) });
    }, workflow.id);
  }
  stack.requests.clear();
  return workflow;
}

/**
 * Saves the graph that the page has read, with changed values for one node, or without that node.
 *
 * @param {import('./support/world.mjs').Tab} page
 * @param {string} node
 * @param {object | null} values
 */
const save = (page, node, values) =>
  page.run(async ([node, values]) => {
    const { base } = /** @type {any} */ (globalThis);
    const isOther = (/** @type {string} */ id) => values !== null || id !== node;
    const nodes = base.nodes
      .filter((/** @type {any} */ row) => isOther(row.node_id))
      .map((/** @type {any} */ row) => (row.node_id === node ? { ...row, ...values } : row));
    const connections = base.connections.filter(
      (/** @type {any} */ row) => isOther(row.source_node_id) && isOther(row.target_node_id),
    );
    try {
      const value = await db.saveWorkflowGraph(base.id, { nodes, connections }, { base });
      return { value, isCached: (await db.getWorkflowWithRelations(base.id)) === value };
    } catch (error) {
      // As a plain object, the error keeps its properties when it leaves the page.
      return { error: { .../** @type {any} */ (error) } };
    }
  }, /** @type {const} */ ([node, values]));

/** @param {{ id: string }} workflow */
const places = async (workflow) => {
  const stored = await rows('workflow_nodes', 'where workflow_id = $1 order by node_id', [workflow.id]);
  return Object.fromEntries(stored.map(({ node_id, position_x }) => [node_id, position_x]));
};

test('two clients that drag different nodes at the same time both succeed', async () => {
  const workflow = await newCanvas();
  const saved = await Promise.all([save(one, 'a', { position_x: 1 }), save(other, 'b', { position_x: 2 })]);
  assert.deepEqual(
    saved.map(({ error }) => error),
    [undefined, undefined],
  );
  assert.ok(saved.every(({ isCached }) => isCached));
  assert.deepEqual(await places(workflow), { a: 1, b: 2 });
});

test('a save without concurrent saves takes one request', async () => {
  await newCanvas();
  const { error } = await save(one, 'a', { position_x: 1 });
  assert.equal(error, undefined);
  assert.equal(stack.requests.count(), 1);
});

test('two values for one field are a conflict with everything that a dialog needs, and nothing is saved', async () => {
  const workflow = await newCanvas();
  await save(other, 'a', { label: 'theirs', config: { n: 1, deep: { a: 1 } } });
  const { error } = await save(one, 'a', { label: 'mine', position_x: 5, config: { deep: { b: 2 } } });
  assert.equal(error.code, 'CONFLICT');
  assert.deepEqual(error.conflicts, [
    { node_id: 'a', path: ['label'], base: null, theirs: 'theirs', mine: 'mine' },
  ]);
  const merged = error.merged.nodes.find((/** @type {any} */ node) => node.node_id === 'a');
  assert.deepEqual(merged.config, { n: 1, deep: { a: 1, b: 2 } });
  assert.deepEqual([merged.label, merged.position_x], [null, 5]);
  assert.equal(error.theirs.updated_at, (await row('workflows', workflow.id)).updated_at);
  assert.deepEqual(await places(workflow), { a: 0, b: 0 });
  const resolved = await one.run(async ({ merged, theirs }) => {
    const graph = {
      ...merged,
      nodes: merged.nodes.map((/** @type {any} */ node) => ({ ...node, label: 'both' })),
    };
    return (await db.saveWorkflowGraph(theirs.id, graph, { base: theirs })).nodes.map(({ label }) => label);
  }, error);
  assert.deepEqual(resolved, ['both', 'both']);
});

test('a write to a single row counts as a concurrent save, even if it sets no updated_at', async () => {
  const workflow = await newCanvas();
  await stack.sql("update workflow_nodes set position_x = 7 where workflow_id = $1 and node_id = 'b'", [
    workflow.id,
  ]);
  await stack.sql("update workflow_connections set source_node_id = 'b' where workflow_id = $1", [
    workflow.id,
  ]);
  const { value } = await save(one, 'a', { position_x: 1 });
  assert.deepEqual(await places(workflow), { a: 1, b: 7 });
  assert.equal(value.connections[0].source_node_id, 'b');
});

test('a third save between read and save is merged too', async () => {
  const workflow = await newCanvas();
  await save(other, 'b', { position_x: 2 });
  const { opened, open } = newGate();
  stack.faults.add({ match: READS, action: 'latencyAfter', until: opened });
  stack.requests.clear();
  const saving = save(one, 'a', { position_x: 1 });
  await until(() => stack.requests.count(READS) > 0);
  await stack.sql("update workflow_nodes set label = 'third' where workflow_id = $1 and node_id = 'b'", [
    workflow.id,
  ]);
  open();
  const { value } = await saving;
  assert.deepEqual(await places(workflow), { a: 1, b: 2 });
  assert.equal(value.nodes.find((/** @type {any} */ node) => node.node_id === 'b').label, 'third');
});

test('a deleted node stays deleted; if the other client changed it, it is a conflict', async () => {
  const workflow = await newCanvas();
  await save(other, 'b', null);
  assert.equal((await save(one, 'a', { position_x: 1 })).error, undefined);
  assert.deepEqual(await places(workflow), { a: 1 });
  assert.deepEqual(await rows('workflow_connections', 'where workflow_id = $1', [workflow.id]), []);

  await newCanvas();
  await save(other, 'b', null);
  const { error } = await save(one, 'b', { position_x: 1 });
  assert.deepEqual(
    error.conflicts.map(({ node_id, path }) => [node_id, path]),
    [['b', []]],
  );
  assert.equal(error.conflicts[0].theirs, undefined);
});

test('a save with a lost response is merged with later changes', async () => {
  const workflow = await newCanvas();
  await save(other, 'b', { position_x: 2 });
  stack.faults.add({ match: SAVES, action: 'resetAfterCommit' });
  const { value, error } = await save(one, 'a', { position_x: 1 });
  assert.equal(error, undefined);
  const saved = value.nodes.map((/** @type {any} */ node) => [node.node_id, node.position_x]);
  assert.deepEqual(Object.fromEntries(saved), { a: 1, b: 2 });
  assert.deepEqual(await places(workflow), { a: 1, b: 2 });
});

test('many clients that save at the same time lose nothing', async () => {
  const workflow = await newWorkflow(ada);
  const names = Array.from({ length: 8 }, (_, index) => `n${index}`);
  await newNodes(workflow, names);
  const errors = await one.run(async ([id, names]) => {
    const base = /** @type {any} */ (await db.with({ fresh: true }).getWorkflowWithRelations(id));
    const saves = names.map((name, index) => {
      const client = wdb.createClient({ url: env.url, key: env.key, accessToken: () => env.token });
      const nodes = base.nodes.map((/** @type {any} */ row) =>
        row.node_id === name ? { ...row, position_x: index + 1 } : row,
      );
      return outcome(client.db.saveWorkflowGraph(id, { nodes, connections: [] }, { base }));
    });
    return (await Promise.all(saves)).map(({ error }) => error?.code);
  }, /** @type {const} */ ([workflow.id, names]));
  assert.deepEqual(
    errors,
    names.map(() => undefined),
  );
  assert.deepEqual(await places(workflow), Object.fromEntries(names.map((name, index) => [name, index + 1])));
});

test('numbers that JavaScript cannot represent survive a merge', async () => {
  const workflow = await newCanvas();
  await stack.sql(
    `update workflow_nodes set config = '{"big": 12345678901234567890123, "mine": 1}' where workflow_id = $1`,
    [workflow.id],
  );
  const { error } = await save(one, 'a', { position_x: 1 });
  assert.equal(error, undefined);
  const [{ config }] = await stack.sql(
    "select config::text from workflow_nodes where workflow_id = $1 and node_id = 'a'",
    [workflow.id],
  );
  assert.equal(config, '{"big": 12345678901234567890123, "mine": 1}');
  assert.deepEqual(await places(workflow), { a: 1, b: 0 });
});
