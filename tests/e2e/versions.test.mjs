// @ts-check
// `ifUpdatedAt` with a real database: own writes never conflict with each other; writes by other clients do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, row, newUser, newWorkflow } = world;
const ada = await newUser('ada');
const tab = await world.open({ as: ada, keep: true, options: { retry: { initialBackoffMs: 5 } } });
const WRITES = { method: 'POST', path: '/rpc/save_workflow_graph' };

/** A workflow that the page has read. */
async function newShown() {
  const workflow = await newWorkflow(ada);
  await tab.calls(['getWorkflowWithRelations', workflow.id]);
  return workflow;
}

/**
 * Changes a column and saves a graph at the same time, both with the version that the page has read. Returns the code
 * of the save's error, if any.
 *
 * @param {{ id: string, updated_at: string }} workflow
 */
const patchAndSave = (workflow) =>
  tab.run(async ([id, version]) => {
    const graph = { nodes: [{ node_id: 'n', node_type: 't' }], connections: [] };
    const writes = [
      db.updateWorkflow(id, { is_public: true }),
      db.saveWorkflowGraph(id, graph, { ifUpdatedAt: version }),
      db.updateWorkflow(id, { description: 'd' }, { ifUpdatedAt: version }),
    ];
    const outcomes = await Promise.all(writes.map((write) => outcome(write)));
    return outcomes.map(({ error }) => error?.code ?? null);
  }, /** @type {const} */ ([workflow.id, workflow.updated_at]));

test('writes sent before the responses to earlier ones apply to their results', async () => {
  const workflow = await newShown();
  stack.faults.add({ match: { method: 'PATCH' }, action: 'latencyAfter', ms: 300 });
  assert.deepEqual(await patchAndSave(workflow), [null, null, null]);
  const { is_public, description } = await row('workflows', workflow.id);
  assert.deepEqual({ is_public, description }, { is_public: true, description: 'd' });
});

test('a save with a lost response is an own write', async () => {
  const workflow = await newShown();
  stack.faults.add({ match: WRITES, action: 'resetAfterCommit' });
  stack.faults.add({ match: { method: 'PATCH' }, action: 'resetAfterCommit' });
  assert.deepEqual(await patchAndSave(workflow), [null, null, null]);
});

test('a change by another client in between is a conflict', async () => {
  const workflow = await newShown();
  await tab.calls(['updateWorkflow', workflow.id, { is_public: true }]);
  await stack.sql("update workflows set description = 'x', updated_at = now() where id = $1", [workflow.id]);
  assert.deepEqual(await patchAndSave(workflow), [null, 'CONFLICT', 'CONFLICT']);
});

test('another page of the same user is another client', async () => {
  const workflow = await newShown();
  const second = await world.open({ as: ada });
  await second.calls(['getWorkflow', workflow.id], ['updateWorkflow', workflow.id, { name: 'theirs' }]);
  assert.deepEqual(await patchAndSave(workflow), [null, 'CONFLICT', 'CONFLICT']);
});
