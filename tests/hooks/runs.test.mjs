// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VERSIONS, useHooks } from './support/world.mjs';

const { stack, openHooks, newUser, newWorkflow, newExecutions, insert, row } = await useHooks();

const QUIET = { loading: false, error: null, isFetching: false };

/** A run of four nodes, three of which have results. */
async function newRun() {
  const user = await newUser('ada');
  const [execution] = await newExecutions(await newWorkflow(user), [{ node_count: 4 }]);
  const results = await insert(
    'execution_node_results',
    ['completed', 'failed', 'running'].map((status, index) => ({
      ...{ execution_id: execution.id, node_id: `n${index}`, node_type: 'text_input', status },
      created_at: `2024-01-0${index + 1}T00:00:00`,
    })),
  );
  return { user, execution, results };
}

for (const version of VERSIONS) {
  const it = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) =>
    test(`React ${version}: ${name}`, run);

  it('useExecution returns every field, and is updated at once', async () => {
    const { user, execution, results } = await newRun();
    const tab = await openHooks(version, user);
    stack.faults.add({ match: { method: 'PATCH' }, action: 'latency', ms: 300 });
    const facts = await tab.run(async (id) => {
      show('run', 'useExecution', [id]);
      await until(() => latest('run'));
      const first = view('run');
      const loaded = await settledView('run');
      const before = latest('run');
      const found = [
        before.getNodeResult('n1'),
        before.getNodeResult('none'),
        before.getResultsByStatus('failed'),
      ];
      const written = before.updateExecution({ status: 'failed' });
      await until(() => latest('run').isUpdating);
      const early = view('run');
      const answer = await written;
      const after = await settledView('run');
      await before.refresh();
      const names = ['updateExecution', 'refresh', 'getNodeResult', 'getResultsByStatus'];
      return {
        first,
        loaded,
        found,
        early,
        answer,
        after,
        isStable: names.every((n) => before[n] === latest('run')[n]),
      };
    }, execution.id);
    const nothing = { execution: null, nodeResults: [], isUpdating: false };
    assert.deepEqual(facts.first, { ...nothing, loading: true, error: null, isFetching: true });
    assert.deepEqual(facts.loaded, { execution, nodeResults: results, isUpdating: false, ...QUIET });
    assert.deepEqual(facts.found, [results[1], undefined, [results[1]]]);
    assert.deepEqual(facts.early.execution, { ...execution, status: 'failed' });
    assert.deepEqual(
      [facts.answer, facts.after.execution],
      Array(2).fill(await row('workflow_executions', execution.id)),
    );
    assert.deepEqual([facts.after.isUpdating, facts.isStable], [false, true]);
  });

  it('useExecutionProgress counts results, including own writes', async () => {
    const { user, execution, results } = await newRun();
    const tab = await openHooks(version, user);
    const facts = await tab.run(async ([id, result]) => {
      show('none', 'useExecutionProgress', ['']);
      show('progress', 'useExecutionProgress', [id]);
      const loaded = await settledView('progress');
      await db.updateExecutionResult(result, { status: 'completed' });
      for (const node_id of ['n3', 'n4']) {
        await db.createExecutionResult({ execution_id: id, node_id, node_type: 'x', status: 'completed' });
      }
      await db.updateExecution(id, { status: 'completed' });
      await until(() => latest('progress').isCompleted);
      return { none: view('none'), loaded, done: await settledView('progress') };
    }, /** @type {const} */ ([execution.id, results[2].id]));
    assert.deepEqual(facts.loaded, {
      ...{
        execution,
        totalNodes: 4,
        completedCount: 1,
        failedCount: 1,
        runningCount: 1,
        progressPercent: 25,
      },
      ...{ isCompleted: false, isFailed: false, isRunning: true, ...QUIET },
    });
    assert.deepEqual(facts.done, {
      execution: await row('workflow_executions', execution.id),
      ...{ totalNodes: 5, completedCount: 4, failedCount: 1, runningCount: 0, progressPercent: 80 },
      ...{ isCompleted: true, isFailed: false, isRunning: false, ...QUIET },
    });
    assert.deepEqual(facts.none, {
      ...{
        execution: null,
        totalNodes: 0,
        completedCount: 0,
        failedCount: 0,
        runningCount: 0,
        progressPercent: 0,
      },
      ...{ isCompleted: false, isFailed: false, isRunning: false, ...QUIET },
    });
  });
}
