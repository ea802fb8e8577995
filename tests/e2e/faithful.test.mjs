// @ts-check
// Values go in and come out as they were.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { cacheKeys } from '../../pkg/index.js';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, row, newUser, newWorkflow, newNodes, newEstate } = world;

/** What a jsonb column may hold besides an object. NULL of JSON and of SQL are one to JavaScript. */
const VALUES = [[1, 2], [], 'text', '', 7, 0.5, true, false, [[{ deep: [] }]]];

test('a graph whose config is any JSON value is saved as it was read', async () => {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user);
  const nodes = await newNodes(
    workflow,
    VALUES.map((_, index) => `n${index}`),
  );
  for (const [index, value] of VALUES.entries()) {
    await stack.sql('update workflow_nodes set config = $1 where id = $2', [
      JSON.stringify(value),
      nodes[index].id,
    ]);
  }
  const tab = await world.open({ as: user });
  const configs = await tab.run(async (id) => {
    const graph = await db.getWorkflowWithRelations(id);
    if (!graph) throw new Error('no graph');
    const saved = await db.saveWorkflowGraph(id, { nodes: graph.nodes, connections: graph.connections });
    const moved = graph.nodes.map((node) => ({ ...node, position_x: 5 }));
    await db.saveWorkflowGraph(id, { nodes: moved, connections: [] });
    return saved.nodes.toSorted((a, b) => (a.node_id < b.node_id ? -1 : 1)).map(({ config }) => config);
  }, workflow.id);
  assert.deepEqual(configs, VALUES);
  for (const [index, value] of VALUES.entries()) {
    assert.deepEqual((await row('workflow_nodes', nodes[index].id))?.config, value);
    assert.equal((await row('workflow_nodes', nodes[index].id))?.position_x, 5);
  }
});

test('a single row takes any JSON value', async () => {
  const user = await newUser('ada');
  const { workflow, results } = await newEstate(user);
  const tab = await world.open({ as: user });
  for (const value of VALUES) {
    const outcomes = await tab.calls(
      ['updateExecutionResult', results[0].id, { output_data: value, input_data: value }],
      [
        'createWorkflowNode',
        { workflow_id: workflow.id, node_type: 't', node_id: randomUUID(), config: value },
      ],
    );
    assert.deepEqual(
      outcomes.map((outcome) => outcome.value?.output_data ?? outcome.value?.config),
      [value, value],
      JSON.stringify(outcomes),
    );
  }
});

test('cache keys of an id in upper case are those of the id', async () => {
  const id = randomUUID();
  for (const [name, keyOf] of Object.entries(cacheKeys)) {
    const key = /** @type {(id: string, service: string) => string} */ (keyOf);
    assert.equal(key(id.toUpperCase(), 'GitHub'), key(id, 'GitHub'), name);
  }
  assert.equal(cacheKeys.apiKey(id, 'GitHub'), `api_key:${id}:GitHub`);
  // An id that is no uuid names no row; its key is still what the application may count on.
  assert.equal(cacheKeys.workflow('W'), 'workflow:W');
});

test('an id in upper case names the entry that is observed, read and invalidated', async () => {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user);
  const tab = await world.open({ as: user });
  const up = workflow.id.toUpperCase();
  const before = await tab.run(async (up) => {
    let changes = 0;
    await db.getWorkflow(up);
    cache.observe(wdb.cacheKeys.workflow(up), () => (changes += 1));
    await db.updateWorkflow(up, { description: 'one' });
    return [changes > 0, cache.get(wdb.cacheKeys.workflow(up)) === (await db.getWorkflow(up))];
  }, up);
  assert.deepEqual(before, [true, true]);
  await stack.sql("update workflows set description = 'two' where id = $1", [workflow.id]);
  const description = await tab.run(async (up) => {
    cache.invalidate(wdb.cacheKeys.workflow(up));
    return (await db.getWorkflow(up))?.description;
  }, up);
  assert.equal(description, 'two');
});

test('a text by which rows are found is never empty, neither in a row nor as an argument', async () => {
  const user = await newUser('ada');
  const { workflow } = await newEstate(user);
  const tab = await world.open({ as: user });
  const apiKey = { user_id: user.id, service_name: '', encrypted_key: 'x' };
  const connection = { source_node_id: 'a', target_node_id: 'b', connection_id: '' };
  const template = { name: 'x', category: '', workflow_data: { nodes: [], connections: [] } };
  const outcomes = await tab.calls(
    ['createApiKey', apiKey],
    ['updateApiKey', randomUUID(), { service_name: '' }],
    ['batchSaveApiKeys', { keys: [apiKey] }],
    ['getApiKey', user.id, ''],
    ['upsertIntegration', user.id, '', {}],
    ['getIntegration', user.id, ''],
    ['deleteIntegration', user.id, ''],
    ['createWorkflowConnection', { workflow_id: workflow.id, ...connection }],
    ['saveWorkflowGraph', workflow.id, { nodes: [], connections: [connection] }],
    ['deleteWorkflowConnection', workflow.id, ''],
    ['createTemplate', template],
    ['getTemplates', { category: '' }],
  );
  for (const { error } of outcomes) {
    assert.equal(error?.code, 'INVALID_INPUT');
    assert.match(error.message, /expected a string that is not empty$/);
  }
  assert.equal(stack.requests.count(), 0);
});
