// @ts-check
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { openFollowing, signIn, signOut } from './support/following.mjs';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld({ seed: true });
const { stack, rows } = world;
const [ada, grace] = stack.users;
/** @type {any} */ let adasWorkflow;

before(async () => {
  [adasWorkflow] = await rows('workflows', 'where user_id = $1 and not is_public limit 1', [ada.id]);
});

test('the session of a supabase-js client is followed through sign-in and sign-out', async () => {
  const tab = await openFollowing(world);
  const read = async () => (await tab.calls(['getWorkflow', adasWorkflow.id]))[0].value;
  assert.equal(await read(), null);
  await signIn(tab, ada);
  assert.deepEqual(await read(), adasWorkflow);
  const before = stack.requests.count({ path: '/rest/v1' });
  assert.deepEqual(await read(), adasWorkflow);
  assert.equal(stack.requests.count({ path: '/rest/v1' }), before, 'from the cache');
  await signOut(tab);
  assert.equal(await read(), null);
  await signIn(tab, grace);
  assert.equal(await read(), null);
  const [{ value: list }] = await tab.calls(['getWorkflows', grace.id]);
  assert.ok(list.length > 0 && list.every((/** @type {any} */ row) => row.user_id === grace.id));
});

test('switching directly between users leaves no rows of the first', async () => {
  const tab = await openFollowing(world);
  await signIn(tab, ada);
  await tab.calls(['getWorkflows', ada.id], ['getWorkflow', adasWorkflow.id], ['getUserProfile', ada.id]);
  await signIn(tab, grace);
  assert.deepEqual(await tab.run(() => cache.getStats().entries), []);
  const [own, profile] = await tab.calls(['getWorkflow', adasWorkflow.id], ['getUserProfile', ada.id]);
  assert.deepEqual([own.value, profile.value], [null, null]);
});

test('signing out rejects calls in flight with ABORTED', async () => {
  const tab = await openFollowing(world);
  await signIn(tab, ada);
  stack.faults.add({ match: { path: '/rest/v1' }, action: 'hang', times: 'always' });
  const failing = tab.run(
    (id) =>
      Promise.all([failure(db.getWorkflows(id)), failure(db.createWorkflow(id, { name: 'in the air' }))]),
    ada.id,
  );
  await until(() => stack.requests.count({ path: '/rest/v1' }) === 2);
  await signOut(tab);
  assert.deepEqual(
    (await failing).map(({ code }) => code),
    ['ABORTED', 'ABORTED'],
  );
});

test('a refreshed session keeps the cache', async () => {
  const tab = await openFollowing(world);
  await signIn(tab, ada);
  await tab.calls(['getWorkflow', adasWorkflow.id]);
  const error = await tab.run(
    async () => (await /** @type {any} */ (globalThis).supabase.auth.refreshSession()).error,
  );
  assert.equal(error, null);
  stack.requests.clear();
  const [{ value }] = await tab.calls(['getWorkflow', adasWorkflow.id]);
  assert.deepEqual(value, adasWorkflow);
  assert.equal(stack.requests.count(), 0);
});

test('a session that exists when the page loads is used', async () => {
  const tab = await openFollowing(world);
  await signIn(tab, ada);
  await tab.page.reload();
  await tab.page.waitForSelector('html[data-is-ready]', { state: 'attached' });
  const value = await tab.run(
    async ([url, key, id]) => {
      const { createClient } = await import(String('/supabase.js'));
      wdb.configure({ supabase: createClient(url, key, { auth: { autoRefreshToken: false } }) });
      return db.getWorkflow(id);
    },
    [stack.url, stack.publishableKey, adasWorkflow.id],
  );
  assert.deepEqual(value, adasWorkflow);
});

test('configure with the same supabase-js client again keeps the cache; close stops following it', async () => {
  const tab = await openFollowing(world);
  await signIn(tab, ada);
  await tab.calls(['getWorkflow', adasWorkflow.id]);
  const entries = await tab.run(() => {
    const { supabase } = /** @type {any} */ (globalThis);
    wdb.configure({ supabase });
    return cache.getStats().entries.length;
  });
  assert.equal(entries, 1);
  const code = await tab.run(async (id) => {
    const { supabase } = /** @type {any} */ (globalThis);
    const client = wdb.createClient({ supabase });
    await client.db.getWorkflow(id);
    client.close();
    await supabase.auth.signOut();
    return (await failure(client.db.getWorkflow(id))).code;
  }, adasWorkflow.id);
  assert.equal(code, 'NOT_CONFIGURED');
});

test('a supabase-js client with third-party tokens provides them', async () => {
  const tab = await world.open({ configured: false });
  const value = await tab.run(
    async ([token, id]) => {
      const { createClient } = await import(String('/supabase.js'));
      const supabase = createClient(env.url, env.key, { accessToken: async () => token });
      return wdb.createClient({ supabase }).db.getWorkflow(id);
    },
    [stack.signToken({ sub: ada.id }), adasWorkflow.id],
  );
  assert.deepEqual(value, adasWorkflow);
});
