// @ts-check
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createTruth } from './support/truth.mjs';
import { useWorld } from './support/world.mjs';

/** More than the 1 000 rows that the server returns at once. */
const MANY = 1_205;
const BYTES_OF_URL = 8_000;

const world = await useWorld();
const { stack, insert, rows, row, newUser, newWorkflow, newExecutions } = world;
const truth = createTruth(world);
const many = (/** @type {(index: number) => object} */ rowOf) =>
  Array.from({ length: MANY }, (_, index) => rowOf(index));
const day = (/** @type {number} */ index) => `2024-01-${String(1 + (index % 28)).padStart(2, '0')}`;

const user = await newUser('ada');
/** @type {Record<string, any>} */
let big;

before(async () => {
  const workflows = await insert(
    'workflows',
    many((index) => ({
      user_id: user.id,
      name: `W ${index}`,
      created_at: day(index),
      updated_at: day(index),
    })),
  );
  [big] = workflows;
  const workflow_id = big.id;
  await insert(
    'workflow_nodes',
    many((index) => ({ workflow_id, node_id: `n${index}`, node_type: 't', created_at: day(index) })),
  );
  await insert(
    'workflow_connections',
    many((index) => ({
      workflow_id,
      source_node_id: `n${index}`,
      target_node_id: 'z',
      connection_id: `c${index}`,
      created_at: day(index),
    })),
  );
  const [execution] = await newExecutions(
    big,
    many((index) => ({ created_at: day(index), status: index % 5 === 0 ? 'failed' : 'completed' })),
  );
  big.execution = execution.id;
  await insert(
    'execution_node_results',
    many((index) => ({
      execution_id: execution.id,
      node_id: `n${index}`,
      node_type: 't',
      created_at: day(index),
    })),
  );
});

test('lists beyond the server’s limit are complete and in order', async () => {
  const tab = await world.open({ as: user, plain: true });
  /** @type {import('./support/truth.mjs').Call[]} */
  const calls = [
    ['getWorkflows', user.id],
    ['getWorkflowNodes', big.id],
    ['getWorkflowConnections', big.id],
    ['getExecutionResults', big.execution],
  ];
  for (const call of calls) {
    stack.requests.clear();
    const [{ value }] = await tab.calls(call);
    assert.equal(value.length, MANY, call[0]);
    assert.deepEqual(value, await truth(call), call[0]);
    assert.equal(stack.requests.count(), 2, `${call[0]}: one request for each 1 000 rows`);
  }
});

test('relations beyond the limit are complete, and the reads of their three parts are cache hits', async () => {
  const tab = await world.open({ as: user, plain: true });
  const [{ value }] = await tab.calls(['getWorkflowWithRelations', big.id]);
  assert.deepEqual([value.nodes.length, value.connections.length], [MANY, MANY]);
  assert.deepEqual(value, await truth(['getWorkflowWithRelations', big.id]));
  stack.requests.clear();
  const parts = await tab.calls(
    ['getWorkflow', big.id],
    ['getWorkflowNodes', big.id],
    ['getWorkflowConnections', big.id],
  );
  assert.deepEqual(parts[1].value, /** @type {any} */ (value).nodes);
  assert.equal(stack.requests.count(), 0);
});

test('the children of several parents are complete, even if together they exceed the limit', async () => {
  const parents = await Promise.all([newWorkflow(user), newWorkflow(user)]);
  for (const { id } of parents) {
    await insert(
      'workflow_nodes',
      Array.from({ length: 450 }, (_, index) => ({ workflow_id: id, node_id: `${index}`, node_type: 't' })),
    );
  }
  const tab = await world.open({ as: user, plain: true });
  const ids = [...parents.map(({ id }) => id), big.id];
  const lists = await tab.run((ids) => Promise.all(ids.map((id) => db.getWorkflowNodes(id))), ids);
  assert.deepEqual(
    lists.map(({ length }) => length),
    [450, 450, MANY],
  );
  for (const [index, id] of ids.entries())
    assert.deepEqual(lists[index], await truth(['getWorkflowNodes', id]));
});

test('a page of workflows larger than the server’s limit is complete', async () => {
  const tab = await world.open({ as: user, plain: true });
  const userId = user.id;
  const [wide, late] = await tab.calls(
    ['getWorkflows', { userId, sortBy: 'created_at', sortOrder: 'asc', limit: 1_100 }],
    ['getWorkflows', { userId, sortBy: 'created_at', sortOrder: 'asc', limit: 1_100, offset: 100 }],
  );
  const expected = (/** @type {number} */ offset) =>
    rows('workflows', `where user_id = $1 order by created_at, id limit 1100 offset ${offset}`, [userId]);
  assert.deepEqual(wide.value, await expected(0));
  assert.deepEqual(late.value, await expected(100));
});

test('a page of executions includes its number, size and hasMore, in one request', async () => {
  const tab = await world.open({ as: user, plain: true });
  const pages =
    /** @type {[unknown[], { page: number, pageSize: number, hasMore: boolean, length: number }][]} */ ([
      [[big.id], { page: 0, pageSize: 50, hasMore: true, length: 50 }],
      [[big.id, 20], { page: 0, pageSize: 20, hasMore: true, length: 20 }],
      [[big.id, 20, 40], { page: 2, pageSize: 20, hasMore: true, length: 20 }],
      [[big.id, 100, 1_200], { page: 12, pageSize: 100, hasMore: false, length: 5 }],
      [[big.id, 5, 1_200], { page: 240, pageSize: 5, hasMore: false, length: 5 }],
      [[big.id, 50, 5_000], { page: 100, pageSize: 50, hasMore: false, length: 0 }],
      [[big.id, 50, MANY], { page: 24, pageSize: 50, hasMore: false, length: 0 }],
    ]);
  for (const [args, { length, ...expected }] of pages) {
    stack.requests.clear();
    const [{ value, error }] = await tab.calls(['getExecutionHistory', ...args]);
    assert.equal(error, undefined);
    const { data, total, ...page } = value;
    assert.deepEqual({ page, total, length: data.length }, { page: expected, total: MANY, length });
    assert.equal(stack.requests.count(), 1);
    const [, limit = 50, offset = 0] = args;
    const order = 'order by created_at desc, id';
    assert.deepEqual(
      data,
      await rows('workflow_executions', `where workflow_id = $1 ${order} limit ${limit} offset ${offset}`, [
        big.id,
      ]),
    );
  }
});

test('a page past the end is empty, regardless of earlier responses from the same address', async () => {
  // For a 416, Chromium appends the body to that of the previous response from the same address.
  const tab = await world.open({ as: user, plain: true });
  const body = { code: '23514', message: 'no', details: null, hint: null };
  stack.faults.add({ match: { method: 'GET' }, action: 'status', status: 400, body });
  const calls = await tab.calls(...Array(3).fill(['getExecutionHistory', big.id, 2, 4_444]));
  const [failed, ...pages] = calls;
  assert.equal(failed.error.code, '23514');
  const empty = { data: [], total: MANY, page: 2_222, pageSize: 2, hasMore: false };
  assert.deepEqual(pages, [{ value: empty }, { value: empty }]);
});

test('a page of executions larger than the server’s limit is complete', async () => {
  const tab = await world.open({ as: user, plain: true });
  const [{ value }] = await tab.calls(['getExecutionHistory', big.id, 2_000]);
  assert.equal(value.hasMore, false);
  assert.deepEqual(
    value.data,
    await rows('workflow_executions', 'where workflow_id = $1 order by created_at desc, id', [big.id]),
  );
});

test('executions of a user can be filtered by workflow, status and time', async () => {
  const tab = await world.open({ as: user, plain: true });
  const userId = user.id;
  const [all, failed, none, ofWorkflow] = await tab.calls(
    ['getExecutionHistory', { userId }],
    ['getExecutionHistory', { userId, status: 'failed', limit: 10 }],
    ['getExecutionHistory', { userId, status: 'running' }],
    ['getExecutionHistory', { userId, workflowId: big.id, limit: 1 }],
  );
  assert.deepEqual([all.value.total, all.value.pageSize], [MANY, 50]);
  assert.deepEqual([failed.value.total, failed.value.data.length], [MANY / 5, 10]);
  assert.ok(failed.value.data.every((/** @type {any} */ run) => run.status === 'failed'));
  assert.deepEqual([none.value.total, none.value.hasMore], [0, false]);
  assert.equal(ofWorkflow.value.total, MANY);
});

test('dates without time include their whole day; Z and offsets are converted', async () => {
  const other = await newUser('ada');
  const workflow = await newWorkflow(other);
  const times = [
    '2024-02-28T23:59:59.999999',
    '2024-02-29T00:00:00',
    '2024-02-29T12:00:00',
    '2024-02-29T23:59:59.999999',
    '2024-03-01T00:00:00',
  ];
  await newExecutions(
    workflow,
    times.map((created_at) => ({ created_at })),
  );
  const tab = await world.open({ as: other, plain: true });
  /** @type {[{ startDate?: string, endDate?: string }, string[]][]} */
  const cases = [
    [{}, times],
    [{ startDate: '2024-02-29' }, times.slice(1)],
    [{ endDate: '2024-02-29' }, times.slice(0, 4)],
    [{ startDate: '2024-02-29', endDate: '2024-02-29' }, times.slice(1, 4)],
    [{ endDate: '2024-02-28' }, times.slice(0, 1)],
    [{ startDate: '2024-02-29T12:00:00' }, times.slice(2)],
    [{ startDate: '2024-02-29T12:00:00Z' }, times.slice(2)],
    [{ startDate: '2024-02-29T14:00:00+02:00' }, times.slice(2)],
    [{ startDate: '2024-02-29T14:00:00.000001+0200' }, times.slice(3)],
    [{ endDate: '2024-02-29T07:00:00-05:00' }, times.slice(0, 3)],
    [{ endDate: '2024-02-29T12:00:00Z' }, times.slice(0, 3)],
    [{ endDate: '2024-03-01T05:30:00+05:30' }, times],
    [{ startDate: '2024-03-02' }, []],
  ];
  for (const [query, expected] of cases) {
    const [{ value, error }] = await tab.calls(['getExecutionHistory', { userId: other.id, ...query }]);
    assert.equal(error, undefined);
    const got = value.data.map((/** @type {any} */ run) => run.created_at).reverse();
    assert.deepEqual([got, value.total], [expected, expected.length], JSON.stringify(query));
  }
});

test('fifty equal reads share one request and one result', async () => {
  const tab = await world.open({ as: user, plain: true });
  const reads = /** @type {[string, unknown[]][]} */ ([
    ['getWorkflows', [user.id]],
    ['getWorkflow', [big.id]],
    ['getWorkflowWithRelations', [(await newWorkflow(user)).id]],
    ['getExecution', [big.execution]],
    ['getExecutionHistory', [big.id, 10]],
    ['getUserProfile', [user.id]],
  ]);
  for (const [name, args] of reads) {
    stack.requests.clear();
    const isShared = await tab.run(async ([name, args]) => {
      const read = /** @type {any} */ (db)[name];
      const answers = await Promise.all(Array.from({ length: 50 }, () => read(...args)));
      return answers.every((answer) => answer !== null && answer === answers[0]);
    }, /** @type {const} */ ([name, args]));
    assert.equal(isShared, true, name);
    // The list of 1 205 rows takes two.
    assert.equal(stack.requests.count(), name === 'getWorkflows' ? 2 : 1, name);
  }
});

test('reads by id in one tick are batched: 200 in at most 3 requests, none too long', async () => {
  const all = await rows('workflows', 'where user_id = $1 order by id limit 200', [user.id]);
  const runs = await rows('workflow_executions', 'where workflow_id = $1 order by id limit 200', [big.id]);
  const tab = await world.open({ as: user, plain: true });
  const ids = [all, runs].map((list) => list.map(({ id }) => id));
  const answers = await tab.run(async ([workflows, executions]) => {
    const first = await Promise.all(workflows.map((id) => db.getWorkflow(id)));
    return [first, await Promise.all(executions.map((id) => db.getExecution(id)))];
  }, ids);
  assert.deepEqual(answers, [all, runs]);
  for (const path of ['/workflows?select', '/workflow_executions?select']) {
    assert.ok(stack.requests.count({ path }) <= 3, `${path}: ${stack.requests.count({ path })}`);
  }
  for (const { path } of stack.requests.all()) assert.ok(stack.url.length + path.length <= BYTES_OF_URL);
});

test('a batch returns each caller its row, null for a missing row, and an error for an invalid one', async () => {
  const workflow = await newWorkflow(user);
  const other = await newWorkflow(await newUser('grace'));
  const tab = await world.open({ as: user, plain: true });
  const outcomes = await tab.run(
    ([mine, theirs]) =>
      Promise.all([mine, crypto.randomUUID(), theirs, 'x', mine].map((id) => outcome(db.getWorkflow(id)))),
    [workflow.id, other.id],
  );
  assert.deepEqual(
    outcomes.map(({ value }) => value),
    [workflow, null, null, undefined, workflow],
  );
  assert.equal(outcomes[3].error?.code, 'INVALID_INPUT');
  assert.equal(stack.requests.count(), 1);
});

test('reads of several parents’ children are batched', async () => {
  const workflows = await Promise.all(Array.from({ length: 12 }, () => newWorkflow(user)));
  const runs = (await Promise.all(workflows.map((workflow) => newExecutions(workflow, [{}])))).flat();
  for (const [index, workflow] of workflows.entries()) {
    await world.newNodes(workflow, ['a', 'b', 'c'].slice(0, index % 4));
    await world.newConnections(workflow, ['a>b', 'b>c'].slice(0, index % 3));
    await insert(
      'execution_node_results',
      ['a', 'b']
        .slice(0, index % 3)
        .map((node_id) => ({ execution_id: runs[index].id, node_id, node_type: 't' })),
    );
  }
  const tab = await world.open({ as: user, plain: true });
  const ids = workflows.map(({ id }, index) => ({ id, run: runs[index].id }));
  const children = await tab.run(
    (ids) =>
      Promise.all(
        ids.map(({ id, run }) =>
          Promise.all([db.getWorkflowNodes(id), db.getWorkflowConnections(id), db.getExecutionResults(run)]),
        ),
      ),
    ids,
  );
  assert.equal(stack.requests.count(), 3, 'one request for each table');
  for (const [index, { id, run }] of ids.entries()) {
    const [nodes, connections, results] = children[index];
    assert.deepEqual(nodes, await truth(['getWorkflowNodes', id]));
    assert.deepEqual(connections, await truth(['getWorkflowConnections', id]));
    assert.deepEqual(results, await truth(['getExecutionResults', run]));
  }
});

test('a workflow with relations takes one request, and its parts are cached afterwards', async () => {
  const { workflow } = await world.newEstate(user);
  const tab = await world.open({ as: user, plain: true });
  /** @type {import('./support/truth.mjs').Call[]} */
  const calls = ['getWorkflowWithRelations', 'getWorkflow', 'getWorkflowNodes', 'getWorkflowConnections'].map(
    (name) => [name, workflow.id],
  );
  const outcomes = await tab.calls(...calls);
  for (const [index, call] of calls.entries()) assert.deepEqual(outcomes[index].value, await truth(call));
  assert.equal(stack.requests.count(), 1);
  assert.deepEqual(await row('workflows', workflow.id), outcomes[1].value);
});
