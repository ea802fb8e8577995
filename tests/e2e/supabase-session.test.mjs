// @ts-check
// Rows and calls while a supabase-js client's session is renewed, lost, or replaced by another user's.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { openFollowing, signIn, signOut } from './support/following.mjs';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

/** supabase-js checks every 30 s, and renews a token that expires within 90 s. */
const TICK_MS = 31_000;
const LONG = { tokenSeconds: 3600 };
const REST = { path: '/rest/v1' };

const world = await useWorld({ seed: true });
const { stack, rows } = world;
const [ada, grace] = stack.users;
/** @type {any} */ let adasWorkflow;

before(async () => {
  [adasWorkflow] = await rows('workflows', 'where user_id = $1 and not is_public limit 1', [ada.id]);
});

/** @typedef {import('./support/world.mjs').Tab} Tab */

/** The session's events, except those about its start. @param {Tab} tab */
const sessions = (tab) =>
  tab.run(() =>
    /** @type {any} */ (globalThis).sessions.filter(
      (/** @type {string} */ name) => name !== 'INITIAL_SESSION',
    ),
  );

const entries = (/** @type {Tab} */ tab) => tab.run(() => cache.getStats().entries);

/**
 * Gives the page a session that supabase-js considers about to expire.
 *
 * @param {Tab} tab
 * @param {number} tokenSeconds
 * @returns {Promise<number>} its expiry, in seconds since 1970
 */
async function shorten(tab, tokenSeconds = 60) {
  stack.settings.change({ tokenSeconds });
  try {
    return await tab.run(async () => {
      const { data, error } = await /** @type {any} */ (globalThis).supabase.auth.refreshSession();
      if (error) throw error;
      return data.session.expires_at;
    });
  } finally {
    stack.settings.change(LONG);
  }
}

/** Waits until this second of the clock that stamps tokens has passed. @param {number} second */
const past = (second) => until(() => Date.now() >= (second + 1) * 1000);

test('a token that supabase-js renewed by its own timer is used from then on, and the cache is kept', async () => {
  const tab = await openFollowing(world, {
    autoRefreshToken: true,
    prepare: ({ page }) => page.clock.install(),
  });
  await signIn(tab, ada);
  await tab.calls(['getWorkflow', adasWorkflow.id]);
  await shorten(tab);
  // Two tokens of one session from the same second are equal.
  await past(Math.floor(Date.now() / 1000));
  await tab.page.clock.fastForward(TICK_MS);
  await until(async () => (await sessions(tab)).length === 3);
  assert.deepEqual(await sessions(tab), ['SIGNED_IN', 'TOKEN_REFRESHED', 'TOKEN_REFRESHED']);
  stack.requests.clear();
  const [{ value }] = await tab.calls(['getWorkflow', adasWorkflow.id]);
  assert.deepEqual([value, stack.requests.count(REST)], [adasWorkflow, 0], 'from the cache');
  const facts = await tab.run(async (id) => {
    const { supabase, sent } = /** @type {any} */ (globalThis);
    await db.with({ fresh: true }).getWorkflow(id);
    const { data } = await supabase.auth.getSession();
    return {
      isNewest: sent.at(-1) === `Bearer ${data.session.access_token}`,
      isChanged: sent[0] !== sent.at(-1),
    };
  }, adasWorkflow.id);
  assert.deepEqual(facts, { isNewest: true, isChanged: true });
});

test('a token about to expire is renewed once before the next requests', async () => {
  const tab = await openFollowing(world);
  await signIn(tab, ada);
  await shorten(tab);
  stack.requests.clear();
  const outcomes = await tab.calls(['getWorkflow', adasWorkflow.id], ['getUserProfile', ada.id]);
  assert.deepEqual(
    outcomes.map(({ value }) => value?.id),
    [adasWorkflow.id, ada.id],
  );
  const asked = stack.requests.all().filter(({ method }) => method !== 'OPTIONS');
  assert.deepEqual(
    asked.map(({ path }) => path.split('?')[0]),
    ['/auth/v1/token', '/rest/v1/workflows', '/rest/v1/user_profiles'],
  );
});

test('a hanging renewal counts against the timeout, and the next read works', async () => {
  const tab = await openFollowing(world, { options: { timeoutMs: 300, retry: { maxAttempts: 1 } } });
  await signIn(tab, ada);
  await shorten(tab);
  stack.faults.add({ match: { path: '/auth/v1/token' }, action: 'latency', ms: 1_500 });
  const [{ error }] = await tab.calls(['getWorkflow', adasWorkflow.id]);
  assert.equal(error.code, 'TIMEOUT');
  await until(async () => (await sessions(tab)).length === 3);
  assert.equal((await sessions(tab)).at(-1), 'TOKEN_REFRESHED');
  const [{ value }] = await tab.calls(['getWorkflow', adasWorkflow.id]);
  assert.deepEqual(value, adasWorkflow);
});

/** Every renewal is refused from now on. */
const refuseRenewals = () =>
  stack.faults.add({
    match: { path: '/auth/v1/token' },
    action: 'status',
    times: 'always',
    status: 400,
    body: { code: 'refresh_token_not_found', message: 'Invalid Refresh Token' },
  });

test('while a token is still valid, a refused renewal changes nothing', async () => {
  const tab = await openFollowing(world);
  await signIn(tab, ada);
  await tab.calls(['getWorkflow', adasWorkflow.id]);
  await shorten(tab);
  refuseRenewals();
  const [{ value }] = await tab.calls(['getUserProfile', ada.id]);
  assert.equal(value.id, ada.id);
  assert.equal((await entries(tab)).length, 2);
});

test('an expired session that cannot be renewed counts as signed out: the cache is emptied, nothing private is read', async () => {
  const tab = await openFollowing(world);
  await signIn(tab, ada);
  await tab.calls(['getWorkflow', adasWorkflow.id]);
  const end = await shorten(tab, 1);
  refuseRenewals();
  await past(end);
  const [{ value }] = await tab.calls(['getUserProfile', ada.id]);
  assert.equal(value, null);
  assert.equal((await sessions(tab)).at(-1), 'SIGNED_OUT');
  const key = await tab.run((id) => cache.get(wdb.cacheKeys.workflow(id)), adasWorkflow.id);
  assert.equal(key, null);
});

test('signing out empties the cache and notifies observers of entries', async () => {
  const tab = await openFollowing(world);
  await signIn(tab, ada);
  await tab.calls(['getWorkflows', ada.id], ['getWorkflow', adasWorkflow.id], ['getUserProfile', ada.id]);
  assert.equal((await entries(tab)).length >= 3, true);
  const seen = await tab.run(async (id) => {
    const { supabase } = /** @type {any} */ (globalThis);
    const key = wdb.cacheKeys.workflow(id);
    /** @type {unknown[]} */
    const shown = [];
    const end = cache.observe(key, () => shown.push(cache.peek(key)));
    await supabase.auth.signOut();
    end();
    return shown;
  }, adasWorkflow.id);
  assert.deepEqual([seen, await entries(tab)], [[null], []]);
});

test('signing out in another tab empties the cache of this one', async () => {
  const tab = await openFollowing(world);
  await signIn(tab, ada);
  await tab.calls(['getWorkflow', adasWorkflow.id]);
  const other = await world.open({ configured: false });
  await other.run(async () => {
    const { createClient } = await import(String('/supabase.js'));
    await createClient(env.url, env.key, { auth: { autoRefreshToken: false } }).auth.signOut();
  });
  await until(async () => (await entries(tab)).length === 0);
  const [{ value }] = await tab.calls(['getWorkflow', adasWorkflow.id]);
  assert.equal(value, null);
});

test('after a change of user, no observer ever sees rows of the previous user', async () => {
  const tab = await openFollowing(world);
  await signIn(tab, ada);
  await tab.calls(['getWorkflows', ada.id]);
  stack.faults.add({ match: REST, action: 'latencyAfter', ms: 300, times: 1 });
  const facts = await tab.run(async ([adasId, gracesId, email, password]) => {
    const { supabase } = /** @type {any} */ (globalThis);
    let who = adasId;
    /** @type {string[]} */
    const leaked = [];
    const look = () => {
      for (const key of cache.getStats().entries) {
        const rows = [cache.peek(key)].flat();
        for (const row of rows) if (row?.user_id && row.user_id !== who) leaked.push(key);
      }
    };
    for (const id of [adasId, gracesId]) cache.observe(wdb.cacheKeys.workflows(id), look);
    const late = outcome(db.with({ fresh: true }).getWorkflows(adasId));
    supabase.auth.onAuthStateChange((/** @type {string} */ _event, /** @type {any} */ session) => {
      who = session?.user.id ?? null;
      look();
    });
    await supabase.auth.signInWithPassword({ email, password });
    const list = await db.getWorkflows(gracesId);
    look();
    return { leaked, late: (await late).error?.code, owners: [...new Set(list.map((row) => row.user_id))] };
  }, /** @type {const} */ ([ada.id, grace.id, grace.email, grace.password]));
  assert.deepEqual(facts, { leaked: [], late: 'ABORTED', owners: [grace.id] });
});

test('two clients follow two sessions, and neither shows the other’s rows', async () => {
  const tab = await openFollowing(world);
  const facts = await tab.run(
    async ([adas, graces, id]) => {
      const { createClient } = await import(String('/supabase.js'));
      const made = await Promise.all(
        [adas, graces].map(async (who, index) => {
          const auth = { autoRefreshToken: false, storageKey: `client-${index}` };
          const supabase = createClient(env.url, env.key, { auth });
          await supabase.auth.signInWithPassword(who);
          const { db, cache, close } = wdb.createClient({ supabase });
          return { supabase, db, cache, close };
        }),
      );
      const read = () => Promise.all(made.map(async ({ db }) => (await db.getWorkflow(id))?.id ?? null));
      const both = await read();
      await made[1].supabase.auth.signOut({ scope: 'local' });
      const kept = made.map(({ cache }) => cache.getStats().size);
      await made[0].supabase.auth.signOut({ scope: 'local' });
      const left = made.map(({ cache }) => cache.getStats().size);
      const after = await read();
      for (const { close } of made) close();
      return { both, kept, left, after };
    },
    /** @type {const} */ ([
      { email: ada.email, password: ada.password },
      { email: grace.email, password: grace.password },
      adasWorkflow.id,
    ]),
  );
  const id = adasWorkflow.id;
  assert.deepEqual(facts, { both: [id, null], kept: [1, 0], left: [0, 0], after: [null, null] });
});

test('two clients that follow one session are emptied together', async () => {
  const tab = await openFollowing(world);
  await signIn(tab, ada);
  await tab.run(async (id) => {
    const { supabase } = /** @type {any} */ (globalThis);
    const second = wdb.createClient({ supabase });
    Object.assign(globalThis, { second });
    await Promise.all([db.getWorkflow(id), second.db.getWorkflow(id)]);
  }, adasWorkflow.id);
  const sizes = () =>
    tab.run(() => [cache, /** @type {any} */ (globalThis).second.cache].map((each) => each.getStats().size));
  assert.deepEqual(await sizes(), [1, 1]);
  await signOut(tab);
  assert.deepEqual(await sizes(), [0, 0]);
});
