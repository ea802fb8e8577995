// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, row, newUser, newEstate } = world;
const once = { retry: { maxAttempts: 1 } };
const quick = { retry: { initialBackoffMs: 1, maxBackoffMs: 2 } };

/** Asserts that no text of an error, at any depth, contains a secret. @param {any} error @param {string[]} secrets */
function assertKeeps(error, secrets) {
  for (let at = error; at; at = at.cause) {
    const told = JSON.stringify([at.message, at.hint, at.name]);
    for (const secret of secrets) assert.ok(!told.includes(secret), `${told} holds ${secret}`);
  }
}

/** @param {import('./support/world.mjs').TabOptions} [options] */
async function adaWith(options = {}) {
  const user = await newUser('ada');
  const estate = await newEstate(user);
  const tab = await world.open({ as: user, ...options });
  return { tab, ...estate };
}

test('before configure every function rejects with NOT_CONFIGURED, saying what to call', async () => {
  const tab = await world.open({ configured: false });
  const errors = await tab.run(async () => {
    const names = Object.keys(db).filter((name) => name !== 'with');
    const all = [...names.map((name) => [db, name]), ...names.map((name) => [db.with({}), name])];
    return Promise.all(
      all.map(([from, name]) => failure(/** @type {any} */ (from)[/** @type {string} */ (name)]())),
    );
  });
  assert.equal(errors.length, 142);
  for (const { code, message, isOurs } of errors) {
    assert.deepEqual([code, isOurs], ['NOT_CONFIGURED', true]);
    assert.match(message, /configure\(/);
  }
});

test('a DatabaseError is an Error with its name, and apps may create one', async () => {
  const tab = await world.open({ configured: false });
  const facts = await tab.run(async () => {
    const made = new wdb.DatabaseError('UNKNOWN_ERROR', 'it broke', { any: 'thing' });
    const ours = await db.getWorkflow('x').catch((error) => error);
    return {
      instances: [
        made instanceof Error,
        made instanceof wdb.DatabaseError,
        ours instanceof wdb.DatabaseError,
      ],
      names: [made.name, ours.name, `${made}`],
      made: [made.code, made.message, made.originalError.any, made.attempts, made.retryable, made.status],
      stack: typeof ours.stack,
    };
  });
  assert.deepEqual(facts, {
    instances: [true, true, true],
    names: ['DatabaseError', 'DatabaseError', 'DatabaseError: it broke'],
    made: ['UNKNOWN_ERROR', 'it broke', 'thing', 0, false, undefined],
    stack: 'string',
  });
});

test('configure and createClient throw INVALID_INPUT for invalid options', async () => {
  const tab = await world.open({ configured: false });
  const errors = await tab.run(() => {
    const good = { url: env.url, key: env.key };
    const bad = [
      { key: 'k' },
      { url: '', key: 'k' },
      { url: 'example.com', key: 'k' },
      { url: env.url },
      { ...good, retry: { maxAttempts: 0 } },
      { ...good, cache: { maxSize: 0 } },
      { ...good, cache: { defaultTTL: -1 } },
      { ...good, timeoutMs: 0 },
      { ...good, timeoutMs: 'long' },
      { ...good, accessToken: 'ey…' },
      { ...good, fetch: 'fetch' },
      { ...good, WebSocket: {} },
      { ...good, onEvent: 5 },
      { ...good, schema: 7 },
      { ...good, schema: '' },
      { ...good, supabase: null },
      { supabase: {} },
      undefined,
      'https://example.com',
    ];
    return bad.flatMap((options) =>
      [wdb.configure, wdb.createClient].map((act) => thrown(() => act(/** @type {any} */ (options)))),
    );
  });
  const names = [
    'url',
    'url',
    'url',
    'key',
    'maxAttempts',
    'maxSize',
    'defaultTTL',
    'timeoutMs',
    'timeoutMs',
    'accessToken',
    'fetch',
    'WebSocket',
    'onEvent',
    'schema',
    'schema',
    'supabase',
    'supabase',
    'options',
    'options',
  ];
  assert.equal(errors.length, 2 * names.length);
  for (const [index, error] of errors.entries()) {
    assert.deepEqual([error.code, error.isOurs], ['INVALID_INPUT', true]);
    assert.ok(error.message.startsWith(`${names[Math.floor(index / 2)]}: expected `), error.message);
  }
});

test('NOT_FOUND reports the number of requests, and is not retryable', async () => {
  const { tab } = await adaWith();
  const [{ error }] = await tab.calls(['updateWorkflow', randomUUID(), { name: 'x' }]);
  assert.deepEqual([error.code, error.attempts, error.retryable], ['NOT_FOUND', 1, false]);
});

test('23505: a taken name is refused without a retry; message and hint do not contain it', async () => {
  const { user, tab, workflow, nodes } = await adaWith();
  const outcomes = await tab.calls(
    ['createWorkflow', user.id, { name: workflow.name }],
    ['createWorkflowNode', { workflow_id: workflow.id, node_id: nodes[0].node_id, node_type: 't' }],
    [
      'createWorkflowConnection',
      { workflow_id: workflow.id, source_node_id: 'a', target_node_id: 'b', connection_id: 'other' },
    ],
    ['updateWorkflowNode', nodes[1].id, { node_id: nodes[0].node_id }],
  );
  for (const { error } of outcomes) {
    assert.deepEqual([error.code, error.status, error.attempts, error.retryable], ['23505', 409, 1, false]);
    assertKeeps(error, [workflow.name, user.id, workflow.id]);
  }
  assert.equal(stack.requests.count(), 4);
});

test('42501 and 23503 are reported without a retry', async () => {
  const { user, tab, workflow } = await adaWith();
  await stack.sql('alter table public.workflow_executions disable row level security');
  const [forbidden, dangling] = await tab.calls(
    ['createWorkflow', randomUUID(), { name: 'x' }],
    ['createExecution', { workflow_id: randomUUID(), user_id: user.id }],
  );
  await stack.sql('alter table public.workflow_executions enable row level security');
  assert.deepEqual(
    [forbidden.error.code, forbidden.error.status, forbidden.error.attempts],
    ['42501', 403, 1],
  );
  assert.deepEqual([dangling.error.code, dangling.error.status, dangling.error.attempts], ['23503', 409, 1]);
  assertKeeps(dangling.error, [user.id, workflow.id]);
});

test('messages of the database that quote a value are replaced', async () => {
  const { tab, workflow } = await adaWith();
  const secret = 'geheim-4711';
  for (const code of ['22P02', '22007', '22023', 'P0001', 'PGRST100', 'PGRST102']) {
    const body = { code, message: `invalid input: "${secret}"`, hint: `near ${secret}`, details: secret };
    stack.faults.add({ match: { method: 'GET' }, action: 'status', status: 400, body });
    const [{ error }] = await tab.calls(['getExecutionHistory', workflow.id]);
    assert.deepEqual([error.code, error.status, error.attempts], [code, 400, 1]);
    assertKeeps(error, [secret]);
  }
});

test('NETWORK with a single attempt if the server cannot be reached', async () => {
  const { user, tab, workflow } = await adaWith({ options: once });
  stack.faults.add({ action: 'reset', times: 4 });
  const outcomes = await tab.calls(
    ['getWorkflow', workflow.id],
    ['getWorkflows', user.id],
    ['getExecutionHistory', workflow.id],
    ['updateWorkflow', workflow.id, { name: 'x' }],
  );
  for (const { error } of outcomes) {
    assert.deepEqual(
      [error.code, error.attempts, error.retryable, error.status],
      ['NETWORK', 1, true, undefined],
    );
    assert.equal(error.cause.name, 'TypeError');
    assertKeeps(error, [user.token, stack.publishableKey, workflow.id]);
  }
  assert.equal(stack.requests.count(), 4);
});

test('a truncated response or one that is not JSON counts as NETWORK', async () => {
  const { user, tab } = await adaWith({ options: once });
  stack.faults.add([
    { action: 'truncate' },
    { action: 'status', status: 200, body: '<html>Sign in to the hotel</html>' },
    ...[{ signIn: 'to the hotel' }, 'null', '"ok"', '[null]', '[[]]', [7]].map((body) => ({
      .../** @type {const} */ ({ action: 'status', status: 200 }),
      body,
    })),
    { action: 'status', status: 204, body: '' },
  ]);
  const outcomes = await tab.calls(
    ...Array.from({ length: 9 }, () => /** @type {[string, string]} */ (['getWorkflows', user.id])),
  );
  assert.deepEqual(
    outcomes.map(({ error }) => [error?.code, error?.status]),
    [...Array(8).fill(['NETWORK', 200]), ['NETWORK', 204]],
  );
  const keys = await tab.run(() => cache.getStats().entries);
  assert.deepEqual(keys, []);
});

test('TIMEOUT if an attempt takes too long', async () => {
  const { user, tab } = await adaWith({ options: { ...once, timeoutMs: 60 } });
  stack.faults.add({ action: 'hang', times: 2 });
  const [read, write] = await tab.calls(
    ['getWorkflows', user.id],
    ['createWorkflow', user.id, { name: 'x' }],
  );
  for (const { error } of [read, write]) {
    assert.deepEqual([error.code, error.attempts, error.retryable], ['TIMEOUT', 1, true]);
  }
});

test('ABORTED by a signal: before sending, and while waiting for the response', async () => {
  const { user, tab } = await adaWith();
  const early = await tab.run(async (userId) => {
    const bound = db.with({ signal: AbortSignal.abort() });
    return [
      await failure(bound.getWorkflows(userId)),
      await failure(bound.createWorkflow(userId, { name: 'x' })),
    ];
  }, user.id);
  assert.deepEqual(
    early.map(({ code }) => code),
    ['ABORTED', 'ABORTED'],
  );
  assert.equal(stack.requests.count(), 0);
  stack.faults.add({ action: 'hang', times: 'always' });
  const failing = tab.run((userId) => {
    const controller = new AbortController();
    Object.assign(globalThis, { abort: () => controller.abort() });
    return failure(db.with({ signal: controller.signal }).getWorkflows(userId));
  }, user.id);
  await until(() => stack.requests.count() === 1);
  await tab.run(() => /** @type {any} */ (globalThis).abort());
  const late = await failing;
  assert.deepEqual([late.code, late.isOurs, late.retryable], ['ABORTED', true, false]);
});

test('aborting a call does not affect others that wait for the same request', async () => {
  const { user, tab, workflow } = await adaWith();
  const [first, second, third] = await tab.run(async (userId) => {
    const gate = gatedFetch(() => true);
    wdb.configure({ url: env.url, key: env.key, accessToken: () => env.token, fetch: gate.fetch });
    const controller = new AbortController();
    const aborted = outcome(db.with({ signal: controller.signal }).getWorkflows(userId));
    const others = [outcome(db.getWorkflows(userId)), outcome(db.getWorkflows(userId))];
    await gate.arrived(1);
    controller.abort();
    const first = await aborted;
    gate.release();
    return [first, ...(await Promise.all(others))];
  }, user.id);
  assert.equal(first.error?.code, 'ABORTED');
  assert.deepEqual([second.value, third.value], [[workflow], [workflow]]);
  assert.equal(stack.requests.count(), 1);
});

test('RETRY_EXHAUSTED after the last attempt, with the last error as its cause', async () => {
  const { user, tab } = await adaWith({ options: quick });
  const faults = /** @type {const} */ ([
    [{ action: 'reset' }, 'NETWORK', undefined],
    [{ action: 'status', status: 503, body: '' }, 'UNKNOWN_ERROR', 503],
    [
      { action: 'status', status: 500, body: { code: '40001', message: 'could not serialize' } },
      '40001',
      500,
    ],
    [{ action: 'status', status: 429, body: { message: 'slow down' } }, 'UNKNOWN_ERROR', 429],
    [{ action: 'truncate' }, 'NETWORK', 200],
  ]);
  for (const [fault, code, status] of faults) {
    stack.requests.clear();
    stack.faults.add({ ...fault, times: 3 });
    const [{ error }] = await tab.calls(['getWorkflows', user.id]);
    assert.deepEqual([error.code, error.attempts, error.retryable], ['RETRY_EXHAUSTED', 3, true]);
    const { cause } = error;
    assert.deepEqual([cause.code, cause.isOurs, cause.attempts, cause.status], [code, true, 3, status]);
    assert.equal(stack.requests.count(), 3);
  }
});

test('permanent errors are reported without a retry, with their own code', async () => {
  const { user, tab } = await adaWith({ options: quick });
  const answers = /** @type {[number, any, string][]} */ ([
    [500, { code: '57014', message: 'canceling statement due to statement timeout' }, '57014'],
    [400, { message: 'bad' }, 'UNKNOWN_ERROR'],
    [404, '', 'UNKNOWN_ERROR'],
    [501, '', 'UNKNOWN_ERROR'],
    [409, { code: '23514', message: 'violates check constraint' }, '23514'],
    [401, { message: 'Invalid API key' }, 'UNKNOWN_ERROR'],
  ]);
  for (const [status, body, code] of answers) {
    stack.requests.clear();
    stack.faults.add({ action: 'status', status, body });
    const [{ error }] = await tab.calls(['getWorkflows', user.id]);
    assert.deepEqual([error.code, error.status, error.attempts, error.retryable], [code, status, 1, false]);
    assert.equal(stack.requests.count(), 1);
  }
});

test('UNKNOWN_ERROR for an error without a body, with a single attempt', async () => {
  const { user, tab } = await adaWith({ options: once });
  stack.faults.add({ action: 'status', status: 503, body: '' });
  const [{ error }] = await tab.calls(['getWorkflows', user.id]);
  assert.deepEqual(
    [error.code, error.status, error.attempts, error.retryable],
    ['UNKNOWN_ERROR', 503, 1, true],
  );
});

test('every transient status is retried', async () => {
  const { user, tab, workflow } = await adaWith({ options: quick });
  for (const status of [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524]) {
    stack.requests.clear();
    stack.faults.add({ action: 'status', status, body: '' });
    const [{ value }] = await tab.calls(['getExecutionHistory', workflow.id]);
    assert.equal(value?.total, 1, `${status}`);
    assert.equal(stack.requests.count(), 2, `${status}`);
  }
  assert.equal((await tab.calls(['getWorkflows', user.id]))[0].value.length, 1);
});

test('PGRST301: the provider is called once more, and the call succeeds', async () => {
  const { user, tab, workflow } = await adaWith();
  const expired = stack.signToken({ sub: user.id, exp: Math.floor(Date.now() / 1000) - 3_600 });
  const facts = await tab.run(async ([id, expired, good]) => {
    const tokens = [expired, good];
    const options = { accessToken: () => tokens.shift() ?? good };
    const client = wdb.createClient({ url: env.url, key: env.key, ...options, retry: { maxAttempts: 1 } });
    const read = await outcome(client.db.getWorkflow(id));
    tokens.unshift(expired);
    return { read, write: await outcome(client.db.updateWorkflow(id, { description: 'after' })) };
  }, /** @type {const} */ ([workflow.id, expired, user.token]));
  assert.deepEqual(facts.read.value, workflow);
  assert.equal(facts.write.value.description, 'after');
  assert.equal(stack.requests.count(), 4);
});

test('PGRST301 is reported if the token stays expired; no text contains it', async () => {
  const { user, tab, workflow } = await adaWith();
  const expired = stack.signToken({ sub: user.id, exp: Math.floor(Date.now() / 1000) - 3_600 });
  const { error, asked } = await tab.run(async ([id, expired]) => {
    let asked = 0;
    const accessToken = () => ((asked += 1), expired);
    const client = wdb.createClient({ url: env.url, key: env.key, accessToken });
    return { error: await failure(client.db.getWorkflow(id)), asked };
  }, /** @type {const} */ ([workflow.id, expired]));
  assert.deepEqual([error.code, error.status, error.retryable], ['PGRST301', 401, false]);
  assert.deepEqual([asked, stack.requests.count()], [2, 2]);
  assertKeeps(error, [expired, stack.publishableKey]);
});

test('an error is not cached: the next call sends a request', async () => {
  const { tab, workflow } = await adaWith({ options: once });
  stack.faults.add({ action: 'reset' });
  const [first, second] = await tab.calls(['getWorkflow', workflow.id], ['getWorkflow', workflow.id]);
  assert.equal(first.error.code, 'NETWORK');
  assert.deepEqual(second.value, await row('workflows', workflow.id));
});
