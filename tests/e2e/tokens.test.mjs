// @ts-check
// Tokens: the user that each identifies, and token providers of every kind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { twoUsers } from './support/two-users.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack } = world;

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

for (const [title, provider] of /** @type {const} */ ([
  ['null', 'return null'],
  ['undefined', 'return undefined'],
  ['a promise of null', 'return Promise.resolve(null)'],
])) {
  test(`with a provider that returns ${title}, requests are anonymous`, async () => {
    const { adas, tab } = await twoUsers(world);
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
  const { ada, adas, tab } = await twoUsers(world);
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
  const { adas, tab } = await twoUsers(world);
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

test('a key that is a token identifies no user, and a publishable key is never sent as one', async () => {
  const { adas, tab } = await twoUsers(world);
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
  ['a claim, without a sub', { member: 1 }, { member: 2 }],
  ['a claim within a claim', { app: { members: [1, { of: 'x' }] } }, { app: { members: [1, { of: 'y' }] } }],
  ['a sub that is a number', { sub: 5 }, { sub: 6 }],
  ['a sub that only one of them has', { sub: 'x', member: 1 }, { member: 1 }],
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
  ['the authentication method', { sub: 'x', amr: [{ timestamp: 1 }] }, { sub: 'x', amr: [{ timestamp: 2 }] }],
  ['the order of claims', { sub: 'x', a: { b: 1, c: 2 } }, { a: { c: 2, b: 1 }, sub: 'x' }],
  ['times and session, without a sub', { member: 1, iat: 1, jti: 'a' }, { jti: 'b', member: 1 }],
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
  ['a payload that is not JSON', () => 'e30.bm8.x'],
  ['a payload that is not an object', () => 'e30.NQ.x'],
  ['a payload that is not UTF-8', () => `e30.${Buffer.from([0x7b, 0xff]).toString('base64url')}.x`],
  ['a megabyte', () => stack.signToken({ sub: 'x', long: 'x'.repeat(1_000_000) })],
  ['ten thousand levels', () => `e30.${Buffer.from(deep(10_000)).toString('base64url')}.x`],
])) {
  test(`a token with ${title} is sent unchanged, and is distinct from every other token`, async () => {
    const facts = await asEach(token(), stack.signToken(bare({ sub: 'y' })));
    assert.deepEqual(facts, { requests: 2, isSame: false, isAborted: true, userChanges: 1 });
  });
}

test('the key as a token identifies no user, like no token', async () => {
  const { tab } = await twoUsers(world);
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
  ['a rejection with an unprintable value', 'throw { toString() { throw new Error("no") } }', false],
  [
    'a rejection with a revoked proxy',
    'const p = Proxy.revocable({}, {}); p.revoke(); return Promise.reject(p.proxy)',
    false,
  ],
])) {
  test(`a provider that returns ${title} fails reads and writes, and nothing is sent`, async () => {
    const { adas, tab } = await twoUsers(world);
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
  const { adas, tab } = await twoUsers(world);
  const value = await tab.run((id) => {
    const accessToken = () => ({ then: (/** @type {any} */ resolve) => resolve(env.token) });
    return wdb
      .createClient({ url: env.url, key: env.key, accessToken: /** @type {any} */ (accessToken) })
      .db.getWorkflow(id);
  }, adas.workflow.id);
  assert.deepEqual(value, adas.workflow);
});

test('the application’s own provider is called without arguments', async () => {
  const { ada, tab } = await twoUsers(world);
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
