// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useConcurrency } from './concurrency-helpers.mjs';
import { codeOf } from './helpers.mjs';

// Concurrent saves and changes of one graph.
const { stack, first, second, workflow, node, connection, saveBatch, whileLocked } = await useConcurrency();

/** @param {string} workflowId @param {object[]} nodes @param {object[]} connections @param {import('./helpers.mjs').Session} at */
const saveGraph = async (workflowId, nodes, connections, at = first) => {
  const params = [workflowId, JSON.stringify(nodes), JSON.stringify(connections)];
  const [{ saved }] = await at.sql('select save_workflow_graph($1, $2, $3) as saved', params);
  return saved;
};

test(
  'a node and a connection inserted while their graph is saved do not deadlock',
  { timeout: 30_000 },
  async () => {
    const graph = workflow('graph', { nodes: [node('held')], connections: [] });
    await saveBatch(first, 'workflows', [graph]);
    const nodes = [{ ...node('held'), label: 'changed' }, node('new')];
    const connections = [connection('new')];
    const [made] = await second.sql('select gen_random_uuid() as id');
    const save = await whileLocked(
      "select from workflow_nodes where workflow_id = $1 and node_id = 'held' for update",
      [graph.id],
      async () => {
        // By now it has the workflow's lock and is about to reach the two new rows.
        const save = saveGraph(graph.id, nodes, connections);
        await first.isBlocked();
        await second.sql('begin');
        await second.sql(
          "insert into workflow_nodes (id, workflow_id, node_id, node_type) values ($1, $2, 'new', 't')",
          [made.id, graph.id],
        );
        await second.sql(
          `insert into workflow_connections (workflow_id, connection_id, source_node_id, target_node_id)
         values ($1, 'new', 'a', 'new')`,
          [graph.id],
        );
        return { save };
      },
    );
    await first.isBlocked();
    await second.sql('commit');
    const saved = await save.save;
    assert.deepEqual(saved.nodes.map((/** @type {any} */ { node_id }) => node_id).sort(), ['held', 'new']);
    assert.equal(saved.nodes.find((/** @type {any} */ { node_id }) => node_id === 'new').id, made.id);
    assert.equal(saved.connections.length, 1);
  },
);

test('a repeated graph save that overtakes its first attempt is not a conflict', async () => {
  const graph = workflow('repeated', { nodes: [node('held')], connections: [] });
  const [{ updated_at }] = await saveBatch(first, 'workflows', [graph]);
  const nodes = JSON.stringify([{ ...graph.nodes[0], label: 'changed' }]);
  const save = (/** @type {import('./helpers.mjs').Session} */ at, /** @type {boolean} */ isReplay) =>
    at.sql("select save_workflow_graph($1, $2, '[]', $3, $4) as saved", [
      graph.id,
      nodes,
      updated_at,
      isReplay,
    ]);
  const held = 'select from workflow_nodes where workflow_id = $1 for update';
  const saves = await whileLocked(held, [graph.id], async () => {
    const attempt = save(first, false);
    await first.isBlocked();
    const repetition = save(second, true);
    await second.isBlocked();
    return [attempt, repetition];
  });
  const [[once], [again]] = await Promise.all(saves);
  assert.equal(once.saved.nodes[0].label, 'changed');
  assert.deepEqual(again.saved, once.saved);
  assert.equal(await codeOf(save(first, false)), 'PT409');
});

/** A workflow with the nodes `a` and `b` and a connection, and the versions that a merged save expects. */
async function newCanvas() {
  const made = workflow('canvas', { nodes: [node('a'), node('b')], connections: [connection('a')] });
  const [{ nodes, connections }] = await saveBatch(first, 'workflows', [made]);
  const expected = {
    nodes: Object.fromEntries(nodes.map((/** @type {any} */ row) => [row.node_id, row.updated_at])),
    connections: { a: ['a', 'a'] },
  };
  return { id: made.id, nodes, connections, expected };
}

/**
 * Moves the node `a`.
 *
 * @param {Awaited<ReturnType<typeof newCanvas>>} canvas
 * @param {import('./helpers.mjs').Session} [at]
 */
async function saveMerged({ id, nodes, connections, expected }, at = first) {
  const moved = nodes.map((/** @type {any} */ row) =>
    row.node_id === 'a' ? { ...row, position_x: 1 } : row,
  );
  const params = [id, moved, connections, expected].map((value) =>
    typeof value === 'string' ? value : JSON.stringify(value),
  );
  const call = 'select save_merged_workflow_graph($1, $2, $3, $4) as saved';
  return (await at.sql(call, params))[0].saved;
}

/** @type {Record<string, string>} Possible changes to the graph by others. */
const OTHER_CHANGES = {
  'a changed node': "update workflow_nodes set label = 'x' where workflow_id = $1 and node_id = 'b'",
  'a new node': "insert into workflow_nodes (workflow_id, node_id, node_type) values ($1, 'c', 't')",
  'a deleted node': "delete from workflow_nodes where workflow_id = $1 and node_id = 'b'",
  'a changed connection': "update workflow_connections set target_node_id = 'b' where workflow_id = $1",
  'a new connection':
    "insert into workflow_connections (workflow_id, connection_id, source_node_id, target_node_id) values ($1, 'c', 'b', 'a')",
  'a deleted connection': 'delete from workflow_connections where workflow_id = $1',
};

for (const [name, change] of Object.entries(OTHER_CHANGES)) {
  test(`a merged save that waits for ${name} is refused`, async () => {
    const canvas = await newCanvas();
    await second.sql('begin');
    await second.sql(change, [canvas.id]);
    const save = codeOf(saveMerged(canvas));
    // Some deletions and insertions do not wait for the save; the save sees those.
    await Promise.race([first.isBlocked().catch(() => {}), save]);
    await second.sql('commit');
    assert.equal(await save, 'PT409');
  });

  test(`${name} that waits for a merged save is not lost`, async () => {
    const canvas = await newCanvas();
    await first.sql('begin');
    await saveMerged(canvas);
    const changing = second.sql(`${change} returning id`, [canvas.id]);
    await second.isBlocked();
    await first.sql('commit');
    assert.equal((await changing).length, 1);
    const [{ position_x }] = await stack.sql(
      "select position_x from workflow_nodes where workflow_id = $1 and node_id = 'a'",
      [canvas.id],
    );
    assert.equal(position_x, 1);
  });
}

test('a merged save based on the stored graph succeeds, and repeating it is not a conflict', async () => {
  const canvas = await newCanvas();
  const saved = await saveMerged(canvas);
  assert.equal(saved.nodes[0].position_x, 1);
  assert.equal(await codeOf(saveMerged(canvas)), 'PT409');
  const params = [canvas.id, saved.nodes, saved.connections, canvas.expected].map((value) =>
    typeof value === 'string' ? value : JSON.stringify(value),
  );
  const [again] = await first.sql(
    'select save_merged_workflow_graph($1, $2, $3, $4, null, true) as saved',
    params,
  );
  assert.deepEqual(again.saved, saved);
});

test('a node changed without updated_at gets a new one', async () => {
  const canvas = await newCanvas();
  const [before] = canvas.nodes;
  const change = async (/** @type {string} */ values) => {
    const [{ row }] = await first.sql(
      `update workflow_nodes n set ${values} where id = $1 returning to_jsonb(n) as row`,
      [before.id],
    );
    return row.updated_at;
  };
  assert.equal(await change('label = null'), before.updated_at, 'nothing changed');
  const touched = await change("label = 'x'");
  assert.ok(touched > before.updated_at);
  assert.equal(await change("label = 'y', updated_at = '2030-01-01'"), '2030-01-01T00:00:00');
  assert.ok((await change("label = 'z'")) > '2030-01-01T00:00:00');
});

for (const late of ['infinity', '294276-12-31 23:59:59.999999']) {
  test(`a graph can be saved, and gets a new version, after a writer set its times to ${late}`, async () => {
    const canvas = await newCanvas();
    await first.sql('update workflows set updated_at = $2 where id = $1', [canvas.id, late]);
    await first.sql('update workflow_nodes set updated_at = $2 where workflow_id = $1', [canvas.id, late]);
    const isNow = (/** @type {string} */ time) => Math.abs(Date.parse(`${time}Z`) - Date.now()) < 3_600_000;
    const [{ row }] = await first.sql(
      "update workflow_nodes n set label = 'x' where id = $1 returning to_jsonb(n) as row",
      [canvas.nodes[0].id],
    );
    assert.ok(isNow(row.updated_at), row.updated_at);
    const moved = canvas.nodes.map((each) => ({ ...each, position_x: 5 }));
    const saved = await saveGraph(canvas.id, moved, []);
    assert.ok(isNow(saved.updated_at), saved.updated_at);
    assert.ok(isNow(saved.nodes[0].updated_at), saved.nodes[0].updated_at);
  });
}

test("an id of another workflow's node is refused instead of retried forever", async () => {
  const taken = node('x');
  await saveBatch(first, 'workflows', [workflow('owner', { nodes: [taken] })]);
  const other = workflow('other');
  await saveBatch(first, 'workflows', [other]);
  assert.equal(await codeOf(saveGraph(other.id, [taken], [])), '23505');
});
