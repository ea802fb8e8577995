// @ts-check
// docs/offline.md.
import assert from 'node:assert/strict';
import { until } from '../../e2e/support/until.mjs';

/** @typedef {import('../guide.test.mjs').Scenario} Scenario */

/** @type {Record<string, Scenario>} */
export const offline = {
  async 'offline-setup'(block, { open, newUser, newWorkflow }) {
    const user = await newUser();
    const { id } = await newWorkflow(user, { name: 'Kept' });
    const page = await open(block, { as: user });
    const name = await page.evaluate(async (id) => {
      await wdb.db.with({ queue: true }).updateWorkflow(id, { name: 'Queued' });
      return (await wdb.db.getWorkflow(id))?.name;
    }, id);
    assert.equal(name, 'Queued');
  },

  async 'offline-read'(block, { open, newUser, newWorkflow, stack }) {
    const user = await newUser();
    const { id } = await newWorkflow(user, { name: 'Kept' });
    const page = await open(block, { as: user });
    const load = () =>
      page.evaluate(async (id) => {
        const { workflow, isCurrent } = await block.load(id);
        return [workflow.name, isCurrent];
      }, id);
    assert.deepEqual(await load(), ['Kept', true]);
    stack.faults.add({ match: { path: '/workflows' }, action: 'status', status: 503, times: 'always' });
    assert.deepEqual(await load(), ['Kept', false]);
  },

  async 'offline-write'(block, { open, newUser, rows, blockOf }) {
    const user = await newUser();
    const page = await openOffline(block, { open, blockOf }, user);
    const id = await page.evaluate(async () => (await block.sketch()).id);
    await until(async () => (await rows('workflow_nodes', 'where workflow_id = $1', [id])).length === 1);
    await until(async () => (await rows('workflows', 'where id = $1', [id]))[0].description === 'Sent later');
  },

  async 'offline-outbox'(block, { open, newUser, newWorkflow, blockOf }) {
    const user = await newUser();
    const { id } = await newWorkflow(user);
    const page = await openOffline(block, { open, blockOf }, user);
    await page.context().setOffline(true);
    await page.waitForFunction(() => document.title === 'Offline');
    await page.evaluate((id) => wdb.db.with({ queue: true }).updateWorkflow(id, { name: 'Later' }), id);
    await page.context().setOffline(false);
    await page.waitForFunction(() => document.title === '0 to send, 0 refused');
    await page.evaluate(() => block.retryAll());
  },

  async 'use-sync-status'(block, { open, newUser, newWorkflow, newNodes, blockOf, texts }) {
    const user = await newUser();
    const workflow = await newWorkflow(user);
    await newNodes(workflow, ['taken']);
    const page = await openOffline(block, { open, blockOf }, user, 'SyncStatus');
    await page.evaluate(
      (workflow_id) =>
        wdb.db
          .with({ queue: true })
          .createWorkflowNode({ workflow_id, node_id: 'taken', node_type: 'text_input' }),
      workflow.id,
    );
    await page.getByRole('alert').waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await texts(page, 'p', ([first]) => first === 'Online, 0 changes to send');
  },

  async 'offline-erase'(block, { open, newUser }) {
    const page = await open(block, { as: await newUser() });
    await page.evaluate(() => block.forgetThisComputer());
    assert.deepEqual(await page.evaluate(async () => indexedDB.databases()), []);
  },

  async 'offline-persist'(block, { open, newUser }) {
    const page = await open(block, { as: await newUser() });
    assert.equal(typeof (await page.evaluate(() => block.keep())), 'boolean');
  },
};

/**
 * A page that runs a block after the guide's own set-up.
 *
 * @param {Parameters<Scenario>[0]} block
 * @param {Pick<Parameters<Scenario>[1], 'open' | 'blockOf'>} guide
 * @param {Parameters<Parameters<Scenario>[1]['open']>[1]['as']} user
 * @param {string} [mount]
 */
function openOffline(block, { open, blockOf }, user, mount) {
  const code = `${blockOf('offline-setup').code}\n${block.code}`;
  return open({ ...block, code }, { as: user, ...(mount && { mount, props: {} }) });
}
