// @ts-check
// A supabase-js client whose session ends, or seems to, while writes wait.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newSession } from './support/auth-session.mjs';
import { useDevices } from './support/offline.mjs';
import { until } from './support/until.mjs';

const HOUR = 3600;
/** supabase-js prints its failed requests. @param {string} problem */
const isOfSupabase = (problem) => problem.includes('/supabase.js:');
const { stack, newDevice, newWorkflow, row } = await useDevices({ seed: true }, isOfSupabase);
const [ada] = stack.users;

/** @typedef {import('./support/offline.mjs').Tab} Tab */

/** Starts the app with the stored session. @param {Tab} tab */
const connect = (tab) =>
  tab.run(async () => {
    const { createClient } = await import(String('/supabase.js'));
    const supabase = createClient(env.url, env.key, { auth: { storageKey: 'session' } });
    const retry = { initialBackoffMs: 20, maxBackoffMs: 100 };
    wdb.configure({ supabase, retry, offline: offlineEntry.offline() });
    Object.assign(globalThis, { supabase, outbox: offlineEntry.getOutbox() });
  });

/** Stores a session for the next visit. @param {Tab} tab @param {object} session */
const store = (tab, session) =>
  tab.run((session) => localStorage.setItem('session', JSON.stringify(session)), session);

/** @param {Tab} tab */
async function reload(tab) {
  await tab.page.reload();
  await tab.page.waitForSelector('html[data-is-ready]', { state: 'attached' });
  await connect(tab);
}

/** How much is on disk. @param {Tab} tab @returns {Promise<{ rows: number, outbox: number }>} */
const stored = (tab) =>
  tab.run(
    () =>
      new Promise((resolve) => {
        indexedDB.open('workflow-db').onsuccess = ({ target }) => {
          const database = /** @type {IDBOpenDBRequest} */ (target).result;
          const transaction = database.transaction(['rows', 'outbox']);
          const [rows, outbox] = ['rows', 'outbox'].map((name) => transaction.objectStore(name).count());
          transaction.oncomplete = () => {
            database.close();
            resolve({ rows: rows?.result ?? 0, outbox: outbox?.result ?? 0 });
          };
        };
      }),
  );

/** A workflow that Ada has read, and a tab of hers in which a change of it waits, without a network. */
async function waiting() {
  // Names are unique for a user.
  await stack.sql('delete from public.workflows where user_id = $1', [ada.id]);
  const workflow = await newWorkflow(/** @type {any} */ (ada), { name: 'First' });
  const device = await newDevice();
  const tab = await device.open({ as: { ...ada, token: '' }, isStarted: false });
  await store(tab, await newSession(stack, ada, HOUR));
  await connect(tab);
  await tab.run((id) => db.getWorkflow(id), workflow.id);
  await until(async () => (await stored(tab)).rows > 0);
  await device.goOffline();
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Offline' }), workflow.id);
  return { workflow, device, tab };
}

test('a token that expired without a network does not count as a sign-out: rows and writes stay, and are sent when it is renewed', async () => {
  const { workflow, device, tab } = await waiting();
  await store(tab, await newSession(stack, ada, -HOUR));
  await reload(tab);
  const shown = await tab.run(async (id) => {
    const before = (await db.getWorkflow(id))?.name;
    await db.with({ queue: true }).updateWorkflow(id, { description: 'Later' });
    return [before, outbox.pending];
  }, workflow.id);
  assert.deepEqual(shown, ['Offline', 1], 'merged with the one that waited');
  assert.ok((await stored(tab)).rows > 0);
  stack.requests.clear();
  await device.goOnline();
  await tab.run(() => sent());
  const made = await row('workflows', workflow.id);
  assert.deepEqual([made?.name, made?.description], ['Offline', 'Later']);
  assert.equal(stack.requests.count({ path: 'grant_type=refresh_token' }), 1);
});

test('when supabase-js says SIGNED_OUT, rows are erased, and writes wait for their user', async () => {
  const { workflow, device, tab } = await waiting();
  stack.faults.add({ match: { method: 'PATCH' }, action: 'status', status: 503, times: 'always' });
  await device.goOnline();
  await tab.run(async () => {
    await /** @type {any} */ (globalThis).supabase.auth.signOut({ scope: 'local' });
    await until(() => outbox.pending === 0);
  });
  await until(async () => (await stored(tab)).rows === 0);
  assert.deepEqual((await tab.outbox()).list, []);
  assert.equal((await stored(tab)).outbox, 1);
  stack.faults.clear();
  await tab.run(() => outbox.flush());
  assert.equal((await row('workflows', workflow.id))?.name, 'First', 'it is not sent without its user');
  await tab.run(
    ([email, password]) =>
      /** @type {any} */ (globalThis).supabase.auth.signInWithPassword({ email, password }),
    [ada.email, ada.password],
  );
  await tab.run(() => sent());
  await until(async () => (await row('workflows', workflow.id))?.name === 'Offline');
});

test('a session that was revoked in the meantime ends when the network is back: its writes wait for their user', async () => {
  const { workflow, device, tab } = await waiting();
  await store(tab, { ...(await newSession(stack, ada, -HOUR)), refresh_token: 'revoked' });
  await reload(tab);
  assert.equal((await tab.run((id) => db.getWorkflow(id), workflow.id))?.name, 'Offline');
  await device.goOnline();
  await tab.run(() => until(() => outbox.pending === 0));
  await until(async () => (await stored(tab)).rows === 0);
  assert.equal((await stored(tab)).outbox, 1);
  assert.equal((await row('workflows', workflow.id))?.name, 'First');
});
