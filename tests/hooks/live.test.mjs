// @ts-check
// Changes by other clients, in every hook.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLive, part } from './support/live.mjs';
import { VERSIONS, useHooks } from './support/world.mjs';

const { stack, rest, openHooks, openLive, newUser, newEstate, newWorkflow, newExecutions, insert, row } =
  await useHooks();
const { isLive, shows, change, remove, channelsOf } = createLive({ stack });

/** @typedef {Awaited<ReturnType<typeof newEstate>>} Estate */
/**
 * @typedef {object} Case
 * @property {(estate: Estate) => unknown[]} args
 * @property {string} path the path to its rows; for hooks about a single row, to that row or null
 * @property {string} table
 * @property {(estate: Estate) => object} made
 * @property {string} column the column that another client changes
 * @property {number} [feeds] the number of its subscriptions
 */

const ofUser = (/** @type {Estate} */ { user }) => ({ user_id: user.id });
const log = (/** @type {Estate} */ estate) => ({ ...ofUser(estate), action: 'told', resource_type: 'test' });
const apiKey = (/** @type {Estate} */ estate) => {
  return { ...ofUser(estate), service_name: 'openai', encrypted_key: 'x', is_active: true };
};

/** @type {Record<string, Case>} */
const CASES = {
  useWorkflows: {
    args: ({ user }) => [user.id],
    path: 'workflows',
    table: 'workflows',
    made: (estate) => ({ ...ofUser(estate), name: 'made' }),
    column: 'description',
  },
  useWorkflow: {
    args: ({ workflow }) => [workflow.id],
    path: 'workflow.nodes',
    table: 'workflow_nodes',
    made: ({ workflow }) => ({ workflow_id: workflow.id, node_id: 'made', node_type: 'text_input' }),
    column: 'label',
    feeds: 3,
  },
  useApiKeys: {
    args: ({ user }) => [user.id],
    path: 'keys',
    table: 'api_keys',
    made: apiKey,
    column: 'encrypted_key',
  },
  useApiKey: {
    args: ({ user }) => [user.id, 'openai'],
    path: 'key',
    table: 'api_keys',
    made: apiKey,
    column: 'encrypted_key',
  },
  useAuditLogs: {
    args: ({ user }) => [user.id],
    path: 'logs',
    table: 'audit_logs',
    made: log,
    column: 'resource_id',
  },
  useRecentAuditActivity: {
    args: ({ user }) => [user.id],
    path: '',
    table: 'audit_logs',
    made: log,
    column: 'resource_id',
  },
  useAuditSummary: {
    args: ({ user }) => [user.id],
    path: 'recentActions',
    table: 'audit_logs',
    made: log,
    column: 'resource_id',
  },
  useExecutionHistory: {
    args: ({ workflow }) => [workflow.id],
    path: 'data',
    table: 'workflow_executions',
    made: ({ workflow, user }) => ({ workflow_id: workflow.id, user_id: user.id }),
    column: 'error_message',
  },
  useExecution: {
    args: ({ execution }) => [execution.id],
    path: 'nodeResults',
    table: 'execution_node_results',
    made: ({ execution }) => ({ execution_id: execution.id, node_id: 'made', node_type: 'text_input' }),
    column: 'error_message',
    feeds: 2,
  },
  useBrandSettings: {
    args: ({ user }) => [user.id],
    path: 'settings',
    table: 'brand_settings',
    made: (estate) => ({ ...ofUser(estate), font_family: 'Georgia' }),
    column: 'brand_voice',
  },
  useAccountSettings: {
    args: ({ user }) => [user.id],
    path: 'settings',
    table: 'account_settings',
    made: (estate) => ({ ...ofUser(estate), theme: 'dark' }),
    column: 'language',
  },
};

/** Hooks that are live only on request. */
const OPTIONAL = ['useWorkflows', 'useApiKeys', 'useAuditLogs', 'useExecutionHistory', 'useExecution'];

for (const version of VERSIONS) {
  const it = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) =>
    test(`React ${version}: ${name}`, run);

  for (const [hook, { args, path, table, made, column, feeds = 1 }] of Object.entries(CASES)) {
    const isOptional = OPTIONAL.includes(hook);
    it(`${hook} shows inserts, updates and deletes by another client`, async () => {
      const estate = await newEstate(await newUser('ada'));
      const tab = await (isOptional ? openLive : openHooks)(version, estate.user);
      await tab.run(
        ([hook, args]) => {
          show('live', hook, args);
          return settledView('live');
        },
        /** @type {const} */ ([hook, args(estate)]),
      );
      await isLive(tab, feeds);
      const before = part(await tab.run(() => settledView('live')), path);
      const withRow = (/** @type {any} */ one) => (Array.isArray(before) ? [...before, one] : one);
      const [inserted] = await insert(table, [made(estate)]);
      await shows(tab, 'live', path, withRow(inserted));
      await change(table, inserted.id, column, 'changed');
      await shows(tab, 'live', path, withRow(await row(table, inserted.id)));
      await remove(table, inserted.id);
      await shows(tab, 'live', path, before);
      assert.equal(channelsOf(estate.user).length, 1);
    });
  }

  const ways = /** @type {const} */ ([
    ['by default', openHooks, []],
    ['with realtime: false, although the provider enables it,', openLive, [{ realtime: false }]],
  ]);
  for (const [way, open, options] of ways) {
    it(`${way} hooks with the option are not live, and there is no connection`, async () => {
      const estate = await newEstate(await newUser('ada'));
      const tab = await open(version, estate.user);
      const before = await tab.run(
        async (list) => {
          for (const [hook, args] of list) show(hook, hook, args);
          return Promise.all(list.map(([hook]) => settledView(hook)));
        },
        OPTIONAL.map((hook) => {
          const args = [...CASES[hook].args(estate), ...options];
          return /** @type {[string, unknown[]]} */ ([hook, args]);
        }),
      );
      for (const hook of OPTIONAL) await insert(CASES[hook].table, [CASES[hook].made(estate)]);
      await rest();
      const after = await tab.run((list) => Promise.all(list.map(settledView)), OPTIONAL);
      assert.deepEqual(after, before);
      assert.equal(channelsOf(estate.user).length, 0);
      assert.equal(stack.requests.count({ path: '/realtime/v1' }), 0);
    });
  }

  it('realtime: true makes a hook live regardless of the provider', async () => {
    const user = await newUser('ada');
    const tab = await openHooks(version, user);
    await tab.run((userId) => {
      const defaults = { realtime: false };
      show('list', 'useWorkflows', [userId, { realtime: true }], { defaults });
      return settledView('list');
    }, user.id);
    await isLive(tab);
    await shows(tab, 'list', 'workflows', [await newWorkflow(user)]);
  });

  it('useExecutionProgress follows a run to its end', async () => {
    const user = await newUser('ada');
    const [execution] = await newExecutions(await newWorkflow(user), [{ node_count: 4 }]);
    const tab = await openLive(version, user);
    await tab.run((id) => {
      show('run', 'useExecutionProgress', [id]);
      return settledView('run');
    }, execution.id);
    await isLive(tab, 2);
    const counts = async () => {
      const { completedCount, failedCount, runningCount, progressPercent } = await tab.run(() => view('run'));
      return [completedCount, failedCount, runningCount, progressPercent];
    };
    const reach = async (/** @type {number[]} */ ...expected) => {
      await tab.run(
        ([completed, failed, running]) =>
          until(
            () =>
              latest('run').completedCount === completed &&
              latest('run').failedCount === failed &&
              latest('run').runningCount === running,
          ),
        expected,
      );
      assert.deepEqual(await counts(), expected);
    };
    await reach(0, 0, 0, 0);
    const results = [];
    for (let index = 0; index < 4; index++) {
      const [result] = await insert('execution_node_results', [
        { execution_id: execution.id, node_id: `n${index}`, node_type: 't', status: 'running' },
      ]);
      results.push(result);
      await reach(index, 0, 1, 25 * index);
      await change('execution_node_results', result.id, 'status', 'completed');
      await reach(index + 1, 0, 0, 25 * (index + 1));
    }
    await change('execution_node_results', results[3].id, 'status', 'failed');
    await reach(3, 1, 0, 75);
    await remove('execution_node_results', results[3].id);
    await reach(3, 0, 0, 75);
    await change('workflow_executions', execution.id, 'status', 'completed');
    await tab.run(() => until(() => latest('run').isCompleted && !latest('run').isRunning));
    await remove('workflow_executions', execution.id);
    await tab.run(() => until(() => latest('run').execution === null));
    await reach(0, 0, 0, 0);
  });

  it('totals of lists are updated too', async () => {
    const estate = await newEstate(await newUser('ada'));
    const { user, workflow } = estate;
    const tab = await openLive(version, user);
    const before = await tab.run(async ([userId, workflowId]) => {
      show('runs', 'useExecutionHistory', [workflowId, { pageSize: 1 }]);
      show('logs', 'useAuditLogs', [userId, { pageSize: 1 }]);
      show('summary', 'useAuditSummary', [userId]);
      await Promise.all(['runs', 'logs'].map(settledView));
      await until(() => latest('summary').totalActions > 0);
      return view('logs').total;
    }, /** @type {const} */ ([user.id, workflow.id]));
    await isLive(tab, 2);
    const [run] = await newExecutions(workflow, [{}]);
    await shows(tab, 'runs', 'total', 2);
    await shows(tab, 'runs', 'hasMore', true);
    await shows(tab, 'runs', 'data', [run]);
    await insert('audit_logs', [log(estate), log(estate)]);
    const total = (await stack.sql('select 1 from audit_logs where user_id = $1', [user.id])).length;
    assert.ok(total >= before + 2);
    await shows(tab, 'logs', 'total', total);
    await shows(tab, 'summary', 'totalActions', total);
    await shows(tab, 'summary', 'actionsByType.told', 2);
    await remove('workflow_executions', run.id);
    await shows(tab, 'runs', 'total', 1);
  });
}
