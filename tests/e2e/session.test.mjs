// @ts-check
// Changes of user: calls in flight, cached rows, and announcements of the auth library.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { twoUsers } from './support/two-users.mjs';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack } = world;

/** Signs a user in, in the page. @param {import('./support/world.mjs').Tab} tab @param {string | null} token */
const become = (tab, token) =>
  tab.run((token) => {
    env.token = token;
    wdb.authChanged();
  }, token);

test('after a change of user, no rows of the previous one are returned', async () => {
  const { ada, grace, adas, graces, tab } = await twoUsers(world);
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

test('a change of user is noticed at the next request even without a notification', async () => {
  const { grace, adas, tab } = await twoUsers(world);
  await tab.calls(['getWorkflow', adas.workflow.id]);
  const facts = await tab.run(async ([token, userId, workflowId]) => {
    env.token = token;
    const list = await db.getWorkflows(userId);
    return { list: list.length, old: cache.get(wdb.cacheKeys.workflow(workflowId)) };
  }, /** @type {const} */ ([grace.token, grace.id, adas.workflow.id]));
  assert.deepEqual(facts, { list: 1, old: null });
});

test('nothing is returned from the cache while the user is unknown', async () => {
  const { ada, grace, adas, tab } = await twoUsers(world);
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

test('reads and writes of the previous user in flight reject with ABORTED', async () => {
  const { ada, grace, adas, tab } = await twoUsers(world);
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

test('a received response for the previous user is not delivered to the new one', async () => {
  const { ada, grace, adas, tab } = await twoUsers(world);
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

test('a new token of the same user keeps the cache and requests in flight', async () => {
  const { ada, adas, tab } = await twoUsers(world);
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

test('signing out empties the cache, and later requests carry no token', async () => {
  const { adas, tab } = await twoUsers(world);
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

test('a call that waits for a retry does not continue as another user', async () => {
  const { ada, grace, tab } = await twoUsers(world, { retry: { initialBackoffMs: 400, maxBackoffMs: 400 } });
  stack.faults.add({ action: 'status', status: 503, body: '' });
  const failing = tab.run((userId) => failure(db.createWorkflow(userId, { name: 'retried' })), ada.id);
  await until(() => stack.requests.all().some(({ status }) => status === 503));
  await become(tab, grace.token);
  assert.equal((await failing).code, 'ABORTED');
  assert.equal(stack.requests.count({ method: 'POST' }), 1);
});

test('a newer token received by a read is sent to the socket at once', async () => {
  const { ada, tab } = await twoUsers(world);
  const newer = stack.signToken({ sub: ada.id, session_id: 'newer' });
  const frames = await tab.run(
    async ([token, id]) => {
      /** @type {string[]} */
      const frames = [];
      class Recording extends WebSocket {
        /** @param {string} text */
        send(text) {
          frames.push(text);
          super.send(text);
        }
      }
      const { url, key } = env;
      const client = wdb.createClient({ url, key, accessToken: () => env.token, WebSocket: Recording });
      await client.realtime.open('workflows', { scope: id }, () => {}).ready;
      env.token = token;
      frames.length = 0;
      await client.db.getWorkflows(id);
      client.close();
      return frames;
    },
    [newer, ada.id],
  );
  const shown = frames.filter((frame) => frame.includes('"access_token"'));
  assert.deepEqual([shown.length, shown[0]?.includes(newer)], [1, true]);
});

/** A substitute for a supabase-js client whose sessions the test announces: `tell` and `asked` in the page. */
const followStandIn = (/** @type {import('./support/world.mjs').Tab} */ tab) =>
  tab.run(() => {
    /** @type {(event: string, session: any) => void} */
    let tell = () => {};
    let session = /** @type {any} */ (null);
    const supabase = {
      supabaseUrl: env.url,
      supabaseKey: env.key,
      auth: {
        getSession: async () => ({ data: { session }, error: null }),
        onAuthStateChange: (/** @type {any} */ callback) => {
          tell = callback;
          return { data: { subscription: { unsubscribe() {} } } };
        },
      },
    };
    wdb.configure({ supabase });
    Object.assign(globalThis, {
      tell: (/** @type {any} */ told) => {
        session = told;
        tell('SIGNED_IN', told);
      },
      /** Announces a sign-out while `getSession` still returns `stored`. */
      tellSignOut: (/** @type {any} */ stored) => {
        session = stored;
        tell('SIGNED_OUT', null);
      },
    });
  });

for (const [title, session] of /** @type {[string, unknown][]} */ ([
  ['a number', { access_token: 5 }],
  ['an object', { access_token: {} }],
  ['missing', {}],
])) {
  test(`a session whose token is ${title} counts as a provider failure: the cache is emptied, and nothing is sent`, async () => {
    const { ada, adas, tab } = await twoUsers(world);
    await followStandIn(tab);
    await tab.run((token) => /** @type {any} */ (globalThis).tell({ access_token: token }), ada.token);
    const [{ value }] = await tab.calls(['getWorkflow', adas.workflow.id]);
    assert.deepEqual(value, adas.workflow);
    stack.requests.clear();
    const thrown = await tab.run((session) => {
      try {
        /** @type {any} */ (globalThis).tell(session);
        return null;
      } catch (error) {
        return String(error);
      }
    }, session);
    const [{ error }] = await tab.calls(['getWorkflow', adas.workflow.id]);
    assert.deepEqual([thrown, error.code, stack.requests.count()], [null, 'INVALID_INPUT', 0]);
    assert.match(error.message, /^accessToken: expected /);
    await tab.run((token) => /** @type {any} */ (globalThis).tell({ access_token: token }), ada.token);
    assert.deepEqual((await tab.calls(['getWorkflow', adas.workflow.id]))[0].value, adas.workflow);
  });
}

test('after an announced sign-out, a session that is still in storage is not used', async () => {
  const { ada, adas, tab } = await twoUsers(world);
  await followStandIn(tab);
  await tab.run((token) => /** @type {any} */ (globalThis).tell({ access_token: token }), ada.token);
  assert.deepEqual((await tab.calls(['getWorkflow', adas.workflow.id]))[0].value, adas.workflow);
  await tab.run((token) => /** @type {any} */ (globalThis).tellSignOut({ access_token: token }), ada.token);
  assert.equal((await tab.calls(['getWorkflow', adas.workflow.id]))[0].value, null);
});
