// @ts-check
// Values are stored and returned unchanged.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { cacheKeys } from '../../pkg/index.js';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, row, newUser, newWorkflow, newNodes, newEstate } = world;

/** JSON values other than objects. JavaScript does not distinguish JSON's null from SQL's NULL. */
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

test('numbers and times that only the database can represent are saved as they were read', async () => {
  const user = await newUser('ada');
  const [workflow, other] = [await newWorkflow(user), await newWorkflow(user)];
  const odd = [
    "position_x = 'NaN', position_y = '-Infinity'",
    "created_at = 'infinity', updated_at = '-infinity'",
  ];
  const nodes = await newNodes(workflow, ['a', 'b']);
  for (const [index, values] of odd.entries()) {
    await stack.sql(`update workflow_nodes set ${values} where id = $1`, [nodes[index].id]);
  }
  await stack.sql("update workflows set updated_at = 'infinity' where id = $1", [workflow.id]);
  const read = () => Promise.all(nodes.map(({ id }) => row('workflow_nodes', id)));
  const before = await read();
  const tab = await world.open({ as: user });
  const seen = await tab.run(
    async ({ userId, id }) => {
      const base = await db.getWorkflowWithRelations(id);
      if (!base) throw new Error('no graph');
      const { nodes, connections } = base;
      await db.saveWorkflowGraph(id, { nodes, connections });
      await db.saveWorkflowGraph(id, { nodes, connections }, { base });
      await db.saveWorkflowGraph(id, { nodes, connections }, { ifUpdatedAt: base.updated_at });
      const newest = await db.getWorkflowsPage({ userId, pageSize: 1 });
      const next = await db.getWorkflowsPage({ userId, pageSize: 1, cursor: newest.nextCursor });
      await db.batchSaveWorkflows({ workflows: [base], overwrite: true });
      return [newest, next].map(({ data }) => data[0]?.id);
    },
    { userId: user.id, id: workflow.id },
  );
  assert.deepEqual(seen, [workflow.id, other.id]);
  assert.deepEqual(await read(), before);
});

test('a single row accepts any JSON value', async () => {
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

test('cache keys ignore the case of ids', async () => {
  const id = randomUUID();
  for (const [name, keyOf] of Object.entries(cacheKeys)) {
    const key = /** @type {(id: string, service: string) => string} */ (keyOf);
    assert.equal(key(id.toUpperCase(), 'GitHub'), key(id, 'GitHub'), name);
  }
  assert.equal(cacheKeys.apiKey(id, 'GitHub'), `api_key:${id}:GitHub`);
  // An id that is not a uuid matches no row, but its key still has the documented format.
  assert.equal(cacheKeys.workflow('W'), 'workflow:W');
});

test('observe, get and invalidate ignore the case of ids', async () => {
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

test('a string that identifies rows is never empty, neither in a row nor as an argument', async () => {
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

/** Numbers that JavaScript rounds, all but the last two to the same value. */
const LONG_NUMBERS = [
  '18446744073709551615',
  '18446744073709551614',
  '18446744073709552001',
  '-9223372036854775807',
  '0.12345678901234567890123',
];

/** @param {string} id */
const configText = async (id) =>
  (await stack.sql('select config::text as text from workflow_nodes where id = $1', [id]))[0].text;

/** A workflow with a node for each of these configs, as the database writes them. @param {string[]} configs */
async function newGraph(configs) {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user);
  const nodes = await newNodes(
    workflow,
    configs.map((_, index) => `n${index}`),
  );
  for (const [index, config] of configs.entries()) {
    await stack.sql('update workflow_nodes set config = $1::text::jsonb where id = $2', [
      config,
      nodes[index].id,
    ]);
  }
  return { user, workflow, nodes, ids: nodes.map(({ id }) => id) };
}

test('numbers that JavaScript cannot represent survive reading and saving a graph', async () => {
  const configs = LONG_NUMBERS.map(
    (number) => `{"seed": ${number}, "deep": [{"text": "\\"${number}\\" ]", "seeds": [1, ${number}]}]}`,
  );
  const { user, workflow, ids } = await newGraph([...configs, LONG_NUMBERS[0]]);
  const before = await Promise.all(ids.map(configText));
  const tab = await world.open({ as: user });
  await tab.run(async (id) => {
    const graph = await db.getWorkflowWithRelations(id);
    if (!graph) throw new Error('no graph');
    const nodes = graph.nodes.map((node) => ({ ...structuredClone(node), label: 'renamed' }));
    await db.saveWorkflowGraph(id, { nodes, connections: graph.connections });
  }, workflow.id);
  assert.deepEqual(await Promise.all(ids.map(configText)), before);
  assert.ok(before[0].includes(LONG_NUMBERS[0]));
  assert.equal((await row('workflow_nodes', ids[0]))?.label, 'renamed');
});

test('parts of a column that a patch reuses are written as they were read', async () => {
  const { user, workflow, ids } = await newGraph(
    LONG_NUMBERS.map((number) => `{"list": [${number}], "seed": ${number}}`),
  );
  const tab = await world.open({ as: user });
  const errors = await tab.run(async (id) => {
    const nodes = await db.getWorkflowNodes(id);
    return Promise.all(
      nodes.map(({ id, config }) =>
        failureOr(db.updateWorkflowNode(id, { config: { ...config, prompt: 'x' } })),
      ),
    );
    /** @param {Promise<unknown>} promise */
    async function failureOr(promise) {
      return (await outcome(promise)).error;
    }
  }, workflow.id);
  assert.deepEqual(
    errors,
    LONG_NUMBERS.map(() => undefined),
  );
  for (const [index, number] of LONG_NUMBERS.entries()) {
    const text = await configText(ids[index]);
    assert.equal(text, `{"list": [${number}], "seed": ${number}, "prompt": "x"}`);
  }
});

test('a rounded number is copied to another row as it was read, or refused with its path', async () => {
  const { user, workflow } = await newGraph([
    `{"a": ${LONG_NUMBERS[3]}}`,
    ...LONG_NUMBERS.slice(0, 2).map((n) => `{"b": ${n}}`),
  ]);
  const tab = await world.open({ as: user });
  const [copied, refused] = await tab.run(async (id) => {
    const nodes = (await db.getWorkflowNodes(id)).toSorted((a, b) => (a.node_id < b.node_id ? -1 : 1));
    const copy = (/** @type {any} */ config) =>
      outcome(
        db.createWorkflowNode({ workflow_id: id, node_type: 't', node_id: crypto.randomUUID(), config }),
      );
    return [await copy({ moved: nodes[0].config.a }), await copy({ moved: [{ to: nodes[1].config.b }] })];
  }, workflow.id);
  assert.equal(await configText(copied.value.id), `{"moved": ${LONG_NUMBERS[3]}}`);
  assert.equal(refused.error?.code, 'INVALID_INPUT');
  assert.match(refused.error.message, /^config\.moved\[0\]\.to: expected .*rounded/);
});

test('numbers received with a change by another client are written unchanged', async () => {
  const { user, workflow, ids } = await newGraph(['{"seed": 1}']);
  const tab = await world.open({ as: user });
  await tab.run(async (id) => {
    await db.getWorkflowNodes(id);
    await wdb.getRealtimeManager().open('workflow_nodes', { scope: id }, () => {}).ready;
  }, workflow.id);
  await stack.sql('update workflow_nodes set config = $1::text::jsonb where id = $2', [
    `{"seed": ${LONG_NUMBERS[0]}}`,
    ids[0],
  ]);
  await world.rest();
  stack.requests.clear();
  await tab.run(async (id) => {
    const [node] = await db.getWorkflowNodes(id);
    await db.updateWorkflowNode(node.id, { config: { ...node.config, prompt: 'x' } });
  }, workflow.id);
  assert.equal(stack.requests.count({ method: 'GET' }), 0, 'the row came only from the change');
  assert.equal(await configText(ids[0]), `{"seed": ${LONG_NUMBERS[0]}, "prompt": "x"}`);
});

test('the application’s own numbers are written as JavaScript writes them', async () => {
  const { user, workflow } = await newGraph(['{"tenth": 0.10000000000000000001}']);
  const tab = await world.open({ as: user });
  const numbers = [0.1, 0.1 + 0.2, 1e21, -0.5, 1 / 3, Number.MAX_SAFE_INTEGER, 5e-324];
  const id = await tab.run(async ([workflow_id, numbers]) => {
    await db.getWorkflowNodes(workflow_id);
    const node = { workflow_id, node_type: 't', node_id: 'own', config: { numbers } };
    return (await db.createWorkflowNode(node)).id;
  }, /** @type {const} */ ([workflow.id, numbers]));
  assert.deepEqual((await row('workflow_nodes', id))?.config, { numbers });
  assert.ok((await configText(id)).startsWith('{"numbers": [0.1, '));
});

test('values that JSON would change or the database refuses are reported with their path', async () => {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user);
  const tab = await world.open({ as: user });
  const messages = await tab.run(async (workflow_id) => {
    const cut = 'Launch 🚀'.slice(0, 8);
    const cycle = /** @type {any} */ ({});
    cycle.self = [cycle];
    /** @type {any[]} */
    const values = [
      cut,
      'a\0b',
      NaN,
      -Infinity,
      () => {},
      Symbol('x'),
      10n,
      cycle,
      new Date(NaN),
      new Map(),
      /x/,
    ];
    const nodes = [
      ...values.map((value) => ({ config: { list: [0, { prompt: value }] } })),
      { config: { [cut]: 1 } },
      { label: cut },
      { label: 'a\0b' },
    ];
    return Promise.all(
      nodes.map(async (node) => {
        const made = db.createWorkflowNode({ workflow_id, node_type: 't', node_id: 'n', ...node });
        return (await outcome(made)).error?.message;
      }),
    );
  }, workflow.id);
  const at = 'config.list[1].prompt: expected ';
  assert.deepEqual(messages, [
    `${at}text without half of a surrogate pair`,
    `${at}text without NUL characters`,
    `${at}a finite number`,
    `${at}a finite number`,
    `${at}a value that JSON can carry, not a function`,
    `${at}a value that JSON can carry, not a symbol`,
    `${at}a value that JSON can carry, not a bigint`,
    'config.list[1].prompt.self[0]: expected a value that does not hold itself',
    `${at}a valid date`,
    `${at}a value that JSON can carry, not a Map`,
    `${at}a value that JSON can carry, not a RegExp`,
    'config.Launch \ud83d: expected text without half of a surrogate pair',
    'label: expected text without half of a surrogate pair',
    'label: expected text without NUL characters',
  ]);
  assert.equal(stack.requests.count(), 0);
});

test('a lone surrogate is refused in every argument', async () => {
  const user = await newUser('ada');
  const tab = await world.open({ as: user });
  const messages = await tab.run(async (userId) => {
    const cut = 'Launch 🚀'.slice(0, 8);
    const id = crypto.randomUUID();
    const calls = [
      db.createWorkflow(userId, { name: cut }),
      db.getApiKey(userId, cut),
      db.getIntegration(userId, cut),
      db.upsertIntegration(userId, cut, {}),
      db.deleteIntegration(userId, cut),
      db.deleteWorkflowConnection(id, cut),
      db.createWorkflowFromTemplate(userId, id, cut),
      db.getTemplates({ category: cut }),
      db.getAuditLogs({ userId, action: cut }),
      db.getWorkflow(cut),
    ];
    const all = await Promise.all(calls.map(async (call) => (await outcome(call)).error));
    const followed = thrown(() =>
      wdb.getRealtimeManager().open('api_keys', { filter: `service_name=eq.${cut}` }, () => {}),
    );
    // A replacement character is a valid character.
    await db.getApiKey(userId, '\ufffd');
    return [...all, followed].map((error) => [error?.code, error?.message]);
  }, user.id);
  for (const [code, message] of messages) {
    assert.equal(code, 'INVALID_INPUT');
    assert.match(message, /half of a surrogate pair$/);
  }
  assert.equal(stack.requests.count(), 1);
});

test('an aborted call has the reason of its signal', async () => {
  const user = await newUser('ada');
  const tab = await world.open({ as: user });
  const errors = await tab.run(async (userId) => {
    const reason = new Error('left the page');
    const [before, during] = [new AbortController(), new AbortController()];
    before.abort(reason);
    const calls = [before, during].map(({ signal }) => db.with({ signal }).getWorkflows(userId));
    during.abort(reason);
    return Promise.all(
      calls.map((call) => call.catch((error) => [error.code, error.originalError === reason])),
    );
  }, user.id);
  assert.deepEqual(errors, [
    ['ABORTED', true],
    ['ABORTED', true],
  ]);
});
