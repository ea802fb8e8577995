// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newGate, until } from '../e2e/support/until.mjs';
import { reload, start } from './support/visits.mjs';
import { ASKED, useHooks, VERSIONS } from './support/world.mjs';

const { stack, openHooks, newUser, newWorkflow, row, rows } = await useHooks();

/** @typedef {Awaited<ReturnType<typeof openHooks>>} Tab */

/** Waits until a key with the text `key` in it is on disk, or until none is. @param {Tab} tab @param {string} key */
const untilStored = (tab, key, isWanted = true) =>
  tab.run(async ([key, isWanted]) => {
    const isStored = () =>
      new Promise((resolve) => {
        indexedDB.open('workflow-db').onsuccess = ({ target }) => {
          const database = /** @type {IDBOpenDBRequest} */ (target).result;
          database.transaction('rows').objectStore('rows').getAllKeys().onsuccess = ({ target }) => {
            database.close();
            resolve(JSON.stringify(/** @type {IDBRequest} */ (target).result).includes(key));
          };
        };
      });
    await until(async () => (await isStored()) === isWanted);
  }, /** @type {const} */ ([key, isWanted]));

for (const version of VERSIONS) {
  /** A user with workflows, and a page that persists. */
  async function visit() {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user, { name: 'Kept' });
    const env = { url: stack.url, key: stack.publishableKey, token: user.token, userId: user.id };
    const tab = await openHooks(version, user, { configured: false });
    await start(tab, env);
    await tab.run((id) => show('list', 'useWorkflows', [id]), user.id);
    await tab.run(() => settledView('list'));
    await untilStored(tab, `workflows:${user.id}`);
    return { user, workflow, env, tab };
  }

  test(`React ${version}: after a reload, a hook shows the rows of the last visit before the server answers`, async () => {
    const { user, env, tab } = await visit();
    const { opened, open } = newGate();
    stack.faults.add({ match: { method: 'GET', path: '/workflows' }, action: 'latency', until: opened });
    await reload(tab, env);
    const { ms, ...shown } = await tab.run(async (id) => {
      const begun = performance.now();
      show('list', 'useWorkflows', [id]);
      await until(() => latest('list')?.workflows.length === 1);
      const ms = performance.now() - begun;
      const { loading, isFetching, workflows } = latest('list');
      Object.assign(globalThis, { kept: workflows[0] });
      return { loading, isFetching, names: workflows.map(({ name }) => name), ms };
    }, user.id);
    assert.deepEqual(shown, { loading: false, isFetching: true, names: ['Kept'] });
    open();
    const isSameRow = await tab.run(async () => {
      await until(() => !latest('list').isFetching);
      return latest('list').workflows[0] === /** @type {any} */ (globalThis).kept;
    });
    assert.ok(isSameRow);
    console.log(`React ${version}: ${Math.round(ms)} ms from the first render to the rows of the last visit`);
  });

  test(`React ${version}: a hook's write waits in the outbox, is shown, and useSyncStatus follows it`, async () => {
    const { user, workflow, env, tab } = await visit();
    stack.faults.add({ match: { method: 'PATCH' }, action: 'status', status: 503, times: 'always' });
    const shown = await tab.run(async (id) => {
      show('status', 'useSyncStatus', []);
      await latest('list').updateWorkflow(id, { name: 'Changed' });
      await until(() => latest('status').pending === 1);
      const { pending, failed, blocked, isOnline, error } = latest('status');
      const [{ table, rowId }] = latest('status').list();
      return {
        pending,
        failed,
        blocked,
        isOnline,
        error,
        table,
        rowId,
        name: latest('list').workflows[0].name,
      };
    }, workflow.id);
    const counts = { pending: 1, failed: 0, blocked: 0, isOnline: true, error: undefined };
    assert.deepEqual(shown, { ...counts, table: 'workflows', rowId: workflow.id, name: 'Changed' });
    await reload(tab, env);
    await tab.run(async (id) => {
      show('status', 'useSyncStatus', []);
      show('list', 'useWorkflows', [id]);
      await until(() => latest('list')?.workflows[0]?.name === 'Changed');
    }, user.id);
    stack.faults.clear();
    await tab.run(async () => {
      await latest('status').flush();
      await until(() => latest('status').pending === 0);
    });
    await until(async () => (await row('workflows', workflow.id))?.name === 'Changed');
  });
  test(`React ${version}: a first save of settings waits for no server, is shown after a reload, and is made once with the defaults`, async () => {
    const user = await newUser('ada');
    const env = { url: stack.url, key: stack.publishableKey, token: user.token, userId: user.id };
    const tab = await openHooks(version, user, { configured: false });
    await start(tab, env);
    await tab.run((id) => show('account', 'useAccountSettings', [id]), user.id);
    const { settings: defaults } = await tab.run(() => settledView('account'));
    stack.faults.add({ match: { path: '/account_settings' }, action: 'hang', times: 'always' });
    await tab.run(async () => {
      const { updateAccountSettings } = latest('account');
      await Promise.all([
        updateAccountSettings({ email_on_error: false }),
        updateAccountSettings({ language: 'nl' }),
      ]);
    });
    await reload(tab, env);
    const shown = await tab.run(async (id) => {
      show('status', 'useSyncStatus', []);
      show('account', 'useAccountSettings', [id]);
      await until(() => latest('account')?.settings?.language === 'nl');
      const { settings, loading } = latest('account');
      return { settings, loading, pending: latest('status').pending };
    }, user.id);
    const written = ({ id: _, created_at: __, updated_at: ___, ...values }) => values;
    const expected = { ...written(defaults), email_on_error: false, language: 'nl' };
    assert.deepEqual([written(shown.settings), shown.loading], [expected, false]);
    assert.ok(shown.pending > 0, 'nothing was sent');
    await reload(tab, env);
    stack.faults.clear();
    await tab.run(async () => {
      show('status', 'useSyncStatus', []);
      await until(() => latest('status')?.pending > 0);
      await latest('status').flush();
      await until(() => latest('status').pending === 0);
    });
    assert.deepEqual((await rows('account_settings', 'where user_id = $1', [user.id])).map(written), [
      expected,
    ]);
  });

  test(`React ${version}: while the token provider cannot answer, the last known user keeps the role of an owner`, async () => {
    const { workflow, env, tab } = await visit();
    await tab.run((id) => show('one', 'useWorkflow', [id]), workflow.id);
    await untilStored(tab, `workflow:${workflow.id}?relations`);
    await reload(tab, { ...env, token: null });
    const role = await tab.run(async (id) => {
      show('one', 'useWorkflow', [id]);
      await until(() => latest('one')?.workflow);
      return latest('one').role;
    }, workflow.id);
    assert.equal(role, 'owner');
  });

  test(`React ${version}: a row of an earlier visit that no longer exists disappears with the server's answer`, async () => {
    const { workflow, env, tab } = await visit();
    await tab.run((id) => show('one', 'useWorkflow', [id]), workflow.id);
    await untilStored(tab, `workflow:${workflow.id}?relations`);
    const { page } = tab;
    const address = page.url();
    await page.goto('about:blank');
    await stack.sql('delete from workflows where id = $1', [workflow.id]);
    await page.goto(address);
    const { opened, open } = newGate();
    stack.faults.add({ match: { method: 'GET', path: '/workflows' }, action: 'latency', until: opened });
    await reload(tab, env);
    stack.requests.clear();
    await tab.run(async (id) => {
      show('one', 'useWorkflow', [id]);
      await until(() => latest('one')?.workflow?.name === 'Kept');
    }, workflow.id);
    open();
    await tab.run(() => until(() => latest('one').workflow === null && !latest('one').isFetching));
    await untilStored(tab, workflow.id, false);
    assert.ok(stack.requests.count(ASKED) <= 3, 'it is not read in a loop');

    stack.faults.clear();
    stack.faults.add({ match: { path: '/workflows' }, action: 'reset', times: 'always' });
    await reload(tab, env);
    const offline = await tab.run(async (id) => {
      show('one', 'useWorkflow', [id]);
      await until(() => latest('one')?.error);
      return latest('one').workflow;
    }, workflow.id);
    assert.equal(offline, null);
    stack.faults.clear();
  });
}
