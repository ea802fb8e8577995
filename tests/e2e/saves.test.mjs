// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSession } from '../../examples/local-stack/test/helpers.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, insert, rows, row, newUser, newWorkflow, newNodes, newConnections } = world;
const ada = await newUser('ada');
const grace = await newUser('grace');
const tab = await world.open({ as: ada, keep: true, options: { retry: { initialBackoffMs: 5 } } });
const other = await world.open({ as: grace, keep: true });

const BY_TIME = 'where workflow_id = $1 order by created_at, id';
const loseAnswer = () => stack.faults.add({ match: { method: 'POST' }, action: 'resetAfterCommit' });

/** @param {import('./support/world.mjs').Tab} at @param {string} name @param {unknown[]} args */
async function call(at, name, ...args) {
  const [{ value, error }] = await at.calls([name, ...args]);
  return { value, error, code: error?.code };
}

async function newGraph() {
  const workflow = await newWorkflow(ada);
  // Created by one statement, they share a creation time, so the id decides their order.
  const byId = (/** @type {any} */ a, /** @type {any} */ b) => (a.id < b.id ? -1 : 1);
  const nodes = (await newNodes(workflow, ['a', 'b', 'c'])).sort(byId);
  const connections = (await newConnections(workflow, ['a>b', 'b>c'])).sort(byId);
  return { workflow, nodes, connections };
}

test('a drag changes one row; ids and creation times stay', async () => {
  const { workflow, nodes, connections } = await newGraph();
  const moved = nodes.map((node) => (node.node_id === 'b' ? { ...node, position_x: 120.5 } : node));
  const { value } = await call(tab, 'saveWorkflowGraph', workflow.id, { nodes: moved, connections });
  const stored = await rows('workflow_nodes', BY_TIME, [workflow.id]);
  const changed = stored.filter((node, index) => node.updated_at !== nodes[index].updated_at);
  assert.deepEqual(
    changed.map((node) => [node.node_id, node.position_x]),
    [['b', 120.5]],
  );
  assert.deepEqual(
    stored.map(({ id, created_at }) => [id, created_at]),
    nodes.map(({ id, created_at }) => [id, created_at]),
  );
  assert.deepEqual(value, { ...(await row('workflows', workflow.id)), nodes: stored, connections });
});

test('new nodes of a save keep their order, removed ones are deleted, and the cache has the new graph', async () => {
  const { workflow } = await newGraph();
  const names = Array.from({ length: 40 }, (_, index) => `n${(index * 7) % 40}`);
  const outcome = await tab.run(async ([id, names]) => {
    await db.getWorkflowWithRelations(id);
    const nodes = names.map((node_id) => ({ node_id, node_type: 't' }));
    const saved = await db.saveWorkflowGraph(id, { nodes, connections: [] });
    const [again, list] = [await db.getWorkflowWithRelations(id), await db.getWorkflowNodes(id)];
    return { isSame: again === saved, isShared: list === saved.nodes, ids: list.map((n) => n.node_id) };
  }, /** @type {[string, string[]]} */ ([workflow.id, names]));
  assert.deepEqual(outcome, { isSame: true, isShared: true, ids: names });
  assert.equal(stack.requests.count(), 2);
  assert.deepEqual(await rows('workflow_connections', BY_TIME, [workflow.id]), []);
});

test('two connections may swap their ends', async () => {
  const { workflow, nodes, connections } = await newGraph();
  const [first, second] = connections;
  const ends = ({ source_node_id = '', target_node_id = '' }) => ({ source_node_id, target_node_id });
  const swapped = [
    { ...first, ...ends(second) },
    { ...second, ...ends(first) },
  ];
  const { value } = await call(tab, 'saveWorkflowGraph', workflow.id, { nodes, connections: swapped });
  assert.deepEqual(value.connections, swapped);
});

test('a concurrently changed graph is a CONFLICT, and the next read sends a request', async () => {
  const { workflow, nodes, connections } = await newGraph();
  const graph = { nodes: nodes.slice(1), connections: connections.slice(1) };
  await call(tab, 'getWorkflow', workflow.id);
  await stack.sql("update workflows set description = 'elsewhere', updated_at = now() where id = $1", [
    workflow.id,
  ]);
  const { code } = await call(tab, 'saveWorkflowGraph', workflow.id, graph, {
    ifUpdatedAt: workflow.updated_at,
  });
  assert.equal(code, 'CONFLICT');
  assert.equal((await rows('workflow_nodes', BY_TIME, [workflow.id])).length, 3);
  assert.equal((await call(tab, 'getWorkflow', workflow.id)).value.description, 'elsewhere');
  assert.equal((await call(other, 'saveWorkflowGraph', workflow.id, graph)).code, 'NOT_FOUND');
});

test('an equal graph is a CONFLICT too if its row has changed', async () => {
  const { workflow, nodes, connections } = await newGraph();
  const stale = { ifUpdatedAt: '2024-01-01T00:00:00' };
  const staler = { ifUpdatedAt: '2023-01-01T00:00:00' };
  const save = (/** @type {object} */ options) =>
    call(tab, 'saveWorkflowGraph', workflow.id, { nodes, connections }, options);
  assert.equal((await save(stale)).code, 'CONFLICT');
  assert.equal((await save({ ifUpdatedAt: workflow.updated_at })).code, undefined);
  // It is sent twice, and the first attempt did not create this graph, which cannot be distinguished from the outside.
  stack.faults.add({ match: { method: 'POST' }, action: 'reset' });
  assert.equal((await save(stale)).code, undefined);
  loseAnswer();
  const other = { nodes: nodes.slice(1), connections: connections.slice(1) };
  assert.equal((await call(tab, 'saveWorkflowGraph', workflow.id, other, staler)).code, 'CONFLICT');
});

test('a save with a lost response is applied once, also with ifUpdatedAt', async () => {
  const { workflow, nodes, connections } = await newGraph();
  loseAnswer();
  const { value, error } = await call(
    tab,
    'saveWorkflowGraph',
    workflow.id,
    { nodes: [...nodes, { node_id: 'd', node_type: 't' }], connections },
    { ifUpdatedAt: workflow.updated_at },
  );
  assert.equal(error, undefined);
  assert.deepEqual(value.nodes, await rows('workflow_nodes', BY_TIME, [workflow.id]));
  assert.equal(value.nodes.length, 4);
});

test('a graph with an invalid row is refused with its position, and nothing is sent', async () => {
  const id = randomUUID();
  const node = { node_id: 'a', node_type: 't' };
  const refused = [
    [[id, {}], 'nodes: expected'],
    [[id, { nodes: [node] }], 'connections: expected'],
    [[id, { nodes: [node, { node_id: 'b' }], connections: [] }], 'nodes[1].node_type: expected'],
    [[id, { nodes: [{ ...node, workflow_id: randomUUID() }], connections: [] }], 'nodes[0].workflow_id: exp'],
    [[id, { nodes: [7], connections: [] }], 'nodes: expected'],
    [[id, { nodes: [], connections: [], edges: [] }], 'edges: expected'],
    [[id, { nodes: [], connections: [] }, { ifUpdatedAt: 'then' }], 'ifUpdatedAt: expected'],
  ];
  for (const [args, message] of /** @type {[unknown[], string][]} */ (refused)) {
    const { error } = await call(tab, 'saveWorkflowGraph', ...args);
    assert.equal(error?.code, 'INVALID_INPUT', JSON.stringify(args));
    assert.ok(error.message.startsWith(message), error.message);
  }
  assert.equal(stack.requests.count(), 0);
});

const batchOf = (/** @type {number} */ size) => ({
  workflows: Array.from({ length: size }, (_, index) => ({
    id: randomUUID(),
    user_id: ada.id,
    name: `Batch ${index} ${randomUUID()}`,
    nodes: [{ node_id: 'a', node_type: 't' }],
    connections: [],
  })),
});

test('a batch of workflows is saved completely and once despite a lost response', async () => {
  const batch = batchOf(3);
  loseAnswer();
  const { value, error } = await call(tab, 'batchSaveWorkflows', batch);
  assert.equal(error, undefined);
  for (const [index, { id }] of batch.workflows.entries()) {
    const nodes = await rows('workflow_nodes', BY_TIME, [id]);
    assert.deepEqual(value[index], { ...(await row('workflows', id)), nodes, connections: [] });
    assert.equal(nodes.length, 1);
  }
});

test('a batch with an existing row is a CONFLICT and saves nothing; with overwrite it replaces the row', async () => {
  const [first, second] = [batchOf(1), batchOf(1)];
  await call(tab, 'batchSaveWorkflows', first);
  const both = { workflows: [...second.workflows, { ...first.workflows[0], description: 'new', nodes: [] }] };
  assert.equal((await call(tab, 'batchSaveWorkflows', both)).code, 'CONFLICT');
  assert.equal(await row('workflows', second.workflows[0].id), null);
  const { value } = await call(tab, 'batchSaveWorkflows', { ...both, overwrite: true });
  assert.deepEqual([value[1].description, value[1].nodes], ['new', []]);
  const foreign = { workflows: [{ ...both.workflows[1], user_id: grace.id }], overwrite: true };
  assert.equal((await call(other, 'batchSaveWorkflows', foreign)).code, 'CONFLICT');
});

test('API keys are saved as a batch, and no result or cached list contains their secret', async () => {
  const key = () => ({
    id: randomUUID(),
    user_id: ada.id,
    service_name: randomUUID(),
    encrypted_key: 'secret',
  });
  const keys = [key(), key()];
  await call(tab, 'getApiKeysPublic', ada.id);
  loseAnswer();
  const { value } = await call(tab, 'batchSaveApiKeys', { keys });
  const hidden = (/** @type {any} */ stored) => ({ ...stored, encrypted_key: '[REDACTED]' });
  const stored = await Promise.all(keys.map(({ id }) => row('api_keys', id)));
  assert.deepEqual(value, stored.map(hidden));
  assert.equal((await call(tab, 'batchSaveApiKeys', { keys })).code, 'CONFLICT');
  const { value: made } = await call(tab, 'createApiKey', { ...key(), encrypted_key: 'another' });
  const { value: shown } = await call(tab, 'getApiKeysPublic', ada.id);
  assert.ok(shown.some((/** @type {any} */ row) => row.id === made.id));
  assert.ok(!JSON.stringify(shown).includes('another') && !JSON.stringify(shown).includes('secret'));
});

test('a workflow from a template counts once, and a taken name gets a number', async () => {
  const nodes = [{ id: randomUUID(), node_id: 'a', node_type: 't' }];
  const [template] = await insert('workflow_templates', [
    { name: `T ${randomUUID()}`, workflow_data: { nodes, connections: [] }, usage_count: 4 },
  ]);
  loseAnswer();
  const first = (await call(tab, 'createWorkflowFromTemplate', ada.id, template.id)).value;
  const second = (await call(tab, 'createWorkflowFromTemplate', ada.id, template.id)).value;
  const third = (await call(tab, 'createWorkflowFromTemplate', ada.id, template.id, 'Mine')).value;
  assert.deepEqual([first.name, second.name, third.name], [template.name, `${template.name} (2)`, 'Mine']);
  assert.notEqual(first.nodes[0].id, second.nodes[0].id);
  assert.equal((await call(tab, 'getTemplate', template.id)).value.usage_count, 7);
  assert.equal((await call(tab, 'createWorkflowFromTemplate', ada.id, randomUUID())).code, 'NOT_FOUND');
  assert.equal((await call(tab, 'createWorkflowFromTemplate', grace.id, template.id)).code, '42501');
});

test('an update with ifUpdatedAt conflicts with other clients, but neither with itself nor with own writes', async () => {
  const workflow = await newWorkflow(ada);
  const expected = { ifUpdatedAt: workflow.updated_at };
  stack.faults.add({ match: { method: 'PATCH' }, action: 'resetAfterCommit' });
  const { value } = await call(tab, 'updateWorkflow', workflow.id, { description: 'mine' }, expected);
  assert.deepEqual(value, await row('workflows', workflow.id));
  const again = await call(tab, 'updateWorkflow', workflow.id, { description: 'again' }, expected);
  assert.equal(again.value.description, 'again');
  await stack.sql(`update workflows set name = 'theirs', updated_at = now() where id = $1`, [workflow.id]);
  const late = await call(tab, 'updateWorkflow', workflow.id, { description: 'late' }, expected);
  assert.equal(late.code, 'CONFLICT');
  const missing = await call(tab, 'updateWorkflow', randomUUID(), { description: 'x' }, expected);
  assert.equal(missing.code, 'NOT_FOUND');
});

test('saving a template or adding a favorite twice returns the existing row', async () => {
  const workflow = await newWorkflow(ada);
  const first = (await call(tab, 'addFavorite', ada.id, workflow.id)).value;
  loseAnswer();
  assert.deepEqual((await call(tab, 'addFavorite', ada.id, workflow.id)).value, first);
  assert.equal((await rows('workflow_favorites', 'where workflow_id = $1', [workflow.id])).length, 1);
  const hidden = await newWorkflow(await newUser('hidden'));
  const refused = [
    await call(tab, 'addFavorite', ada.id, hidden.id),
    await call(tab, 'createExecution', { user_id: ada.id, workflow_id: hidden.id }),
    await call(tab, 'saveTemplate', ada.id, randomUUID()),
  ];
  assert.deepEqual(
    refused.map(({ code }) => code),
    ['42501', '42501', '23503'],
  );
});

test('a retry that overtakes its first attempt returns the rows of the executed one', async () => {
  const [template] = await insert('workflow_templates', [
    { name: `T ${randomUUID()}`, workflow_data: { nodes: [{ node_id: 'a', node_type: 't' }] } },
  ]);
  const name = () => `Overtaken ${randomUUID()}`;
  const workflow = { id: randomUUID(), user_id: ada.id, name: name(), nodes: [], connections: [] };
  const key = { id: randomUUID(), user_id: ada.id, service_name: name(), encrypted_key: 'k' };
  /** @type {[string, string, ...unknown[]][]} */
  const calls = [
    ['workflows', 'createWorkflow', ada.id, { name: name() }],
    ['workflows', 'createWorkflowFromTemplate', ada.id, template.id, name()],
    ['workflows', 'batchSaveWorkflows', { workflows: [workflow] }],
    ['api_keys', 'createApiKey', { user_id: ada.id, service_name: name(), encrypted_key: 'k' }],
    ['api_keys', 'batchSaveApiKeys', { keys: [key] }],
  ];
  const holder = await openSession(stack, { role: 'postgres' });
  const waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and usename = 'authenticator'";
  for (const [table, ...args] of calls) {
    const before = (await rows(table)).length;
    await holder.sql('begin');
    await holder.sql('select from user_profiles where id = $1 for update', [ada.id]);
    const calling = tab.run((args) => {
      const [name, ...rest] = args;
      return outcome(/** @type {any} */ (db.with({ timeoutMs: 2_000 }))[String(name)](...rest));
    }, /** @type {unknown[]} */ (args));
    // The client abandons the first attempt, but the database does not: both wait for the lock.
    while ((await stack.sql(waiting)).length < 2) await sleep(10);
    await holder.sql('rollback');
    const { value, error } = /** @type {any} */ (await calling);
    assert.equal(error, undefined, `${args[0]}: ${JSON.stringify(error)}`);
    assert.ok((Array.isArray(value) ? value[0] : value).id);
    assert.equal((await rows(table)).length, before + 1, args[0]);
  }
  const [{ usage_count }] = await rows('workflow_templates', 'where id = $1', [template.id]);
  assert.equal(usage_count, 1);
});

test('a server with the service key saves graphs and batches, and creates workflows from templates', async () => {
  const [template] = await insert('workflow_templates', [
    { name: `T ${randomUUID()}`, workflow_data: { nodes: [] } },
  ]);
  const workflow = { id: randomUUID(), user_id: grace.id, name: 'S', nodes: [], connections: [] };
  const key = { id: randomUUID(), user_id: grace.id, service_name: 's', encrypted_key: 'k' };
  const outcomes = await other.run(async ([serviceKey, userId, templateId, workflow, key]) => {
    const client = wdb.createClient({ url: env.url, key: String(serviceKey) });
    const outcomes = [
      await outcome(client.db.batchSaveWorkflows({ workflows: [/** @type {any} */ (workflow)] })),
      await outcome(
        client.db.saveWorkflowGraph(/** @type {any} */ (workflow).id, {
          nodes: [{ node_id: 'a', node_type: 't' }],
          connections: [],
        }),
      ),
      await outcome(client.db.createWorkflowFromTemplate(String(userId), String(templateId))),
      await outcome(client.db.batchSaveApiKeys({ keys: [/** @type {any} */ (key)] })),
    ];
    client.close();
    return outcomes;
  }, /** @type {unknown[]} */ ([stack.serviceKey, grace.id, template.id, workflow, key]));
  assert.deepEqual(
    outcomes.map(({ error }) => error),
    [undefined, undefined, undefined, undefined],
  );
  assert.equal((await rows('workflows', 'where user_id = $1', [grace.id])).length, 2);
});

test('a template with a chosen id is returned after a lost response even if the server set curated columns', async () => {
  loseAnswer();
  const sent = { id: randomUUID(), name: randomUUID(), workflow_data: { nodes: [], connections: [] } };
  const { value } = await call(tab, 'createTemplate', { ...sent, is_featured: true, rating: 5 });
  assert.deepEqual([value?.id, value?.is_featured, value?.rating], [sent.id, false, 0]);
});

test('times are UTC in a database with another time zone, including the `now` of an update', async () => {
  await stack.sql("alter role authenticator set timezone = 'Asia/Tokyo'");
  try {
    await stack.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'authenticator'");
    const isUtc = (/** @type {string} */ time) => Math.abs(Date.now() - Date.parse(`${time}Z`)) < 60_000;
    const made = (await call(tab, 'createWorkflow', ada.id, { name: randomUUID() })).value;
    const updated = (await call(tab, 'updateWorkflow', made.id, { description: 'x' })).value;
    const archived = (await call(tab, 'archiveWorkflow', made.id)).value;
    const settings = (await call(tab, 'upsertBrandSettings', ada.id, { tagline: 'x' })).value;
    for (const time of [made.created_at, updated.updated_at, archived.archived_at, settings.updated_at]) {
      assert.ok(isUtc(time), time);
    }
  } finally {
    await stack.sql('alter role authenticator reset timezone');
  }
});
