// @ts-check
// Refreshes that are overtaken by a write still show current rows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VERSIONS, useHooks } from './support/world.mjs';

const { stack, openHooks, newUser, newWorkflow, newExecutions, insert, takeProblems } = await useHooks();

/** @typedef {import('./support/world.mjs').User} User */
/** @typedef {import('../e2e/support/world.mjs').Tab} Tab */

/**
 * A page whose reads of one kind are held back while `isHolding` is set.
 *
 * @param {string} version
 * @param {User} user
 * @param {string} held a part of the URL
 */
async function openGated(version, user, held) {
  const tab = await openHooks(version, user, { configured: false });
  await tab.run((held) => {
    const gate = gatedFetch(
      (url, { method }) =>
        method === 'GET' && url.includes(held) && /** @type {any} */ (globalThis).isHolding === true,
    );
    const { url, key } = env;
    react.configure({ url, key, accessToken: () => env.token, fetch: gate.fetch });
    Object.assign(globalThis, { gate });
  }, held);
  return tab;
}

/**
 * Refreshes, changes a row while the response is in transit, and returns what is shown before and after the last response.
 *
 * @param {Tab} tab
 * @param {string} refresh the name of the function
 * @param {string} write the name of a function of `db`
 * @param {unknown[]} args
 */
const refreshOvertaken = (tab, refresh, write, args) =>
  tab.run(async ([refresh, write, args]) => {
    const { gate } = /** @type {any} */ (globalThis);
    Object.assign(globalThis, { isHolding: true });
    const refreshing = latest('shown')[refresh]();
    await until(() => latest('shown').loading);
    await gate.arrived(1);
    await /** @type {any} */ (db)[write](...args);
    gate.release();
    await gate.arrived(1);
    await until(() => !latest('shown').isSaving);
    const between = view('shown');
    Object.assign(globalThis, { isHolding: false });
    gate.release();
    await refreshing;
    return { between, after: await settledView('shown') };
  }, /** @type {const} */ ([refresh, write, args]));

for (const version of VERSIONS) {
  const it = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) =>
    test(`React ${version}: ${name}`, run);

  it('a refresh of workflows overtaken by an own write shows both changes, and loads until then', async () => {
    const user = await newUser('ada');
    const [alpha, beta] = [
      await newWorkflow(user, { name: 'alpha' }),
      await newWorkflow(user, { name: 'beta' }),
    ];
    const tab = await openGated(version, user, '/workflows?');
    await tab.run((userId) => {
      show('shown', 'useWorkflows', [userId, { realtime: false }]);
      return settledView('shown');
    }, user.id);
    await stack.sql("update workflows set name = 'renamed' where id = $1", [alpha.id]);
    const { between, after } = await refreshOvertaken(tab, 'refreshWorkflows', 'updateWorkflow', [
      beta.id,
      { description: 'x' },
    ]);
    const shown = (/** @type {any} */ { workflows }) =>
      workflows.map((/** @type {any} */ row) => [row.name, row.description]).sort();
    assert.deepEqual(
      [between.loading, shown(between)],
      [
        true,
        [
          ['alpha', null],
          ['beta', 'x'],
        ],
      ],
    );
    assert.deepEqual(
      [after.error, shown(after)],
      [
        null,
        [
          ['beta', 'x'],
          ['renamed', null],
        ],
      ],
    );
  });

  it('a refresh of one workflow overtaken by an own write shows both changes', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const node = { workflow_id: workflow.id, node_type: 't' };
    const tab = await openGated(version, user, '/workflows?');
    await tab.run((id) => {
      show('shown', 'useWorkflow', [id]);
      return settledView('shown');
    }, workflow.id);
    await tab.run(() => react.getRealtimeManager().unsubscribeAll());
    await insert('workflow_nodes', [{ ...node, node_id: 'theirs' }]);
    const { between, after } = await refreshOvertaken(tab, 'refreshWorkflow', 'createWorkflowNode', [
      { ...node, node_id: 'ours' },
    ]);
    const shown = (/** @type {any} */ { workflow }) =>
      workflow.nodes.map((/** @type {any} */ row) => row.node_id).sort();
    assert.equal(between.loading, true);
    assert.deepEqual(shown(after), ['ours', 'theirs']);
  });

  it('a refresh of a page overtaken by an own write shows both changes', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const [run] = await newExecutions(workflow, [{ created_at: '2024-01-01' }]);
    const tab = await openGated(version, user, '/workflow_executions?');
    await tab.run((id) => {
      show('shown', 'useExecutionHistory', [id, { realtime: false }]);
      return settledView('shown');
    }, workflow.id);
    await newExecutions(workflow, [{}]);
    const { between, after } = await refreshOvertaken(tab, 'refresh', 'updateExecution', [
      run.id,
      { status: 'failed' },
    ]);
    assert.deepEqual([between.loading, between.total], [true, 1]);
    const shown = after.data.map((/** @type {any} */ { status }) => status);
    assert.deepEqual([after.total, shown.at(-1), after.error], [2, 'failed', null]);
  });

  it('a refresh of audit entries overtaken by an own write shows both changes', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openGated(version, user, '/audit_logs?');
    const before = await tab.run((userId) => {
      show('shown', 'useAuditLogs', [userId, { realtime: false }]);
      return settledView('shown');
    }, user.id);
    await insert('audit_logs', [{ user_id: user.id, action: 'theirs', resource_type: 'x' }]);
    const { after } = await refreshOvertaken(tab, 'refreshLogs', 'updateWorkflow', [
      workflow.id,
      { name: 'ours' },
    ]);
    assert.equal(after.total, before.total + 2);
  });
}

test('React 19: use() of a missing row or of a page does not loop, and reads again after a change', async () => {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user);
  const tab = await openHooks('19', user);
  const missing = crypto.randomUUID();
  const asked = () => stack.requests.count({ method: 'GET' });
  // The page is answered when the row is shown already: it is no change for the row.
  stack.faults.add({
    match: { method: 'GET', path: '/workflow_executions' },
    action: 'latency',
    ms: 300,
  });
  const render = () =>
    tab.run(async ([missing, workflowId]) => {
      const from = { row: given('row')?.length ?? 0, page: given('page')?.length ?? 0 };
      show('row', 'use getWorkflow', [missing]);
      show('page', 'use getExecutionHistory', [workflowId]);
      await until(() => given('row').length > from.row && given('page').length > from.page);
      // Gives React the chance to render again.
      await new Promise((resolve) => setTimeout(resolve, 100));
      return [latest('row').answer?.name ?? null, latest('page').answer.total];
    }, /** @type {const} */ ([missing, workflow.id]));
  assert.deepEqual(await render(), [null, 0]);
  const before = asked();
  assert.ok(before <= 4, `${before} requests`);
  assert.deepEqual(await render(), [null, 0]);
  assert.equal(asked(), before);
  await tab.run(async ([id, workflowId, userId]) => {
    await db.createWorkflow(userId, { id, name: 'made' });
    await db.createExecution({ workflow_id: workflowId, user_id: userId });
  }, /** @type {const} */ ([missing, workflow.id, user.id]));
  assert.deepEqual(await render(), ['made', 1]);
  // In development, React warns if a suspended component renders for another reason before its data arrives.
  for (const problem of takeProblems()) assert.match(problem, /suspended by an uncached promise/);
});

test('React 19: use() does not keep a page that a write overtook', async () => {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user);
  const tab = await openGated('19', user, '/workflow_executions?');
  const totals = await tab.run(async ([workflowId, userId]) => {
    const { gate } = /** @type {any} */ (globalThis);
    const render = () => show('page', 'use getExecutionHistory', [workflowId]);
    Object.assign(globalThis, { isHolding: true });
    render();
    await gate.arrived(1);
    await db.createExecution({ workflow_id: workflowId, user_id: userId });
    Object.assign(globalThis, { isHolding: false });
    gate.release();
    await until(() => given('page')?.length > 0);
    const first = latest('page').answer.total;
    render();
    await until(() => latest('page').answer.total !== first);
    return [first, latest('page').answer.total];
  }, /** @type {const} */ ([workflow.id, user.id]));
  assert.deepEqual(totals, [0, 1]);
  for (const problem of takeProblems()) assert.match(problem, /suspended by an uncached promise/);
});
