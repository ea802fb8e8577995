// @ts-check
// Several devices change the same rows without a network.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useDevices } from './support/offline.mjs';
import { until } from './support/until.mjs';

const { stack, newDevice, newUser, newWorkflow, newMember, newNodes, row, rows } = await useDevices({
  members: true,
});

/** Two devices of a user, both of which show a workflow and have no network. */
async function twoDevices() {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user, { name: 'First', description: 'First' });
  await newNodes(workflow, ['a', 'b']);
  const devices = [await newDevice(), await newDevice()];
  const [phone, laptop] = [await devices[0].open({ as: user }), await devices[1].open({ as: user })];
  for (const tab of [phone, laptop]) await tab.run((id) => db.getWorkflowWithRelations(id), workflow.id);
  for (const device of devices) await device.goOffline();
  const [phoneOnline, laptopOnline] = devices.map((device) => device.goOnline);
  return { user, workflow, phone, laptop, phoneOnline, laptopOnline };
}

/** A device of a user who edits another user's workflow. It shows the workflow and has no network. */
async function editorsDevice() {
  const [ada, grace] = [await newUser('ada'), await newUser('grace')];
  const shared = await newWorkflow(ada, { name: 'Shared' });
  await newMember(shared.id, grace, 'editor');
  const device = await newDevice();
  const tab = await device.open({ as: grace });
  await tab.run((id) => db.getWorkflow(id), shared.id);
  await device.goOffline();
  return { grace, shared, device, tab };
}

test('changes of different columns of one row on two devices are both made', async () => {
  const { workflow, phone, laptop, phoneOnline, laptopOnline } = await twoDevices();
  await phone.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Phone' }), workflow.id);
  await laptop.run(
    (id) => db.with({ queue: true }).updateWorkflow(id, { description: 'Laptop' }),
    workflow.id,
  );
  await phoneOnline();
  await phone.run(() => sent());
  await laptopOnline();
  await laptop.run(() => sent());
  const made = await row('workflows', workflow.id);
  assert.deepEqual([made?.name, made?.description], ['Phone', 'Laptop']);
});

test('a change with ifUpdatedAt of a row that another device changed fails with CONFLICT', async () => {
  const { workflow, phone, laptop, phoneOnline, laptopOnline } = await twoDevices();
  const rename = (/** @type {[string, string]} */ [id, name]) => {
    const { updated_at } = /** @type {any} */ (cache.peek(`workflow:${id}`));
    return db.with({ queue: true }).updateWorkflow(id, { name }, { ifUpdatedAt: updated_at });
  };
  await phone.run(rename, [workflow.id, 'Phone']);
  await laptop.run(rename, [workflow.id, 'Laptop']);
  await phoneOnline();
  await phone.run(() => sent());
  await laptopOnline();
  await until(async () => (await laptop.outbox()).failed === 1);
  assert.deepEqual((await laptop.outbox()).list, ['workflows update failed CONFLICT']);
  assert.equal((await row('workflows', workflow.id))?.name, 'Phone');
  const shown = await laptop.run(async (id) => (await db.getWorkflow(id))?.name, workflow.id);
  assert.equal(shown, 'Phone', 'it is rolled back');
});

test('graphs that two devices saved with a base are merged', async () => {
  const { workflow, phone, laptop, phoneOnline, laptopOnline } = await twoDevices();
  const label = (/** @type {[string, string]} */ [id, nodeId]) => {
    const base = /** @type {any} */ (cache.peek(`workflow:${id}?relations`));
    const nodes = base.nodes.map((/** @type {any} */ node) =>
      node.node_id === nodeId ? { ...node, label: 'changed' } : node,
    );
    const graph = { nodes, connections: base.connections };
    return db.with({ queue: true }).saveWorkflowGraph(id, graph, { base });
  };
  await phone.run(label, [workflow.id, 'a']);
  await laptop.run(label, [workflow.id, 'b']);
  await phoneOnline();
  await phone.run(() => sent());
  await laptopOnline();
  await laptop.run(() => sent());
  const nodes = await rows('workflow_nodes', 'where workflow_id = $1 order by node_id', [workflow.id]);
  assert.deepEqual(
    nodes.map(({ node_id, label }) => [node_id, label]),
    [
      ['a', 'changed'],
      ['b', 'changed'],
    ],
  );
});

test('a row that two devices delete is gone, and neither deletion is refused', async () => {
  const { workflow, phone, laptop, phoneOnline, laptopOnline } = await twoDevices();
  for (const tab of [phone, laptop])
    await tab.run((id) => db.with({ queue: true }).deleteWorkflow(id), workflow.id);
  await phoneOnline();
  await phone.run(() => sent());
  await laptopOnline();
  await laptop.run(() => sent());
  assert.equal(await row('workflows', workflow.id), null);
  for (const tab of [phone, laptop]) assert.deepEqual((await tab.outbox()).list, []);
});

test('a deletion by a member who may not delete is refused, also when it is tried again, and the row is back', async () => {
  const { shared, device, tab } = await editorsDevice();
  await tab.run((id) => db.with({ queue: true }).deleteWorkflow(id), shared.id);
  await device.goOnline();
  await until(async () => (await tab.outbox()).failed === 1);
  const attempts = await tab.run(async () => {
    await outbox.retry(String(outbox.list()[0]?.id));
    await until(() => outbox.pending === 0);
    return outbox.list().map(({ attempts }) => attempts);
  });
  assert.deepEqual([(await tab.outbox()).list, attempts], [['workflows delete failed NOT_FOUND'], [2]]);
  assert.equal(await tab.run(async (id) => (await db.getWorkflow(id))?.name, shared.id), 'Shared');
});

test('a change of a shared workflow is refused after its owner ended the membership, and others are made', async () => {
  const { grace, shared, device, tab } = await editorsDevice();
  const own = await newWorkflow(grace, { name: 'Own' });
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Edited' }), shared.id);
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Renamed' }), own.id);
  await stack.sql('delete from workflow_members where workflow_id = $1', [shared.id]);
  await device.goOnline();
  await until(async () => (await tab.outbox()).failed === 1 && (await tab.outbox()).pending === 0);
  assert.deepEqual((await tab.outbox()).list, ['workflows update failed NOT_FOUND']);
  assert.equal((await row('workflows', shared.id))?.name, 'Shared');
  assert.equal((await row('workflows', own.id))?.name, 'Renamed');
});
