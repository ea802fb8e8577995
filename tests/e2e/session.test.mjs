// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, newUser, newEstate } = world;

/** Ada and Grace with one row of everything each, in one page with Ada signed in. */
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

/** Signs a user in, in the page. @param {import('./support/world.mjs').Tab} tab @param {string | null} token */
const become = (tab, token) =>
  tab.run((token) => {
    env.token = token;
    wdb.authChanged();
  }, token);

const FAR = 4_000_000_000;

/** A token's claims without those that `signToken` would add. @param {Record<string, unknown>} claims */
const bare = (claims) => ({ aud: undefined, sub: undefined, iat: undefined, exp: FAR, ...claims });

/** An object nested `levels` deep, as JSON. @param {number} levels */
const deep = (levels) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);

/**
 * Reads a list with one token, announces that the user may have changed, and reads it with another token while a
 * further read is in flight. The server returns the same response to all users.
 *
 * @param {string} one
 * @param {string} other
 */
async function asEach(one, other) {
  const tab = await world.open({ configured: false });
  return tab.run(
    async ([one, other]) => {
      let token = one;
      let requests = 0;
      let userChanges = 0;
      /** @type {(() => void)[]} */
      const held = [];
      const answer = () =>
        new Response('[]', {
          status: 200,
          headers: { 'content-type': 'application/json', 'content-range': '*/0' },
        });
      const { db, authChanged, close } = wdb.createClient({
        url: env.url,
        key: env.key,
        accessToken: () => token,
        onEvent: ({ type }) => void (userChanges += Number(type === 'userChanged')),
        fetch: async (url) => {
          if (!url.includes('api_keys')) requests += 1;
          else await new Promise((resolve) => held.push(() => resolve(undefined)));
          return answer();
        },
      });
      const id = '00000000-0000-4000-8000-000000000000';
      const first = await db.getWorkflows(id);
      const inTheAir = outcome(db.getApiKeysPublic(id));
      await until(() => held.length === 1);
      token = other;
      authChanged();
      const second = await db.getWorkflows(id);
      held.forEach((release) => release());
      const isAborted = (await inTheAir).error?.code === 'ABORTED';
      close();
      return { requests, isSame: first === second, isAborted, userChanges };
    },
    [one, other],
  );
}

test('after a change of user, no rows of the previous one are returned', async () => {
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

test('a change of user is noticed at the next request even without a notification', async () => {
  const { grace, adas, tab } = await shared();
  await tab.calls(['getWorkflow', adas.workflow.id]);
  const facts = await tab.run(async ([token, userId, workflowId]) => {
    env.token = token;
    const list = await db.getWorkflows(userId);
    return { list: list.length, old: cache.get(wdb.cacheKeys.workflow(workflowId)) };
  }, /** @type {const} */ ([grace.token, grace.id, adas.workflow.id]));
  assert.deepEqual(facts, { list: 1, old: null });
});

test('nothing is returned from the cache while the user is unknown', async () => {
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

test('reads and writes of the previous user in flight reject with ABORTED', async () => {
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

test('a received response for the previous user is not delivered to the new one', async () => {
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

test('a new token of the same user keeps the cache and requests in flight', async () => {
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

test('signing out empties the cache, and later requests carry no token', async () => {
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
  test(`with a provider that returns ${title}, requests are anonymous`, async () => {
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

test('a provider that never answers causes a TIMEOUT of reads and writes', async () => {
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

test('a provider that throws or rejects fails the call with the original error', async () => {
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

test('a call that waits for a retry does not continue as another user', async () => {
  const { ada, grace, tab } = await shared({ retry: { initialBackoffMs: 400, maxBackoffMs: 400 } });
  stack.faults.add({ action: 'status', status: 503, body: '' });
  const failing = tab.run((userId) => failure(db.createWorkflow(userId, { name: 'retried' })), ada.id);
  await until(() => stack.requests.all().some(({ status }) => status === 503));
  await become(tab, grace.token);
  assert.equal((await failing).code, 'ABORTED');
  assert.equal(stack.requests.count({ method: 'POST' }), 1);
});

test('a key that is a token identifies no user, and a publishable key is never sent as one', async () => {
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

/** @typedef {Record<string, unknown>} Claims */

for (const [title, one, other] of /** @type {[string, Claims, Claims][]} */ ([
  ['a claim, where there is no sub', { member: 1 }, { member: 2 }],
  ['a claim within a claim', { app: { members: [1, { of: 'x' }] } }, { app: { members: [1, { of: 'y' }] } }],
  ['a sub that is a number', { sub: 5 }, { sub: 6 }],
  ['a sub that the other lacks', { sub: 'x', member: 1 }, { member: 1 }],
  ['iss', { sub: 'x', iss: 'one' }, { sub: 'x', iss: 'other' }],
  ['aud', { sub: 'x', aud: ['one'] }, { sub: 'x', aud: ['other'] }],
  ['letters beyond Latin-1', { name: 'Ł' }, { name: 'Ń' }],
])) {
  test(`users are distinguished by ${title}`, async () => {
    const facts = await asEach(stack.signToken(bare(one)), stack.signToken(bare(other)));
    assert.deepEqual(facts, { requests: 2, isSame: false, isAborted: true, userChanges: 1 });
  });
}

for (const [title, one, other] of /** @type {[string, Claims, Claims][]} */ ([
  [
    'times and session',
    { sub: 'x', session_id: 'one', jti: 'one' },
    { sub: 'x', session_id: 'two', exp: FAR },
  ],
  [
    'how the user proved who it is',
    { sub: 'x', amr: [{ timestamp: 1 }] },
    { sub: 'x', amr: [{ timestamp: 2 }] },
  ],
  ['the order of claims', { sub: 'x', a: { b: 1, c: 2 } }, { a: { c: 2, b: 1 }, sub: 'x' }],
  ['times and session, where there is no sub', { member: 1, iat: 1, jti: 'a' }, { jti: 'b', member: 1 }],
])) {
  test(`tokens that differ in ${title} belong to one user with the same rights`, async () => {
    const facts = await asEach(stack.signToken(bare(one)), stack.signToken(bare(other)));
    assert.deepEqual(facts, { requests: 1, isSame: true, isAborted: false, userChanges: 0 });
  });
}

for (const [title, claim] of /** @type {[string, Claims][]} */ ([
  ['aal', { aal: 'aal2' }],
  ['tenant', { app_metadata: { tenant: 2 } }],
])) {
  test(`rows of a user whose ${title} changes are read again, and no call is aborted`, async () => {
    const first = { sub: 'x', aal: 'aal1', app_metadata: { tenant: 1 } };
    const facts = await asEach(stack.signToken(bare(first)), stack.signToken(bare({ ...first, ...claim })));
    assert.deepEqual(facts, { requests: 2, isSame: false, isAborted: false, userChanges: 0 });
  });
}

for (const [title, token] of /** @type {[string, () => string][]} */ ([
  ['no JWT', () => 'opaque'],
  ['empty parts', () => '..'],
  ['a payload that is no JSON', () => 'e30.bm8.x'],
  ['a payload that is no object', () => 'e30.NQ.x'],
  ['a payload that is no UTF-8', () => `e30.${Buffer.from([0x7b, 0xff]).toString('base64url')}.x`],
  ['a megabyte', () => stack.signToken({ sub: 'x', long: 'x'.repeat(1_000_000) })],
  ['ten thousand levels', () => `e30.${Buffer.from(deep(10_000)).toString('base64url')}.x`],
])) {
  test(`a token of ${title} is sent unchanged, and never confused with another one`, async () => {
    const facts = await asEach(token(), stack.signToken(bare({ sub: 'y' })));
    assert.deepEqual(facts, { requests: 2, isSame: false, isAborted: true, userChanges: 1 });
  });
}

test('the key as a token identifies no user, like no token', async () => {
  const { tab } = await shared();
  const facts = await tab.run(
    async ([key, id]) => {
      const answers = [null, key, ''];
      const accessToken = () => /** @type {any} */ (answers.shift());
      let userChanges = 0;
      const onEvent = (/** @type {any} */ { type }) => void (userChanges += Number(type === 'userChanged'));
      const { db } = wdb.createClient({ url: env.url, key, accessToken, onEvent });
      for (let count = 0; count < 3; count += 1) await db.with({ fresh: true }).getWorkflows(id);
      return { left: answers.length, userChanges };
    },
    [stack.anonKey, '00000000-0000-4000-8000-000000000000'],
  );
  assert.deepEqual(facts, { left: 0, userChanges: 0 });
});

for (const [title, provider, isInvalid] of /** @type {const} */ ([
  ['an object', 'return { data: { session: { access_token: "x" } } }', true],
  ['a promise of a number', 'return Promise.resolve(5)', true],
  ['false', 'return false', true],
  ['a String object', 'return new String("token")', true],
  ['a text with a line break', 'return "to\\nken"', true],
  ['a text beyond Latin-1', 'return "tokeŁ"', true],
  ['a revoked proxy', 'const p = Proxy.revocable({}, {}); p.revoke(); return p.proxy', false],
  ['a thenable that throws', 'return { get then() { throw new Error("no") } }', false],
  ['a rejection with null', 'return Promise.reject(null)', false],
  ['a rejection with what cannot be printed', 'throw { toString() { throw new Error("no") } }', false],
  [
    'a rejection with a revoked proxy',
    'const p = Proxy.revocable({}, {}); p.revoke(); return Promise.reject(p.proxy)',
    false,
  ],
])) {
  test(`a provider that returns ${title} fails reads and writes, and nothing is sent`, async () => {
    const { adas, tab } = await shared();
    const errors = await tab.run(
      async ([provider, id]) => {
        const accessToken = /** @type {any} */ (new Function(provider));
        const { db } = wdb.createClient({ url: env.url, key: env.key, accessToken });
        const codeOf = (/** @type {Promise<unknown>} */ promise) =>
          promise.then(String, (error) =>
            error instanceof wdb.DatabaseError ? [error.code, error.message] : 'other',
          );
        return [await codeOf(db.getWorkflow(id)), await codeOf(db.updateWorkflow(id, { name: 'x' }))];
      },
      [provider, adas.workflow.id],
    );
    for (const [code, message] of errors) {
      assert.equal(code, isInvalid ? 'INVALID_INPUT' : 'UNKNOWN_ERROR');
      assert.match(message, isInvalid ? /^accessToken: expected / : /accessToken provider failed/);
    }
    assert.equal(stack.requests.count(), 0);
  });
}

test('a provider that returns a thenable is awaited', async () => {
  const { adas, tab } = await shared();
  const value = await tab.run((id) => {
    const accessToken = () => ({ then: (/** @type {any} */ resolve) => resolve(env.token) });
    return wdb
      .createClient({ url: env.url, key: env.key, accessToken: /** @type {any} */ (accessToken) })
      .db.getWorkflow(id);
  }, adas.workflow.id);
  assert.deepEqual(value, adas.workflow);
});

test('the application’s own provider is called without arguments', async () => {
  const { ada, tab } = await shared();
  const expired = stack.signToken({ sub: ada.id, exp: 1 });
  const facts = await tab.run(
    async ([expired, id]) => {
      /** @type {number[]} */
      const counts = [];
      const accessToken = /** @type {any} */ (
        (/** @type {unknown[]} */ ...given) => {
          counts.push(given.length);
          return counts.length === 1 ? expired : env.token;
        }
      );
      const list = await wdb.createClient({ url: env.url, key: env.key, accessToken }).db.getWorkflows(id);
      return { counts, rows: list.length };
    },
    [expired, ada.id],
  );
  assert.deepEqual(facts, { counts: [0, 0], rows: 1 });
});

test('a newer token received by a read is sent to the socket at once', async () => {
  const { ada, tab } = await shared();
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
    const { ada, adas, tab } = await shared();
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
  const { ada, adas, tab } = await shared();
  await followStandIn(tab);
  await tab.run((token) => /** @type {any} */ (globalThis).tell({ access_token: token }), ada.token);
  assert.deepEqual((await tab.calls(['getWorkflow', adas.workflow.id]))[0].value, adas.workflow);
  await tab.run((token) => /** @type {any} */ (globalThis).tellSignOut({ access_token: token }), ada.token);
  assert.equal((await tab.calls(['getWorkflow', adas.workflow.id]))[0].value, null);
});
