// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { codeOf, openSession, useStack, userNamed } from './helpers.mjs';

// Overlapping statements, each on a separate connection, synchronized by locks.
const stack = await useStack();
const ada = userNamed(stack, 'ada').id;
const session = () => openSession(stack, { sub: ada });
const [holder, first, second] = await Promise.all([
  openSession(stack, { role: 'postgres' }),
  session(),
  session(),
]);

/** @param {string} name @param {Record<string, any>} [more] @returns {Record<string, any>} */
const workflow = (name, more) => ({
  id: randomUUID(),
  user_id: ada,
  name: `${name} ${randomUUID()}`,
  ...more,
});
const apiKey = () => ({ id: randomUUID(), user_id: ada, service_name: randomUUID(), encrypted_key: 'k' });
/** @param {string} node_id */
const node = (node_id) => ({ id: randomUUID(), node_id, node_type: 't' });
/** @param {string} connection_id */
const connection = (connection_id) => ({ source_node_id: 'a', target_node_id: connection_id, connection_id });

/**
 * @param {import('./helpers.mjs').Session} at
 * @param {string} name of the function, without `batch_save_`
 * @param {object[]} rows
 * @param {{ overwrite?: boolean, replay?: boolean }} [how]
 * @returns {Promise<any[]>}
 */
async function saveBatch(at, name, rows, { overwrite = false, replay = false } = {}) {
  const call = `select batch_save_${name}($1, $2, $3) as saved`;
  const [{ saved }] = await at.sql(call, [JSON.stringify(rows), overwrite, replay]);
  return saved;
}

/**
 * Runs `act` while rows are locked, and releases them once it resolves.
 *
 * @template T
 * @param {string} query that locks
 * @param {unknown[]} params
 * @param {() => Promise<T>} act
 * @returns {Promise<T>}
 */
async function whileLocked(query, params, act) {
  await holder.sql('begin');
  try {
    await holder.sql(query, params);
    return await act();
  } finally {
    await holder.sql('rollback');
  }
}

const LOCK_ACCOUNT = 'select from user_profiles where id = $1 for update';

/** @type {Record<string, { make: () => any[], lock: string }>} */
const BATCHES = {
  workflows: {
    make: () => ['a', 'b', 'c'].map((name) => workflow(name, { nodes: [node('x')], connections: [] })),
    lock: 'select from workflows where id = $1 for update',
  },
  api_keys: {
    make: () => [apiKey(), apiKey(), apiKey()],
    lock: 'select from api_keys where id = $1 for update',
  },
};

for (const [name, { make, lock }] of Object.entries(BATCHES)) {
  test(`two batches of ${name} that replace the same rows in opposite order both succeed`, async () => {
    const rows = make();
    await saveBatch(first, name, rows);
    const answers = await whileLocked(lock, [rows[1].id], async () => {
      // Row by row, each batch would hold one end of the list and wait for the row in the middle.
      const forth = saveBatch(first, name, rows, { overwrite: true });
      await first.isBlocked();
      const back = saveBatch(second, name, rows.toReversed(), { overwrite: true });
      await second.isBlocked();
      return [forth, back];
    });
    const [forth, back] = await Promise.all(answers);
    assert.deepEqual(
      forth.map(({ id }) => id),
      rows.map(({ id }) => id),
    );
    assert.deepEqual(
      back.map(({ id }) => id),
      rows.map(({ id }) => id).toReversed(),
    );
  });

  test(`two batches of new ${name} with the same names in opposite order: one succeeds, the other is a conflict`, async () => {
    const rows = make();
    const others = rows.map((row) => ({ ...row, id: randomUUID(), nodes: undefined })).toReversed();
    const outcomes = await whileLocked(LOCK_ACCOUNT, [ada], async () => {
      const one = codeOf(saveBatch(first, name, rows));
      await first.isBlocked();
      const other = codeOf(saveBatch(second, name, others));
      await second.isBlocked();
      return [one, other];
    });
    assert.deepEqual((await Promise.all(outcomes)).sort(), ['23505', undefined].sort());
  });

  test(`a repeated batch of ${name} that overtakes its first attempt returns the rows, which exist once`, async () => {
    const rows = make();
    const [attempt, repetition] = await whileLocked(LOCK_ACCOUNT, [ada], async () => {
      const attempt = saveBatch(first, name, rows);
      await first.isBlocked();
      const repetition = saveBatch(second, name, rows, { replay: true });
      await second.isBlocked();
      return [attempt, repetition];
    });
    const [once, again] = await Promise.all([attempt, repetition]);
    assert.deepEqual(again, once);
    const stored = await stack.sql(`select id from ${name} where id = any($1)`, [rows.map(({ id }) => id)]);
    assert.equal(stored.length, rows.length);
  });

  test(`a repeated batch of ${name} waits for a single row of it that is being inserted`, async () => {
    const rows = make();
    const { nodes: _nodes, connections: _connections, ...row } = rows[1];
    const columns = Object.keys(row);
    await first.sql('begin');
    await first.sql(
      `insert into ${name} (${columns}) values (${columns.map((_, index) => `$${index + 1}`)})`,
      Object.values(row),
    );
    const batch = saveBatch(second, name, rows, { replay: true, overwrite: true });
    await second.isBlocked();
    await first.sql('commit');
    assert.equal((await batch).length, 3);
  });
}

test('a batch and a new name for one of its rows do not deadlock', async () => {
  const [left, right] = [workflow('left'), workflow('right')];
  await saveBatch(first, 'workflows', [left, right]);
  const replaced = [{ ...right, name: `taken ${randomUUID()}` }, left];
  const [rename, batch] = await whileLocked(BATCHES.workflows.lock, [left.id], async () => {
    const rename = codeOf(
      second.sql('update workflows set name = $1 where id = $2', [replaced[0].name, left.id]),
    );
    await second.isBlocked();
    const batch = codeOf(saveBatch(first, 'workflows', replaced, { overwrite: true }));
    await first.isBlocked();
    return [rename, batch];
  });
  assert.deepEqual([await rename, await batch], [undefined, '23505']);
});

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
    // Not every deletion or insertion waits for the save; those that do not are seen by it.
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

test("an id of another workflow's node is refused instead of retried forever", async () => {
  const taken = node('x');
  await saveBatch(first, 'workflows', [workflow('owner', { nodes: [taken] })]);
  const other = workflow('other');
  await saveBatch(first, 'workflows', [other]);
  assert.equal(await codeOf(saveGraph(other.id, [taken], [])), '23505');
});

/** @param {import('./helpers.mjs').Session} at @param {string} id @param {string} templateId @param {string} name */
const fromTemplate = async (at, id, templateId, name) => {
  const params = [id, ada, templateId, name];
  const [{ made }] = await at.sql('select create_workflow_from_template($1, $2, $3, $4) as made', params);
  return made;
};

async function newTemplate() {
  const [{ id }] = await stack.sql(
    'insert into workflow_templates (name, workflow_data) values ($1, $2) returning id',
    [randomUUID(), { nodes: [{ node_id: 'a', node_type: 't' }], connections: [] }],
  );
  return id;
}

test('a repeated template use that overtakes its first attempt returns its workflow and counts once', async () => {
  const templateId = await newTemplate();
  const [id, name] = [randomUUID(), randomUUID()];
  const calls = await whileLocked(LOCK_ACCOUNT, [ada], async () => {
    const attempt = fromTemplate(first, id, templateId, name);
    await first.isBlocked();
    const repetition = fromTemplate(second, id, templateId, name);
    await second.isBlocked();
    return [attempt, repetition];
  });
  const [attempt, repetition] = await Promise.all(calls);
  assert.equal(attempt.id, id);
  assert.equal(attempt.nodes.length, 1);
  assert.deepEqual(repetition, attempt);
  const [{ usage_count }] = await stack.sql('select usage_count from workflow_templates where id = $1', [
    templateId,
  ]);
  assert.equal(usage_count, 1);
});

test('two concurrent uses of a template with one name create two workflows', async () => {
  const templateId = await newTemplate();
  const name = randomUUID();
  const calls = await whileLocked(LOCK_ACCOUNT, [ada], async () => {
    const one = fromTemplate(first, randomUUID(), templateId, name);
    await first.isBlocked();
    const other = fromTemplate(second, randomUUID(), templateId, name);
    await second.isBlocked();
    return [one, other];
  });
  const made = await Promise.all(calls);
  assert.deepEqual(made.map((row) => row.name).sort(), [name, `${name} (2)`]);
});

test('accounts with one address that sign up at the same time each get a profile', async () => {
  // Hosted projects exclude single sign-on accounts from their unique index.
  await stack.sql('alter table auth.users drop constraint users_email_key');
  const [one, other] = await Promise.all([1, 2].map(() => openSession(stack, { role: 'postgres' })));
  const email = `${randomUUID()}@example.com`;
  const signUp = 'insert into auth.users (email) values ($1) returning id';
  await one.sql('begin');
  const [{ id: oneId }] = await one.sql(signUp, [email]);
  const signingUp = other.sql(signUp, [email]);
  await other.isBlocked();
  await one.sql('commit');
  const [{ id: otherId }] = await signingUp;
  const profiles = await stack.sql('select id, email from user_profiles where id = any($1)', [
    [oneId, otherId],
  ]);
  assert.deepEqual(Object.fromEntries(profiles.map((row) => [row.id, row.email])), {
    [oneId]: email,
    [otherId]: otherId,
  });
});

test('accounts that change to one address at the same time keep a profile each', async () => {
  const [one, other] = await Promise.all([1, 2].map(() => openSession(stack, { role: 'postgres' })));
  const made = await stack.sql('insert into auth.users (email) values ($1), ($2) returning id', [
    `${randomUUID()}@example.com`,
    `${randomUUID()}@example.com`,
  ]);
  const email = `${randomUUID()}@example.com`;
  const change = 'update auth.users set email = $1 where id = $2';
  await one.sql('begin');
  await one.sql(change, [email, made[0].id]);
  const changing = other.sql(change, [email, made[1].id]);
  await other.isBlocked();
  await one.sql('commit');
  await changing;
  const profiles = await stack.sql('select email from user_profiles where id = any($1)', [
    made.map(({ id }) => id),
  ]);
  assert.deepEqual(profiles.map((row) => row.email).sort(), [email, made[1].id].sort());
});
