// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, newUser, newEstate } = world;

/** Ada and Grace with an estate each, in one page in which Ada is signed in. */
async function shared(options = {}) {
  const [ada, grace] = [await newUser('ada'), await newUser('grace')];
  const [adas, graces] = [await newEstate(ada), await newEstate(grace)];
  const tab = await world.open({ as: ada, options });
  await tab.run(
    (tokens) => {
      Object.assign(globalThis, { tokens });
    },
    { ada: ada.token, grace: grace.token },
  );
  return { ada, grace, adas, graces, tab };
}

/** Signs somebody in, in the page. @param {import('./support/world.mjs').Tab} tab @param {string | null} token */
const become = (tab, token) =>
  tab.run((token) => {
    env.token = token;
    wdb.authChanged();
  }, token);

test('after a change of user nothing of the old one is served', async () => {
  const { ada, grace, adas, graces, tab } = await shared();
  const reads = /** @type {[string, string][]} */ ([
    ['getWorkflow', adas.workflow.id],
    ['getWorkflowNodes', adas.workflow.id],
    ['getExecution', adas.execution.id],
    ['getWorkflows', ada.id],
    ['getUserProfile', ada.id],
  ]);
  const before = await tab.calls(...reads);
  assert.deepEqual(before[0].value, adas.workflow);
  await tab.run(() => cache.set('mine', { of: 'ada' }));
  await become(tab, grace.token);
  const after = await tab.calls(...reads, ['getWorkflows', grace.id]);
  assert.deepEqual(
    after.map(({ value }) => value),
    [null, [], null, [], null, [graces.workflow]],
  );
  assert.equal(await tab.run(() => cache.get('mine')), null);
});

test('a change of user is noticed at the next request even when nobody tells of it', async () => {
  const { grace, adas, tab } = await shared();
  await tab.calls(['getWorkflow', adas.workflow.id]);
  const facts = await tab.run(async ([token, userId, workflowId]) => {
    env.token = token;
    const list = await db.getWorkflows(userId);
    return { list: list.length, old: cache.get(wdb.cacheKeys.workflow(workflowId)) };
  }, /** @type {const} */ ([grace.token, grace.id, adas.workflow.id]));
  assert.deepEqual(facts, { list: 1, old: null });
});

test('nothing is answered from the cache while it is open who is signed in', async () => {
  const { ada, grace, adas, tab } = await shared();
  await tab.calls(['getWorkflow', adas.workflow.id], ['getWorkflows', ada.id]);
  const facts = await tab.run(async ([id, token]) => {
    /** @type {(token: string) => void} */
    let answer = () => {};
    const options = { url: env.url, key: env.key };
    wdb.configure({ ...options, accessToken: () => new Promise((resolve) => (answer = resolve)) });
    wdb.authChanged();
    let isAnswered = false;
    const read = outcome(db.getWorkflow(id)).finally(() => (isAnswered = true));
    const cached = cache.get(wdb.cacheKeys.workflow(id));
    await new Promise((resolve) => setTimeout(resolve));
    const early = isAnswered;
    wdb.configure({ ...options, accessToken: () => token });
    answer(token);
    return { early, cached, late: await read };
  }, /** @type {const} */ ([adas.workflow.id, grace.token]));
  assert.deepEqual([facts.early, facts.cached], [false, null]);
  assert.equal(facts.late.value, null);
});

test('reads and writes of the old user that are in the air reject with ABORTED', async () => {
  const { ada, grace, adas, tab } = await shared();
  stack.faults.add({ action: 'hang', times: 'always' });
  // As many as a browser sends to one origin at a time.
  const failing = tab.run(
    ([userId, id, run]) =>
      Promise.all(
        [
          db.getWorkflows(userId),
          db.getWorkflow(id),
          db.getExecutionHistory(id),
          db.getExecutionResults(run),
          db.createWorkflow(userId, { name: 'in the air' }),
          db.deleteWorkflow(id),
        ].map(failure),
      ),
    [ada.id, adas.workflow.id, adas.execution.id],
  );
  await until(() => stack.requests.count() === 6);
  await become(tab, grace.token);
  for (const { code, isOurs } of await failing) assert.deepEqual([code, isOurs], ['ABORTED', true]);
});

test('an answer for the old user that is already here is not delivered to the new one', async () => {
  const { ada, grace, adas, tab } = await shared();
  const facts = await tab.run(async ([userId, id, token]) => {
    const gate = gatedFetch(() => true);
    const user = env.token;
    wdb.configure({ url: env.url, key: env.key, accessToken: () => env.token, fetch: gate.fetch });
    const reads = [outcome(db.getWorkflows(userId)), outcome(db.getWorkflow(id))];
    await gate.arrived(2);
    env.token = token;
    wdb.authChanged();
    gate.release();
    const answers = await Promise.all(reads);
    return { answers, isOther: user !== token, entries: cache.getStats().entries };
  }, /** @type {const} */ ([ada.id, adas.workflow.id, grace.token]));
  assert.deepEqual(
    facts.answers.map(({ error }) => error?.code),
    ['ABORTED', 'ABORTED'],
  );
  assert.deepEqual([facts.isOther, facts.entries], [true, []]);
});

test('a new token of the same user keeps the cache and what is in the air', async () => {
  const { ada, adas, tab } = await shared();
  await tab.calls(['getWorkflow', adas.workflow.id]);
  const renewed = stack.signToken({ sub: ada.id, session_id: 'another' });
  stack.requests.clear();
  const facts = await tab.run(async ([userId, id, token]) => {
    const reading = outcome(db.getWorkflows(userId));
    env.token = token;
    wdb.authChanged();
    const cached = await db.getWorkflow(id);
    return { cached, list: await reading };
  }, /** @type {const} */ ([ada.id, adas.workflow.id, renewed]));
  assert.deepEqual(facts.cached, adas.workflow);
  assert.deepEqual(facts.list.value, [adas.workflow]);
  assert.equal(stack.requests.count(), 1);
});

test('signing out empties the cache; who is nobody is asked for without a token', async () => {
  const { adas, tab } = await shared();
  await tab.calls(['getWorkflow', adas.workflow.id]);
  await become(tab, null);
  stack.requests.clear();
  const [{ value }] = await tab.calls(['getWorkflow', adas.workflow.id]);
  assert.equal(value, null);
  assert.deepEqual(
    stack.requests
      .all()
      .filter(({ method }) => method === 'GET')
      .map(({ sub }) => sub),
    [null],
  );
});

for (const [title, provider] of /** @type {const} */ ([
  ['null', 'return null'],
  ['undefined', 'return undefined'],
  ['a promise of null', 'return Promise.resolve(null)'],
])) {
  test(`a provider that gives ${title} asks as nobody`, async () => {
    const { adas, tab } = await shared();
    const value = await tab.run(
      ([provider, id]) => {
        const accessToken = /** @type {() => null} */ (new Function(provider));
        return wdb.createClient({ url: env.url, key: env.key, accessToken }).db.getWorkflow(id);
      },
      [provider, adas.workflow.id],
    );
    assert.equal(value, null);
    assert.equal(stack.requests.count(), 1);
  });
}

test('a provider that never answers is a TIMEOUT, of reads and writes', async () => {
  const { ada, adas, tab } = await shared();
  const errors = await tab.run(
    ([userId, id]) => {
      const accessToken = () => new Promise(() => {});
      const options = { url: env.url, key: env.key, timeoutMs: 50, retry: { maxAttempts: 1 } };
      const { db } = wdb.createClient({ ...options, accessToken: /** @type {any} */ (accessToken) });
      return Promise.all(
        [db.getWorkflow(id), db.getWorkflows(userId), db.updateWorkflow(id, { name: 'x' })].map(failure),
      );
    },
    [ada.id, adas.workflow.id],
  );
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['TIMEOUT', 'TIMEOUT', 'TIMEOUT'],
  );
  assert.equal(stack.requests.count(), 0);
});

test('a provider that throws or rejects rejects the call, with what it threw beneath', async () => {
  const { adas, tab } = await shared();
  const errors = await tab.run((id) => {
    const providers = [
      () => {
        throw new Error('no session');
      },
      () => Promise.reject(new Error('no session')),
    ];
    return Promise.all(
      providers.map((accessToken) =>
        failure(wdb.createClient({ url: env.url, key: env.key, accessToken }).db.getWorkflow(id)),
      ),
    );
  }, adas.workflow.id);
  for (const error of errors) {
    assert.deepEqual([error.isOurs, error.cause.message, error.retryable], [true, 'no session', false]);
  }
  assert.equal(stack.requests.count(), 0);
});

test('a call that waits for a retry does not go on in the name of another user', async () => {
  const { ada, grace, tab } = await shared({ retry: { initialBackoffMs: 400, maxBackoffMs: 400 } });
  stack.faults.add({ action: 'status', status: 503, body: '' });
  const failing = tab.run((userId) => failure(db.createWorkflow(userId, { name: 'retried' })), ada.id);
  await until(() => stack.requests.all().some(({ status }) => status === 503));
  await become(tab, grace.token);
  assert.equal((await failing).code, 'ABORTED');
  assert.equal(stack.requests.count({ method: 'POST' }), 1);
});

test('a key that is a token identifies nobody, and a publishable key is never sent as one', async () => {
  const { adas, tab } = await shared();
  stack.faults.add([
    {
      match: { header: { authorization: stack.publishableKey } },
      action: 'status',
      status: 418,
      times: 'always',
    },
  ]);
  const values = await tab.run(
    ([id, anonKey]) =>
      Promise.all(
        [env.key, anonKey].map((key) => wdb.createClient({ url: env.url, key }).db.getWorkflow(id)),
      ),
    [adas.workflow.id, stack.anonKey],
  );
  assert.deepEqual(values, [null, null]);
});
