// @ts-check
// Subscriptions with a filter of the application, and refusals by the server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useLive } from './support/live.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { newUser, newEstate, newExecutions, newWorkflow, stack } = world;
const { follow, begin, told, hears, rest, status, stands, change, remove } = useLive(world);

/** A new user with one row in each table, and their page. */
async function openPage() {
  const ada = await newUser('ada');
  const estate = await newEstate(ada);
  return { ada, estate, tab: await world.open({ as: ada }) };
}

const typesAndIds = (/** @type {any[]} */ heard) => heard.map(({ type, record }) => [type, record.id]);

test('a filter without a scope reports every matching row that the user may see', async () => {
  const { estate, tab } = await openPage();
  await follow(tab, 'workflow_executions', { filter: 'status=eq.failed' });
  const stranger = await newEstate(await newUser('eve'));
  await newExecutions(stranger.workflow, [{ status: 'failed' }]);
  await newExecutions(estate.workflow, [{ status: 'running' }]);
  const [failed] = await newExecutions(estate.workflow, [{ status: 'failed' }]);
  await hears(tab, 1);
  await rest();
  assert.deepEqual(typesAndIds(await told(tab)), [['INSERT', failed.id]]);
  await remove('workflow_executions', failed.id);
  assert.deepEqual(typesAndIds(await hears(tab, 2))[1], ['DELETE', failed.id]);
});

test('with a scope, a row that leaves the filter is reported as DELETE, and as INSERT when it returns', async () => {
  const { ada, estate, tab } = await openPage();
  await follow(tab, 'workflow_executions', { scope: ada.id, filter: 'status=eq.running' });
  const { id } = estate.execution;
  await change('workflow_executions', id, 'status', 'completed');
  await hears(tab, 1);
  await change('workflow_executions', id, 'node_count', 4);
  await change('workflow_executions', id, 'status', 'running');
  await hears(tab, 2);
  await rest();
  const heard = await told(tab);
  assert.deepEqual(typesAndIds(heard), [
    ['DELETE', id],
    ['INSERT', id],
  ]);
  assert.deepEqual([heard[0].record.status, heard[1].record.node_count], ['running', 4]);
});

test('without a scope, a row that left the filter is found when the scope is read again', async () => {
  const { estate, tab } = await openPage();
  await follow(tab, 'workflow_executions', { filter: 'status=eq.running' });
  const { id } = estate.execution;
  await change('workflow_executions', id, 'status', 'completed');
  await rest();
  assert.deepEqual(await told(tab), []);
  stack.realtime.drop();
  const [{ type, record, origin }] = await hears(tab, 1);
  assert.deepEqual([type, record.id, origin], ['DELETE', id, 'resync']);
});

test('a filter that the server refuses affects only its own handle', async () => {
  const { ada, tab } = await openPage();
  await begin(tab, 'workflow_executions', { scope: ada.id, filter: 'node_count=eq.many' }, 'refused');
  await begin(tab, 'workflow_executions', { scope: ada.id }, 'good');
  await begin(tab, 'workflows', { scope: ada.id }, 'others');
  await stands(tab, 'error', 'refused');
  await stands(tab, 'live', 'good');
  await stands(tab, 'live', 'others');
  const error = await tab.run(async () => {
    const { handle } = following.refused;
    const isSame = handle.error === (await handle.ready.catch((/** @type {unknown} */ error) => error));
    return { code: handle.error?.code, details: handle.error?.details, isSame };
  });
  assert.equal(error.code, 'UNKNOWN_ERROR');
  assert.match(String(error.details), /node_count|many|integer/);
  assert.equal(error.isSame, true);
  const workflow = await newWorkflow(ada);
  assert.deepEqual(typesAndIds(await hears(tab, 1, 'others')), [['INSERT', workflow.id]]);
  assert.equal(await status(tab, 'refused'), 'error');
});
