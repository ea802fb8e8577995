// @ts-check
// Calls that an application awaits inside a supabase-js callback. supabase-js waits for that callback.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newSession } from './support/auth-session.mjs';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const PAGE = fileURLToPath(new URL('support/auth-page.js', import.meta.url));
const HOUR = 3600;

const world = await useWorld({ seed: true }, () => ({ '/auth-page': () => readFile(PAGE, 'utf8') }));
const { stack } = world;
const [ada] = stack.users;

/** @typedef {import('./support/world.mjs').Tab} Tab */
/** @typedef {Record<string, string | number>} Query the parameters of `auth-page.js` */

let count = 0;

/** The storage key for the sessions of one test, so that pages of other tests are not notified. */
const newStorage = () => `auth-${(count += 1)}`;

/** @param {Query} query @param {string} [hash] */
const address = (query, hash = '') => {
  const all = { url: stack.url, key: stack.publishableKey, user: ada.id, ...query };
  const texts = Object.entries(all).map(([name, value]) => [name, String(value)]);
  return `/auth-page?${new URLSearchParams(texts)}${hash}`;
};

/** Opens the application. @param {Query} query @param {string} [hash] */
const open = (query, hash) => world.open({ configured: false, path: address(query, hash) });

/**
 * Opens the application in a browser with a stored session.
 *
 * @param {Query} query
 * @param {any} session
 */
async function reopen(query, session) {
  const tab = await world.open({ configured: false });
  const storage = newStorage();
  await tab.run(
    ([storage, session]) => localStorage.setItem(storage, JSON.stringify(session)),
    [storage, session],
  );
  await tab.page.goto(world.site.origin + address({ ...query, storage }));
  await tab.page.waitForSelector('html[data-is-ready]', { state: 'attached' });
  return tab;
}

/** Waits until the callback for `last` has returned, and returns the results of all callbacks. @param {Tab} tab @param {string} last */
async function toldUntil(tab, last) {
  const read = () => tab.run(() => /** @type {any} */ (globalThis).told ?? []);
  await until(async () => (await read()).some((/** @type {string} */ line) => line.startsWith(last)));
  return read();
}

const ALL = 'true true done';

/**
 * Asserts that the calls in every callback succeeded.
 *
 * @param {string[]} told
 * @param {string[]} events in order, as far as the order is certain
 */
function assertAnswered(told, ...events) {
  assert.deepEqual(
    told.filter((line) => !line.endsWith(` ${ALL}`)),
    [],
  );
  const names = told.map((line) => line.split(' ')[0]);
  assert.equal(names[0], events[0], String(names));
  for (const event of events) assert.ok(names.includes(event), `${event} is not among ${names}`);
}

/** Signs in as soon as the application has created its client, which happens after the page is ready. @param {Tab} tab */
async function signIn(tab) {
  await tab.page.waitForFunction(() => /** @type {any} */ (globalThis).supabase !== undefined);
  return tab.run((who) => /** @type {any} */ (globalThis).supabase.auth.signInWithPassword(who), {
    email: ada.email,
    password: ada.password,
  });
}

for (const lock of [false, true]) {
  for (const [title, hours] of /** @type {const} */ ([
    ['right', 0],
    ['two hours ahead', 2],
    ['two hours behind', -2],
  ])) {
    const query = { skew: hours * HOUR * 1000, ...(lock && { lock: 1 }) };
    const how = `clock ${title}${lock ? ', under a lock' : ''}`;

    test(`at a sign-in, calls in the callback succeed: ${how}`, async () => {
      const tab = await open({ ...query, storage: newStorage() });
      assert.deepEqual(await toldUntil(tab, 'INITIAL_SESSION'), ['INITIAL_SESSION false']);
      assert.equal((await signIn(tab)).error, null);
      assertAnswered((await toldUntil(tab, 'SIGNED_IN')).slice(1), 'SIGNED_IN');
    });

    test(`at a reload, calls in the callback succeed: ${how}`, async () => {
      const tab = await reopen(query, await newSession(stack, ada, HOUR / 2));
      // With a clock that is ahead, supabase-js considers every token expired and renews it on every request.
      const first = hours > 0 ? 'TOKEN_REFRESHED' : 'SIGNED_IN';
      assertAnswered(await toldUntil(tab, 'INITIAL_SESSION'), first, 'INITIAL_SESSION');
    });

    // With a clock that is behind, supabase-js considers the expired session valid: see below.
    if (hours < 0) continue;
    test(`at a reload with an expired session, calls in the callback succeed: ${how}`, async () => {
      const tab = await reopen(query, await newSession(stack, ada, -HOUR / 6));
      assertAnswered(await toldUntil(tab, 'INITIAL_SESSION'), 'TOKEN_REFRESHED', 'INITIAL_SESSION');
    });
  }
}

test('an expired session that supabase-js considers valid fails quickly during startup and is renewed afterwards', async () => {
  const query = { skew: -2 * HOUR * 1000, acts: 'read' };
  const tab = await reopen(query, await newSession(stack, ada, -HOUR / 6));
  const told = await toldUntil(tab, 'INITIAL_SESSION');
  assert.equal(told[0], 'SIGNED_IN PGRST301');
  assert.deepEqual(told.slice(1).sort(), ['INITIAL_SESSION true', 'TOKEN_REFRESHED true']);
  assert.equal(stack.requests.count({ path: '/auth/v1/token' }), 2, 'the sign-in, and one renewal');
});

/** The server rejects tokens as expired. @param {number | 'always'} times */
const rejectTokens = (times) => {
  const body = { code: 'PGRST301', message: 'JWT expired' };
  stack.faults.add({ match: { path: '/rest/v1' }, action: 'status', status: 401, body, times });
};

for (const lock of [false, true]) {
  test(`a renewed token that is rejected fails the call in the callback${lock ? ', under a lock' : ''}`, async () => {
    const tab = await open({ storage: newStorage(), acts: 'read', ...(lock && { lock: 1 }) });
    await signIn(tab);
    await toldUntil(tab, 'SIGNED_IN');
    await tab.run(() => cache.clear());
    rejectTokens('always');
    try {
      await tab.run(() => void (/** @type {any} */ (globalThis).supabase.auth.refreshSession()));
      assert.equal((await toldUntil(tab, 'TOKEN_REFRESHED')).at(-1), 'TOKEN_REFRESHED PGRST301');
    } finally {
      stack.faults.clear();
    }
  });
}

test('a renewed token that is rejected later is renewed again', async () => {
  const tab = await open({ storage: newStorage(), acts: 'read' });
  await signIn(tab);
  await toldUntil(tab, 'SIGNED_IN');
  const read = () =>
    tab.run(async (id) => (await db.with({ fresh: true }).getWorkflows(id)).length > 0, ada.id);
  rejectTokens(1);
  assert.ok(await read());
  await tab.run((ms) => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + ms;
  }, 60_000);
  rejectTokens(1);
  assert.ok(await read());
});

for (const [title, query] of /** @type {[string, Query][]} */ ([
  ['registered before configure', { configure: 'after' }],
  ['that calls configure', { configure: 'inside' }],
  ['that calls authChanged', { announce: 1 }],
  ['that repeat a component’s read in flight', { early: 1 }],
])) {
  for (const lock of [false, true]) {
    test(`calls in a callback ${title} succeed${lock ? ', under a lock' : ''}`, async () => {
      const all = { ...query, ...(lock && { lock: 1 }) };
      const valid = await reopen(all, await newSession(stack, ada, HOUR / 2));
      assertAnswered(await toldUntil(valid, 'INITIAL_SESSION'), 'SIGNED_IN', 'INITIAL_SESSION');
      const expired = await reopen(all, await newSession(stack, ada, -HOUR / 6));
      assertAnswered(await toldUntil(expired, 'INITIAL_SESSION'), 'TOKEN_REFRESHED', 'INITIAL_SESSION');
    });
  }
}

test('a token with a lifetime of a minute is used inside the callback that announces it', async () => {
  stack.settings.change({ tokenSeconds: 60 });
  try {
    const tab = await reopen({}, await newSession(stack, ada, -HOUR / 6));
    assertAnswered(await toldUntil(tab, 'INITIAL_SESSION'), 'TOKEN_REFRESHED', 'INITIAL_SESSION');
  } finally {
    stack.settings.change({ tokenSeconds: HOUR });
  }
});

test('an expired session that cannot be renewed counts as signed out, also inside the callback', async () => {
  const session = await newSession(stack, ada, -HOUR / 6);
  const tab = await reopen({}, { ...session, refresh_token: 'gone' });
  assert.deepEqual(await toldUntil(tab, 'INITIAL_SESSION'), ['SIGNED_OUT false', 'INITIAL_SESSION false']);
});

test('calls in the callback of a password recovery succeed', async () => {
  const { access_token, refresh_token } = await newSession(stack, ada, HOUR / 2);
  const values = { access_token, refresh_token, expires_in: '1800', token_type: 'bearer', type: 'recovery' };
  const tab = await open({ storage: newStorage() }, `#${new URLSearchParams(values)}`);
  const told = await toldUntil(tab, 'PASSWORD_RECOVERY');
  await toldUntil(tab, 'INITIAL_SESSION');
  assertAnswered(told, told[0].split(' ')[0], 'PASSWORD_RECOVERY');
});

test('in two tabs, calls in the callbacks of every event succeed', async () => {
  const storage = newStorage();
  const tabs = [await open({ storage }), await open({ storage })];
  for (const tab of tabs) await toldUntil(tab, 'INITIAL_SESSION');
  /** @param {string} event @param {string} results @param {() => Promise<any>} act */
  const check = async (event, results, act) => {
    assert.equal((await act()).error, null);
    for (const tab of tabs) assert.equal((await toldUntil(tab, event)).at(-1), `${event} ${results}`);
  };
  const auth = (/** @type {string} */ name, /** @type {any} */ argument) => () =>
    tabs[0].run(
      ([name, argument]) => /** @type {any} */ (globalThis).supabase.auth[name](argument),
      /** @type {const} */ ([name, argument]),
    );
  await check('SIGNED_IN', ALL, () => signIn(tabs[0]));
  await check('TOKEN_REFRESHED', ALL, auth('refreshSession', undefined));
  await check('USER_UPDATED', ALL, auth('updateUser', { data: { name: 'Ada' } }));
  await check('SIGNED_OUT', 'false', auth('signOut', { scope: 'local' }));
});

test('an announced session is not requested again', async () => {
  const tab = await reopen({}, await newSession(stack, ada, HOUR / 2));
  await toldUntil(tab, 'INITIAL_SESSION');
  const asked = await tab.run(async (id) => {
    const { supabase } = /** @type {any} */ (globalThis);
    let asked = 0;
    const getSession = supabase.auth.getSession.bind(supabase.auth);
    supabase.auth.getSession = () => {
      asked += 1;
      return getSession();
    };
    await db.with({ fresh: true }).getWorkflows(id);
    await db.updateUserProfile(id, { full_name: 'Ada' });
    return asked;
  }, ada.id);
  assert.equal(asked, 0);
});
