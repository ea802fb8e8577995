// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { cachedReads, createTruth } from './support/truth.mjs';
import { useWorld } from './support/world.mjs';

/** @typedef {import('./support/truth.mjs').Call} Call */
/** @typedef {Awaited<ReturnType<import('./support/world.mjs').World['newEstate']>>} Estate */

const world = await useWorld();
const { stack, newUser, newEstate, newWorkflow, newExecutions, insert } = world;
const truth = createTruth(world);

/**
 * A user with one row in each table and further workflows, and a page that has read all of them.
 *
 * @param {(estate: Estate) => Promise<unknown>} [more] creates further rows before the page reads
 */
async function warmPage(more) {
  const user = await newUser('ada');
  await newWorkflow(user, { created_at: '2024-01-01', updated_at: '2024-01-01' });
  const estate = await newEstate(user);
  await newWorkflow(user, { archived_at: '2024-05-05' });
  await more?.(estate);
  const tab = await world.open({ as: user, plain: true });
  const reads = cachedReads(estate);
  await agree(tab, reads);
  return { tab, estate, reads };
}

/**
 * Asserts that reads return the same as SQL.
 *
 * @param {import('./support/world.mjs').Tab} tab
 * @param {Call[]} reads
 * @returns the number of requests
 */
async function agree(tab, reads) {
  const before = stack.requests.count();
  const outcomes = await tab.calls(...reads);
  const cost = stack.requests.count() - before;
  for (const [index, call] of reads.entries()) {
    assert.deepEqual(outcomes[index], { value: await truth(call) }, `${call[0]} after the write`);
  }
  return cost;
}

/**
 * Tests that the cache is correct after a write.
 *
 * @param {string} title
 * @param {(estate: Estate) => Call} write
 * @param {number} [cost] the number of requests that the following reads take
 */
function patches(title, write, cost = 0) {
  test(`${title} ${cost === 0 ? 'patches every entry in place' : `costs ${cost} requests to read again`}`, async () => {
    const { tab, estate, reads } = await warmPage();
    const [outcome] = await tab.calls(write(estate));
    assert.equal(outcome.error, undefined);
    assert.equal(await agree(tab, reads), cost);
  });
}

patches('createWorkflow', ({ user }) => ['createWorkflow', user.id, { name: 'Newest' }]);
patches('createWorkflow with an old time', ({ user }) => [
  'createWorkflow',
  user.id,
  { name: 'Old', created_at: '2024-03-03T10:00:00+02:00', updated_at: '2024-03-03T08:00:00Z' },
]);
patches('createWorkflow with an archived workflow', ({ user }) => [
  'createWorkflow',
  user.id,
  { name: 'Gone', archived_at: '2024-03-03' },
]);
patches('updateWorkflow', ({ workflow }) => [
  'updateWorkflow',
  workflow.id,
  { name: 'Renamed', is_public: true },
]);
patches('updateWorkflow that archives', ({ workflow }) => [
  'updateWorkflow',
  workflow.id,
  { archived_at: '2024-06-01T00:00:00Z' },
]);
patches('archiveWorkflow', ({ workflow }) => ['archiveWorkflow', workflow.id]);
patches('createWorkflowNode', ({ workflow }) => [
  'createWorkflowNode',
  { workflow_id: workflow.id, node_id: 'z', node_type: 'output' },
]);
patches('createWorkflowNode among older ones', ({ workflow }) => [
  'createWorkflowNode',
  { workflow_id: workflow.id, node_id: 'z', node_type: 'output', created_at: '2020-01-01' },
]);
patches('updateWorkflowNode', ({ nodes }) => [
  'updateWorkflowNode',
  nodes[1].id,
  { config: { deep: { er: [1] } } },
]);
patches('deleteWorkflowNode', ({ nodes }) => ['deleteWorkflowNode', nodes[0].id]);
patches('createWorkflowConnection', ({ workflow }) => [
  'createWorkflowConnection',
  { workflow_id: workflow.id, source_node_id: 'c', target_node_id: 'a', connection_id: 'c>a' },
]);
patches('updateWorkflowConnection', ({ connections }) => [
  'updateWorkflowConnection',
  connections[1].id,
  { target_node_id: 'a' },
]);
patches('deleteWorkflowConnection', ({ workflow, connections }) => [
  'deleteWorkflowConnection',
  workflow.id,
  connections[0].connection_id,
]);
patches('createExecution', ({ workflow, user }) => [
  'createExecution',
  { workflow_id: workflow.id, user_id: user.id },
]);
patches('updateExecution', ({ execution }) => [
  'updateExecution',
  execution.id,
  { status: 'completed', execution_time_ms: 1200 },
]);
patches('createExecutionResult', ({ execution }) => [
  'createExecutionResult',
  { execution_id: execution.id, node_id: 'c', node_type: 'output' },
]);
patches('updateExecutionResult', ({ results }) => [
  'updateExecutionResult',
  results[1].id,
  { status: 'completed', output_data: { url: 'x' } },
]);
patches('deleteExecutionResult', ({ results }) => ['deleteExecutionResult', results[0].id]);
patches('updateUserProfile', ({ user }) => ['updateUserProfile', user.id, { organization: 'Northlight' }]);

// The row itself and its dependents.
patches('deleteExecution', ({ execution }) => ['deleteExecution', execution.id], 2);

test('deleteWorkflow removes the row from every list and its dependents from the cache', async () => {
  const { tab, estate, reads } = await warmPage();
  const [outcome] = await tab.calls(['deleteWorkflow', estate.workflow.id]);
  assert.equal(outcome.error, undefined);
  const [lists, below] = [reads.slice(0, 2), reads.slice(2)];
  assert.equal(await agree(tab, lists), 0, 'the lists are patched');
  await agree(tab, below);
  // The read of the deleted workflow also removed the empty lists of its parts.
  const keys = await tab.run(() => cache.getStats().entries);
  assert.deepEqual(
    keys.filter((key) => key.includes(estate.workflow.id)),
    [],
  );
});

test('a page of executions is always requested, and correct after every write', async () => {
  const { tab, estate } = await warmPage(async ({ workflow }) => {
    await newExecutions(workflow, [{ created_at: '2024-01-01' }, { created_at: '2024-01-02' }]);
  });
  /** @type {Call} */
  const history = ['getExecutionHistory', estate.workflow.id];
  const run = { workflow_id: estate.workflow.id, user_id: estate.user.id };
  /** @type {Call[]} */
  const writes = [
    ['createExecution', run],
    ['updateExecution', estate.execution.id, { status: 'failed', error_message: 'broke' }],
    ['deleteExecution', estate.execution.id],
  ];
  assert.equal(await agree(tab, [history]), 1);
  for (const write of writes) {
    const [outcome] = await tab.calls(write);
    assert.equal(outcome.error, undefined);
    assert.equal(await agree(tab, [history]), 1, write[0]);
  }
});

test('lists in other orders and partial lists are correct after every write', async () => {
  const { tab, estate } = await warmPage();
  const userId = estate.user.id;
  const queries = [
    { userId, sortBy: 'created_at', sortOrder: 'asc' },
    { userId, sortBy: 'created_at', sortOrder: 'desc', includeArchived: true },
    { userId, sortBy: 'name', sortOrder: 'asc' },
    { userId, limit: 2 },
    { userId, limit: 1, offset: 1 },
  ];
  const ordered = (/** @type {string} */ order, rest = '') =>
    world.rows('workflows', `where user_id = $1 and archived_at is null order by ${order}, id ${rest}`, [
      userId,
    ]);
  const right = async (/** @type {string} */ when) => {
    const outcomes = await tab.calls(
      ...queries.map((query) => /** @type {Call} */ (['getWorkflows', query])),
    );
    const expected = [
      await ordered('created_at'),
      await world.rows('workflows', 'where user_id = $1 order by created_at desc, id', [userId]),
      await ordered('name'),
      await ordered('updated_at desc', 'limit 2'),
      await ordered('updated_at desc', 'limit 1 offset 1'),
    ];
    for (const [index, query] of queries.entries()) {
      assert.deepEqual(outcomes[index].value, expected[index], `${JSON.stringify(query)} ${when}`);
    }
  };
  await right('at first');
  const id = randomUUID();
  /** @type {Call[]} */
  const writes = [
    ['createWorkflow', userId, { id, name: 'äpfel' }],
    ['updateWorkflow', estate.workflow.id, { name: 'Zebra' }],
    ['updateWorkflow', id, { name: 'Birnen' }],
    ['archiveWorkflow', id],
    ['deleteWorkflow', estate.workflow.id],
  ];
  for (const write of writes) {
    const [outcome] = await tab.calls(write);
    assert.equal(outcome.error, undefined);
    await right(`after ${write[0]}`);
  }
});

test('a row that moves to another parent moves from one list to the other', async () => {
  const { tab, estate } = await warmPage();
  const [{ id: other }] = [await newWorkflow(estate.user)];
  /** @type {Call[]} */
  const reads = [estate.workflow.id, other].flatMap((id) => [
    ['getWorkflowNodes', id],
    ['getWorkflowConnections', id],
    ['getWorkflowWithRelations', id],
  ]);
  await agree(tab, reads);
  const [outcome] = await tab.calls(['updateWorkflowNode', estate.nodes[0].id, { workflow_id: other }]);
  assert.equal(outcome.error, undefined);
  assert.equal(await agree(tab, reads), 0);
});

test('a failed write without effect leaves the cache unchanged', async () => {
  const { tab, estate, reads } = await warmPage();
  const [taken] = await insert('workflows', [{ user_id: estate.user.id, name: 'Taken' }]);
  const [outcome] = await tab.calls(['updateWorkflow', estate.workflow.id, { user_id: randomUUID() }]);
  assert.equal(outcome.error.code, '42501');
  const [keys] = [await tab.run(() => cache.getStats().entries)];
  assert.ok(keys.includes(`workflow:${estate.workflow.id}`));
  const [clash] = await tab.calls(['createWorkflow', estate.user.id, { name: taken.name }]);
  assert.equal(clash.error.code, '23505');
  await agree(tab, reads);
});

test('unchanged rows keep their identity, also after a refetch', async () => {
  const { tab, estate } = await warmPage();
  const kept = await tab.run(async (workflowId) => {
    const before = await db.getWorkflowNodes(workflowId);
    await db.updateWorkflowNode(before[1].id, { label: 'Changed' });
    const patched = await db.getWorkflowNodes(workflowId);
    const asked = await db.with({ fresh: true }).getWorkflowNodes(workflowId);
    const cached = await db.getWorkflowNodes(workflowId);
    return {
      patched: before.map((row, index) => row === patched[index]),
      asked: patched.map((row, index) => row === asked[index]),
      whole: [before === patched, patched === asked, asked === cached],
    };
  }, estate.workflow.id);
  assert.deepEqual(kept, {
    patched: [true, false, true],
    asked: [true, true, true],
    whole: [false, true, true],
  });
});

test('a write to an audited table drops the audit entries of its user only', async () => {
  const { tab, estate } = await warmPage();
  const left = await tab.run(
    async ({ userId, workflowId, nodeId }) => {
      const keys = [`audit_logs:${userId}`, `audit_logs:${userId}?limit=5`, 'audit_logs:someone'];
      const fill = () => keys.forEach((key) => cache.set(key, { data: [] }));
      const there = () => keys.map((key) => cache.get(key) !== null);
      fill();
      await db.updateWorkflowNode(nodeId, { label: 'not audited' });
      const afterNode = there();
      await db.updateWorkflow(workflowId, { description: 'audited' });
      return [afterNode, there()];
    },
    { userId: estate.user.id, workflowId: estate.workflow.id, nodeId: estate.nodes[0].id },
  );
  assert.deepEqual(left, [
    [true, true, true],
    [false, false, true],
  ]);
});
