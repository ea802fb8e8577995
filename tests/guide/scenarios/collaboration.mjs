// @ts-check
// docs/merging.md, docs/presence.md and docs/sharing.md.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { until } from '../../e2e/support/until.mjs';

/** @typedef {import('../guide.test.mjs').Scenario} Scenario */

/** @type {Record<string, Scenario>} */
export const merging = {
  async save(block, { open, newUser, newWorkflow, newNodes, rows }) {
    const user = await newUser();
    const workflow = await newWorkflow(user);
    await newNodes(workflow, ['a', 'b']);
    const page = await open(block, { as: user });
    await page.evaluate(
      (id) => Promise.all([block.moveNode(id, 'a', 1, 1), block.moveNode(id, 'b', 2, 2)]),
      workflow.id,
    );
    const nodes = await rows('workflow_nodes', 'where workflow_id = $1 order by node_id', [workflow.id]);
    assert.deepEqual(
      nodes.map(({ position_x }) => position_x),
      [1, 2],
    );
  },

  async resolve(block, { open, newUser, newWorkflow, newNodes, newConnections, rows, stack }) {
    const user = await newUser();
    const workflow = await newWorkflow(user);
    await newNodes(workflow, ['a', 'b', 'c']);
    await newConnections(workflow, ['a>b', 'a>c']);
    const page = await open(block, { as: user });
    await page.evaluate(async (id) => {
      const base = await wdb.db.getWorkflowWithRelations(id);
      Object.assign(globalThis, { base });
    }, workflow.id);
    const change = (/** @type {string} */ sql) => stack.sql(sql, [workflow.id]);
    await change(
      `update public.workflow_nodes set label = 'theirs', position_x = 5, config = '{"deep": {"a": 1}}'
       where workflow_id = $1 and node_id = 'a'`,
    );
    await change("delete from public.workflow_nodes where workflow_id = $1 and node_id = 'b'");
    await change("delete from public.workflow_nodes where workflow_id = $1 and node_id = 'c'");
    const asked = await page.evaluate(async () => {
      const { base } = /** @type {any} */ (globalThis);
      const values = { label: 'mine', position_x: 6, config: { deep: { a: 2 } } };
      const nodes = base.nodes.map((/** @type {any} */ node) => ({ ...node, ...values }));
      /** @type {string[]} */
      const asked = [];
      const edit = { nodes, connections: base.connections };
      await block.saveEdit(base.id, edit, base, async (/** @type {any} */ conflict) => {
        const name = [conflict.node_id, ...conflict.path].join('.');
        asked.push(name);
        return name === 'b' || name === 'a.label' || name === 'a.config.deep.a' ? 'mine' : 'theirs';
      });
      return asked.sort();
    });
    assert.deepEqual(asked, ['a.config.deep.a', 'a.label', 'a.position', 'b', 'c']);
    const nodes = await rows('workflow_nodes', 'where workflow_id = $1 order by node_id', [workflow.id]);
    assert.deepEqual(
      nodes.map(({ node_id, label, position_x, config }) => [node_id, label, position_x, config]),
      [
        ['a', 'mine', 5, { deep: { a: 2 } }],
        ['b', 'mine', 6, { deep: { a: 2 } }],
      ],
    );
    const connections = await rows('workflow_connections', 'where workflow_id = $1', [workflow.id]);
    assert.deepEqual(
      connections.map(({ connection_id }) => connection_id),
      ['a>b'],
    );
  },

  async merge(block, { newUser, open }) {
    const page = await open(block, { as: await newUser() });
    const { merged, conflicts } = await page.evaluate(() => ({
      merged: block.merged,
      conflicts: block.conflicts,
    }));
    assert.deepEqual(merged.nodes[0], {
      node_id: 'prompt',
      node_type: 'text',
      label: 'Idea',
      config: { model: 'small', size: 2 },
      position_x: 0,
      position_y: 0,
    });
    const path = ['config', 'model'];
    assert.deepEqual(conflicts, [{ node_id: 'prompt', path, base: 'small', theirs: 'large', mine: 'tiny' }]);
  },
};

/** @type {Record<string, Scenario>} */
export const presence = {
  async 'use-room'(block, { open, newUser, newWorkflow, texts }) {
    const user = await newUser('ada');
    const props = { workflowId: (await newWorkflow(user)).id };
    const page = await open(block, { as: user, mount: 'Cursors', props });
    await texts(page, 'p', ([count]) => count === '0 others are here');
    await page.mouse.move(10, 10);
  },

  async 'join-room'(block, { open, newUser, newWorkflow }) {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const page = await open(block, { as: user, context: { workflowId: workflow.id } });
    await page.waitForFunction(() => block.room.status === 'live');
    const facts = await page.evaluate(() => {
      const isSent = block.cheer();
      block.leave();
      return [isSent, block.room.status, block.room.workflowId];
    });
    assert.deepEqual(facts, [true, 'closed', workflow.id]);
  },
};

/** @type {Record<string, Scenario>} */
export const sharing = {
  async invite(block, { open, newUser, newWorkflow, rows }) {
    const user = await newUser();
    const { id } = await newWorkflow(user);
    const page = await open(block, { as: user, context: { workflowId: id } });
    const shown = await page.evaluate(() => block.members);
    assert.deepEqual(shown, await rows('workflow_members', 'where workflow_id = $1', [id]));
    assert.deepEqual(
      shown.map(({ email, role }) => [email, role]),
      [['grace@example.com', 'viewer']],
    );
  },

  async 'share-dialog'(block, { open, live, newUser, newWorkflow, rows, texts }) {
    const user = await newUser();
    const { id } = await newWorkflow(user);
    const page = await open(block, { as: user, mount: 'ShareDialog', props: { workflowId: id } });
    await live(page);
    await page.getByLabel('Email', { exact: true }).fill('New@example.com');
    await page.getByRole('button', { name: 'Invite' }).click();
    await texts(page, 'li', ([item]) => item?.startsWith('new@example.com (invited)'));
    await page.getByLabel('Role of new@example.com').selectOption('editor');
    const roles = () => rows('workflow_members', 'where workflow_id = $1', [id]);
    await until(async () => (await roles())[0].role === 'editor');
    await page.getByRole('button', { name: 'Remove' }).click();
    await until(async () => (await roles()).length === 0);
  },

  async accept(block, { open, newUser, newWorkflow, insert, rows }) {
    const [owner, guest] = [await newUser(), await newUser()];
    const workflow = await newWorkflow(owner);
    await insert('workflow_members', [invitationOf(workflow, guest)]);
    const page = await open(block, { as: guest });
    const [member, shared] = await page.evaluate(() => [block.member, block.shared]);
    assert.equal(member.user_id, guest.id);
    assert.deepEqual(shared, [workflow]);
    assert.deepEqual(await rows('workflow_members', 'where workflow_id = $1', [workflow.id]), []);
  },

  async 'shared-with-me'(block, { open, live, newUser, newWorkflow, insert, texts }) {
    const [owner, guest] = [await newUser(), await newUser()];
    const workflow = await newWorkflow(owner);
    const page = await open(block, { as: guest, mount: 'SharedWithMe' });
    await live(page);
    await insert('workflow_members', [invitationOf(workflow, guest)]);
    await page.getByRole('button', { name: 'Accept' }).click();
    await texts(page, 'li', ([item]) => item?.startsWith(workflow.name));
    await page.getByRole('button', { name: 'Leave' }).click();
    await texts(page, 'li', ({ length }) => length === 0);
  },
};

/** @param {import('../../e2e/support/fixtures.mjs').Row} workflow @param {import('../../e2e/support/fixtures.mjs').User} guest */
function invitationOf(workflow, guest) {
  const { id: workflow_id, user_id: invited_by } = workflow;
  return { id: randomUUID(), workflow_id, email: guest.email, role: 'viewer', invited_by };
}
