// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { cachedReads, createTruth } from './support/truth.mjs';
import { useWorld } from './support/world.mjs';

/** @typedef {import('./support/truth.mjs').Call} Call */
/** @typedef {Awaited<ReturnType<import('./support/world.mjs').World['newEstate']>>} Estate */

const world = await useWorld();
const { stack, insert, rows, row, newUser, newEstate } = world;
const truth = createTruth(world);
const quick = { retry: { initialBackoffMs: 1, maxBackoffMs: 2 } };

/** @typedef {{ table: string, call: (estate: Estate) => Call, ends: 'made' | 'changed' | 'deleted' }} Write */

/** Every kind of write. @type {Record<string, Write>} */
const WRITES = {
  createWorkflow: {
    table: 'workflows',
    ends: 'made',
    call: ({ user }) => ['createWorkflow', user.id, { name: 'new' }],
  },
  createWorkflowNode: {
    table: 'workflow_nodes',
    ends: 'made',
    call: ({ workflow }) => [
      'createWorkflowNode',
      { workflow_id: workflow.id, node_id: 'new', node_type: 't' },
    ],
  },
  createWorkflowConnection: {
    table: 'workflow_connections',
    ends: 'made',
    call: ({ workflow: { id } }) => [
      'createWorkflowConnection',
      { workflow_id: id, source_node_id: 'c', target_node_id: 'a', connection_id: 'new' },
    ],
  },
  createExecution: {
    table: 'workflow_executions',
    ends: 'made',
    call: ({ workflow, user }) => ['createExecution', { workflow_id: workflow.id, user_id: user.id }],
  },
  createExecutionResult: {
    table: 'execution_node_results',
    ends: 'made',
    call: ({ execution }) => [
      'createExecutionResult',
      { execution_id: execution.id, node_id: 'new', node_type: 't', input_data: { a: 1.5, b: [null] } },
    ],
  },
  'createExecutionResult with a chosen id': {
    table: 'execution_node_results',
    ends: 'made',
    call: ({ execution }) => [
      'createExecutionResult',
      {
        id: randomUUID().toUpperCase(),
        execution_id: execution.id,
        node_id: 'new',
        node_type: 't',
        started_at: '2024-01-01T10:00:00.500+02:00',
        input_data: { z: 1, a: { d: 1e21, c: 'x' } },
      },
    ],
  },
  updateWorkflow: {
    table: 'workflows',
    ends: 'changed',
    call: ({ workflow }) => ['updateWorkflow', workflow.id, { description: 'new' }],
  },
  archiveWorkflow: {
    table: 'workflows',
    ends: 'changed',
    call: ({ workflow }) => ['archiveWorkflow', workflow.id],
  },
  updateWorkflowNode: {
    table: 'workflow_nodes',
    ends: 'changed',
    call: ({ nodes }) => ['updateWorkflowNode', nodes[0].id, { label: 'new' }],
  },
  updateExecution: {
    table: 'workflow_executions',
    ends: 'changed',
    call: ({ execution }) => ['updateExecution', execution.id, { status: 'failed' }],
  },
  updateUserProfile: {
    table: 'user_profiles',
    ends: 'changed',
    call: ({ user }) => ['updateUserProfile', user.id, { full_name: 'new' }],
  },
  deleteWorkflow: {
    table: 'workflows',
    ends: 'deleted',
    call: ({ workflow }) => ['deleteWorkflow', workflow.id],
  },
  deleteWorkflowNode: {
    table: 'workflow_nodes',
    ends: 'deleted',
    call: ({ nodes }) => ['deleteWorkflowNode', nodes[0].id],
  },
  deleteWorkflowConnection: {
    table: 'workflow_connections',
    ends: 'deleted',
    call: ({ workflow, connections }) => [
      'deleteWorkflowConnection',
      workflow.id,
      connections[0].connection_id,
    ],
  },
  deleteExecution: {
    table: 'workflow_executions',
    ends: 'deleted',
    call: ({ execution }) => ['deleteExecution', execution.id],
  },
};

const CHANGE = { made: 1, changed: 0, deleted: -1 };

/**
 * Makes a write that has faults injected.
 *
 * @param {Write} write
 * @param {import('../../examples/local-stack/lib/faults.mjs').FaultRule[]} faults
 */
async function writeThrough({ table, call, ends }, faults) {
  const user = await newUser('ada');
  const estate = await newEstate(user);
  const tab = await world.open({ as: user, options: quick, plain: true });
  const reads = cachedReads(estate);
  await tab.calls(...reads);
  const before = await rows(table, 'order by id');
  stack.requests.clear();
  stack.faults.add(faults.map((fault) => ({ match: { path: `/${table}?` }, ...fault })));
  const [outcome] = await tab.calls(call(estate));
  assert.equal(stack.faults.pending.length, 0, 'every fault was injected');
  const after = await rows(table, 'order by id');
  assert.equal(outcome.error, undefined, JSON.stringify(outcome.error));
  assert.equal(after.length - before.length, CHANGE[ends], 'as many rows as one write makes');
  if (ends === 'deleted') assert.equal(outcome.value, undefined);
  else assert.deepEqual(outcome.value, await row(table, outcome.value.id), 'the caller gets the row');
  const again = await tab.calls(...reads);
  for (const [index, read] of reads.entries())
    assert.deepEqual(again[index].value, await truth(read), read[0]);
}

for (const action of /** @type {const} */ (['resetAfterCommit', 'truncate', 'twice', 'reset'])) {
  for (const [name, write] of Object.entries(WRITES)) {
    if (action === 'twice' && name === 'deleteWorkflow') continue;
    test(`${name} is executed once and returns its result despite ${action}`, () =>
      writeThrough(write, [{ action }]));
  }
}

test('an insert whose response is lost twice creates one row', () =>
  writeThrough(WRITES.createWorkflow, [{ action: 'resetAfterCommit' }, { action: 'resetAfterCommit' }]));

test('an insert is found even if the server is temporarily busy', () =>
  writeThrough(WRITES.createWorkflow, [
    { action: 'resetAfterCommit' },
    { action: 'status', status: 503, body: '' },
  ]));

for (const [name, write] of Object.entries(WRITES)) {
  test(`${name} succeeds after a 503`, () => writeThrough(write, [{ action: 'status', status: 503 }]));
}

test('deleteWorkflow sent twice by the network rejects with NOT_FOUND, like a missing row', async () => {
  const user = await newUser('ada');
  const { workflow } = await newEstate(user);
  const tab = await world.open({ as: user, plain: true });
  stack.faults.add({ match: { method: 'DELETE' }, action: 'twice' });
  const [{ error }] = await tab.calls(['deleteWorkflow', workflow.id]);
  assert.equal(error?.code, 'NOT_FOUND');
  assert.equal(await row('workflows', workflow.id), null);
});

test('429 with Retry-After is retried after the requested delay', async () => {
  const user = await newUser('ada');
  const tab = await world.open({ as: user, options: quick, plain: true });
  const headers = { 'Retry-After': '1', 'Access-Control-Expose-Headers': 'Retry-After' };
  stack.faults.add({ action: 'status', status: 429, headers, body: '' });
  const [{ value }] = await tab.calls(['getWorkflows', user.id]);
  assert.deepEqual(value, []);
  const [first, second] = stack.requests.all().filter(({ method }) => method === 'GET');
  assert.ok(second.at - first.at >= 990, `${second.at - first.at} ms`);
});

test('429 with a Retry-After of more than a minute fails without a retry', async () => {
  const user = await newUser('ada');
  const tab = await world.open({ as: user, options: quick, plain: true });
  const headers = { 'Retry-After': '61', 'Access-Control-Expose-Headers': 'Retry-After' };
  stack.faults.add({ action: 'status', status: 429, headers, body: '' });
  const [{ error }] = await tab.calls(['getWorkflows', user.id]);
  assert.deepEqual([error.code, error.status, error.attempts], ['UNKNOWN_ERROR', 429, 1]);
  assert.equal(stack.requests.count(), 1);
});

test('Retry-After as a date is relative to the server’s clock', async () => {
  const user = await newUser('ada');
  const tab = await world.open({ as: user, options: quick, plain: true });
  const at = (/** @type {number} */ ms) => new Date(ms).toUTCString();
  const long = {
    // By this machine's clock, both dates have long passed.
    Date: at(Date.UTC(2024, 1, 29)),
    'Retry-After': at(Date.UTC(2024, 1, 29, 0, 1, 1)),
    'Access-Control-Expose-Headers': 'Retry-After, Date',
  };
  stack.faults.add({ action: 'status', status: 429, headers: long, body: '' });
  const [{ error }] = await tab.calls(['getWorkflows', user.id]);
  assert.deepEqual([error?.code, error?.attempts], ['UNKNOWN_ERROR', 1]);
  const hidden = { 'Retry-After': at(Date.now() + 90_000), 'Access-Control-Expose-Headers': 'Retry-After' };
  stack.faults.add({ action: 'status', status: 429, headers: hidden, body: '' });
  const [{ error: later }] = await tab.calls(['getWorkflows', user.id]);
  assert.deepEqual(
    [later?.code, later?.attempts],
    ['UNKNOWN_ERROR', 1],
    'otherwise relative to the own clock',
  );
  const past = { ...hidden, 'Retry-After': at(Date.now() - 90_000) };
  stack.faults.add({ action: 'status', status: 429, headers: past, body: '' });
  assert.deepEqual((await tab.calls(['getWorkflows', user.id]))[0].value, []);
});

test('delays between attempts double, and are jittered between half and all of their length', async () => {
  const user = await newUser('ada');
  const retry = { maxAttempts: 4, initialBackoffMs: 100, maxBackoffMs: 150, backoffMultiplier: 2 };
  const tab = await world.open({ as: user, options: { retry }, plain: true });
  stack.faults.add({ action: 'status', status: 503, body: '', times: 3 });
  await tab.calls(['getWorkflows', user.id]);
  const times = stack.requests
    .all()
    .filter(({ method }) => method === 'GET')
    .map(({ at }) => at);
  const waits = times.slice(1).map((at, index) => at - times[index]);
  assert.equal(waits.length, 3);
  for (const [index, least] of [50, 75, 75].entries()) assert.ok(waits[index] >= least - 2, `${waits}`);
});

test('a hanging attempt is abandoned, and the next one succeeds', async () => {
  const user = await newUser('ada');
  const tab = await world.open({ as: user, options: { ...quick, timeoutMs: 500 }, plain: true });
  stack.faults.add({ action: 'hang' });
  const [{ value, error }] = await tab.calls(['createWorkflow', user.id, { name: 'patient' }]);
  assert.equal(error, undefined);
  assert.deepEqual(value, (await rows('workflows', 'where user_id = $1', [user.id]))[0]);
});

test('a chosen id that is taken fails with 23505 and never returns the other row', async () => {
  const [ada, grace] = [await newUser('ada'), await newUser('grace')];
  const [own, foreign] = [await newEstate(ada), await newEstate(grace)];
  const tab = await world.open({ as: ada, options: quick, plain: true });
  const outcomes = await tab.calls(
    ['createWorkflow', ada.id, { id: own.workflow.id, name: 'other' }],
    ['createWorkflow', ada.id, { id: foreign.workflow.id, name: 'other' }],
    [
      'createWorkflowNode',
      { id: own.nodes[0].id, workflow_id: own.workflow.id, node_id: 'x', node_type: 't' },
    ],
    [
      'createExecution',
      { id: own.execution.id, workflow_id: own.workflow.id, user_id: ada.id, node_count: 99 },
    ],
  );
  for (const { error, value } of outcomes) {
    assert.equal(error?.code, '23505', JSON.stringify(value));
    assert.deepEqual([error.status, error.retryable], [409, false]);
  }
  assert.deepEqual(await row('workflows', own.workflow.id), own.workflow);
  assert.deepEqual(await row('workflows', foreign.workflow.id), foreign.workflow);
});

test('a taken id fails with 23505 even if that response is lost', async () => {
  const user = await newUser('ada');
  const { workflow } = await newEstate(user);
  const tab = await world.open({ as: user, options: quick, plain: true });
  stack.faults.add({ match: { method: 'POST' }, action: 'resetAfterCommit' });
  const [{ error }] = await tab.calls(['createWorkflow', user.id, { id: workflow.id, name: 'other' }]);
  assert.equal(error?.code, '23505');
  assert.deepEqual(await row('workflows', workflow.id), workflow);
});

test('a name that was free before a lost response is not reported as taken', async () => {
  const user = await newUser('ada');
  const tab = await world.open({ as: user, options: quick, plain: true });
  stack.faults.add({ match: { method: 'POST' }, action: 'reset' });
  await insert('workflows', [{ user_id: user.id, name: 'taken' }]);
  const [{ error }] = await tab.calls(['createWorkflow', user.id, { name: 'taken' }]);
  assert.deepEqual([error.code, error.attempts], ['23505', 2]);
  assert.equal((await rows('workflows', 'where user_id = $1', [user.id])).length, 1);
});

test('an abandoned write drops all entries that it may have changed', async () => {
  const user = await newUser('ada');
  const estate = await newEstate(user);
  const tab = await world.open({ as: user, options: { retry: { maxAttempts: 1 } }, plain: true });
  const reads = cachedReads(estate);
  await tab.calls(...reads);
  stack.faults.add({ match: { method: 'PATCH' }, action: 'resetAfterCommit' });
  const [{ error }] = await tab.calls(['updateWorkflow', estate.workflow.id, { name: 'lost' }]);
  assert.equal(error.code, 'NETWORK');
  const again = await tab.calls(...reads);
  for (const [index, read] of reads.entries())
    assert.deepEqual(again[index].value, await truth(read), read[0]);
  assert.equal((await row('workflows', estate.workflow.id))?.name, 'lost');
});
