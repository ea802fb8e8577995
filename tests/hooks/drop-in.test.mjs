// @ts-check
// The app's existing hooks, unmodified, with `db` and the realtime manager (tests/types/consumer/app).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../e2e/support/until.mjs';
import { createLive } from './support/live.mjs';
import { VERSIONS, useHooks } from './support/world.mjs';

const { stack, rest, openHooks, newUser, newWorkflow, newEstate, insert, row } = await useHooks();
const { isLive, shows, change, remove, channelsOf } = createLive({ stack });

/** @typedef {Awaited<ReturnType<typeof newEstate>>} Estate */
/** A list or a row that one of the app's hooks shows, and the effect of another client's change on it. */
/** @typedef {[hook: string, scope: string, path: string, table: string, row: object, column: string, feeds: number]} Case */

/** @param {Estate} estate @returns {Case[]} */
const cases = ({ user, workflow, execution }) => {
  const [user_id, workflow_id, execution_id] = [user.id, workflow.id, execution.id];
  const key = { user_id, service_name: 's', encrypted_key: 'x', is_active: true };
  const node = { workflow_id, node_id: 'n', node_type: 't' };
  const edge = { workflow_id, source_node_id: 'c', target_node_id: 'a', connection_id: 'x' };
  const result = { execution_id, node_id: 'n', node_type: 't' };
  return [
    ['useWorkflows', user_id, 'workflows', 'workflows', { user_id, name: 'made' }, 'description', 1],
    ['useWorkflow', workflow_id, 'nodes', 'workflow_nodes', node, 'label', 3],
    ['useWorkflow', workflow_id, 'connections', 'workflow_connections', edge, 'target_node_id', 3],
    ['useApiKeys', user_id, 'keys', 'api_keys', key, 'encrypted_key', 1],
    ['useBrandSettings', user_id, 'settings', 'brand_settings', { user_id }, 'font_family', 1],
    ['useAccountSettings', user_id, 'settings', 'account_settings', { user_id }, 'language', 1],
    [
      'useExecutionHistory',
      workflow_id,
      'executions',
      'workflow_executions',
      { workflow_id, user_id },
      'error_message',
      1,
    ],
    ['useExecution', execution_id, 'results', 'execution_node_results', result, 'error_message', 2],
  ];
};

/** Renders one of the app's hooks and waits until it is subscribed. @param {any} tab @param {string} hook @param {string} scope @param {number} [feeds] */
async function open(tab, hook, scope, feeds = 1) {
  await tab.run(
    (/** @type {[string, string]} */ [hook, scope]) => {
      show('app', `app.${hook}`, [scope]);
      return until(() => latest('app') && !latest('app').loading);
    },
    [hook, scope],
  );
  await isLive(tab, feeds);
  // The initial read has completed by now, whether it started before the subscription or after it.
  await tab.run(() => until(() => cache.getStats().inFlight === 0));
}

for (const version of VERSIONS) {
  const it = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) =>
    test(`React ${version}: ${name}`, run);

  it('every kind of scope delivers inserts, updates and deletes by another client', async () => {
    const estate = await newEstate(await newUser('ada'));
    const tab = await openHooks(version, estate.user);
    for (const [hook, scope, path, table, made, column, feeds] of cases(estate)) {
      await open(tab, hook, scope, feeds);
      const before = await tab.run((path) => latest('app')[path], path);
      const withRow = (/** @type {any} */ one) => (Array.isArray(before) ? [...before, one] : one);
      const [inserted] = await insert(table, [made]);
      await shows(tab, 'app', path, withRow(inserted));
      await change(table, inserted.id, column, 'changed');
      await shows(tab, 'app', path, withRow(await row(table, inserted.id)));
      await remove(table, inserted.id);
      await shows(tab, 'app', path, before);
      assert.equal(channelsOf(estate.user).length, 1, `${hook}: one channel, under StrictMode too`);
      await tab.run(() => hide('app'));
      await until(() => channelsOf(estate.user).length === 0);
    }
  });

  it('a workflow and a run are subscribed by their own id', async () => {
    const { user, workflow, execution, nodes } = await newEstate(await newUser('ada'));
    const tab = await openHooks(version, user);
    await open(tab, 'useWorkflow', workflow.id, 3);
    await shows(tab, 'app', 'nodes', nodes);
    await change('workflows', workflow.id, 'name', 'renamed');
    await shows(tab, 'app', 'workflow.name', 'renamed');
    await open(tab, 'useExecution', execution.id, 2);
    await change('workflow_executions', execution.id, 'status', 'completed');
    await shows(tab, 'app', 'execution.status', 'completed');
    await remove('workflow_executions', execution.id);
    await shows(tab, 'app', 'execution', null);
  });

  it('the audit log grows with actions by others', async () => {
    const user = await newUser('ada');
    const tab = await openHooks(version, user);
    await open(tab, 'useAuditLogs', user.id);
    await shows(tab, 'app', 'total', 0);
    const log = { user_id: user.id, action: 'told', resource_type: 'test' };
    const [first] = await insert('audit_logs', [log]);
    await shows(tab, 'app', 'logs', [first]);
    const [second] = await insert('audit_logs', [log]);
    await shows(tab, 'app', 'logs', [first, second]);
    await shows(tab, 'app', 'total', 2);
  });

  it('own writes appear once, even though they return as events', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openHooks(version, user);
    await open(tab, 'useWorkflows', user.id);
    const made = await tab.run(() => latest('app').createWorkflow({ name: 'made' }));
    await shows(tab, 'app', 'workflows', [workflow, made]);
    const renamed = await tab.run((id) => latest('app').updateWorkflow(id, { name: 'renamed' }), made.id);
    await shows(tab, 'app', 'workflows', [workflow, renamed]);
    await tab.run((id) => latest('app').deleteWorkflow(id), made.id);
    await shows(tab, 'app', 'workflows', [workflow]);
    await rest();
    await shows(tab, 'app', 'workflows', [workflow]);
    const counts = await tab.run(() => given('app').map(({ workflows }) => workflows.length));
    assert.ok(Math.max(...counts) === 2, 'never twice');

    await open(tab, 'useApiKeys', user.id);
    const key = await tab.run(() => latest('app').addKey('openai', 'secret'));
    await shows(tab, 'app', 'keys', [key]);
    await tab.run((id) => latest('app').removeKey(id), key.id);
    await shows(tab, 'app', 'keys', []);

    await open(tab, 'useBrandSettings', user.id);
    const saved = await tab.run(() => latest('app').save({ font_family: 'Georgia' }));
    await shows(tab, 'app', 'settings', saved);
  });

  it('errors are DatabaseErrors, including those that the app creates', async () => {
    const user = await newUser('ada');
    const tab = await openHooks(version, user);
    await open(tab, 'useWorkflows', user.id);
    const failed = await tab.run(async () => {
      const unknown = crypto.randomUUID();
      const { code, isOurs } = await failure(latest('app').updateWorkflow(unknown, { name: 'x' }));
      await until(() => latest('app').error);
      return { code, isOurs, shown: view('app').error };
    });
    assert.deepEqual(failed, { code: 'NOT_FOUND', isOurs: true, shown: { code: 'NOT_FOUND', isOurs: true } });
    await tab.run((id) => {
      show('gone', 'app.useWorkflow', [id]);
      return until(() => latest('gone')?.error);
    }, crypto.randomUUID());
    await shows(tab, 'gone', 'error', { code: 'NOT_FOUND', isOurs: true });
  });

  it('an unmounted hook leaves no channel, and works again when it remounts', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openHooks(version, user);
    for (const name of ['first', 'second']) {
      await open(tab, 'useWorkflows', user.id);
      await change('workflows', workflow.id, 'name', name);
      await shows(tab, 'app', 'workflows', [await row('workflows', workflow.id)]);
      await tab.run(() => hide('app'));
      await until(() => channelsOf(user).length === 0);
    }
    await tab.run((id) => {
      show('app', 'app.useWorkflows', [id]);
      hide('app');
      return wdb.getRealtimeManager().unsubscribeAll();
    }, user.id);
    assert.deepEqual(await tab.run(() => wdb.getRealtimeManager().getActiveSubscriptions()), []);
  });
}
