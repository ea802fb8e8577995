// @ts-check
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { until } from '../../e2e/support/until.mjs';

/** @typedef {import('../guide.test.mjs').Scenario} Scenario */

/** @type {Record<string, Scenario>} */
export const components = {
  async list(block, { open, newUser, newWorkflow, rows, stack, texts }) {
    const user = await newUser();
    const kept = await newWorkflow(user, { name: 'Kept' });
    await newWorkflow(user, { name: 'Archived' });
    await newWorkflow(user, { name: 'Deleted' });
    const page = await open(block, { as: user, mount: 'WorkflowList' });
    await texts(page, 'li', ({ length }) => length === 3);
    const item = (/** @type {string} */ name) => page.locator('li', { hasText: new RegExp(`^${name}`) });
    await item('Archived').getByRole('button', { name: 'Archive', exact: true }).click();
    await item('Deleted').getByRole('button', { name: 'Delete', exact: true }).click();
    await texts(page, 'li', ({ length }) => length === 1);
    await page.getByRole('button', { name: 'New' }).click();
    await texts(page, 'li', (items) => items.length === 2 && items[0].startsWith('Untitled 2'));
    const left = await rows('workflows', 'where user_id = $1 order by name', [user.id]);
    assert.deepEqual(
      left.map(({ name, archived_at }) => [name, archived_at !== null]),
      [
        ['Archived', true],
        ['Kept', false],
        ['Untitled 2', false],
      ],
    );
    await stack.sql("update public.workflows set name = 'From elsewhere' where id = $1", [kept.id]);
    await item('From elsewhere').waitFor();
    // A name that is taken is reported, and nothing else happens.
    await item('From elsewhere').getByRole('button', { name: 'Delete' }).click();
    await texts(page, 'li', ({ length }) => length === 1);
    await stack.sql("insert into public.workflows (user_id, name) values ($1, 'Untitled 3')", [user.id]);
    await texts(page, 'li', ({ length }) => length === 2);
    await page.getByRole('button', { name: 'New' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  },

  async workflow(block, { open, newUser, newEstate, rows, row, stack, texts }) {
    const user = await newUser();
    const { workflow, nodes } = await newEstate(user);
    const page = await open(block, {
      as: user,
      mount: 'WorkflowEditor',
      props: { workflowId: workflow.id },
    });
    await texts(page, 'li', ({ length }) => length === 3);
    const button = (/** @type {string} */ name) => page.getByRole('button', { name, exact: true });
    await button('Make public').click();
    await button('Make private').waitFor();
    await button('Add a node').click();
    await button('Add a node').click();
    await texts(page, 'li', (items) => items.length === 5 && items[4] === 'Text');
    await button('Save').click();
    await page.waitForSelector('button:disabled:text-is("Save")');
    const saved = await rows('workflow_nodes', 'where workflow_id = $1 order by created_at, id', [
      workflow.id,
    ]);
    assert.equal(saved.length, 5);
    for (const node of nodes)
      assert.deepEqual(
        saved.find(({ id }) => id === node.id),
        node,
      );
    await texts(page, 'p', (items) => items.includes('4 connections'));
    assert.equal((await row('workflows', workflow.id)).is_public, true);
    // Someone else saves between a change and its saving.
    await button('Add a node').click();
    await stack.sql("update public.workflows set description = 'x', updated_at = now() where id = $1", [
      workflow.id,
    ]);
    await button('Save').click();
    await texts(page, '[role=alert]', ([text]) => text?.startsWith('Someone else'));
    await button('Discard').click();
    await texts(page, 'li', ({ length }) => length === 5);
  },

  async keys(block, { open, newUser, rows, stack, texts }) {
    const user = await newUser();
    const page = await open(block, { as: user, mount: 'ApiKeyManager' });
    await texts(page, 'p', ([text]) => text === 'There is no master key.');
    await page.getByPlaceholder('Service').fill('replicate');
    await page.getByPlaceholder('Secret').fill('r8-secret');
    await page.getByRole('button', { name: 'Store' }).click();
    await texts(page, 'li', ([text]) => text?.startsWith('replicate: ••••'));
    assert.equal(await page.getByPlaceholder('Secret').inputValue(), '');
    const [stored] = await rows('api_keys', 'where user_id = $1', [user.id]);
    assert.ok(!stored.encrypted_key.includes('r8-secret'));
    await page.getByRole('button', { name: 'Show' }).click();
    await texts(page, 'li', ([text]) => text.startsWith('replicate: r8-secret'));
    await page.getByRole('button', { name: 'Hide' }).click();
    await texts(page, 'li', ([text]) => !text.includes('r8-secret'));
    await page.getByRole('button', { name: 'Make master' }).click();
    await texts(page, 'p', ([text]) => text === 'There is a master key.');
    const log = await rows('audit_logs', "where user_id = $1 and action = 'api_key_revealed'", [user.id]);
    assert.equal(log.length, 1);
    stack.faults.add({ match: { path: 'store_api_key' }, action: 'status', status: 403 });
    await page.getByPlaceholder('Service').fill('openai');
    await page.getByPlaceholder('Secret').fill('sk');
    await page.getByRole('button', { name: 'Store' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await texts(page, 'li', ({ length }) => length === 0);
  },

  async audit(block, { open, newUser, newWorkflow, insert, texts }) {
    const user = await newUser();
    for (let index = 0; index < 11; index++) await newWorkflow(user);
    await insert('api_keys', [{ user_id: user.id, service_name: 'openai', encrypted_key: 'x' }]);
    const page = await open(block, { as: user, mount: 'AuditTrail' });
    await texts(page, 'li', ({ length }) => length === 10);
    await texts(page, 'p', ([summary]) => /^12 actions, 11 .*: api_key_created$/.test(summary));
    await page.getByRole('button', { name: 'Older' }).click();
    await texts(page, 'p', (items) => items.includes('Page 2 of 2'));
    await texts(page, 'li', ({ length }) => length === 2);
    await page.locator('select').selectOption('api_key');
    await texts(page, 'li', ({ length }) => length === 1);
    await texts(page, 'p', (items) => items.includes('Page 1 of 1'));
    await page.locator('select').selectOption('workflow');
    await texts(page, 'li', ({ length }) => length === 10);
    await newWorkflow(user);
    await texts(page, 'p', ([summary]) => /^13 actions/.test(summary));
  },

  async run(block, { open, newUser, newEstate, rows, stack, texts }) {
    const user = await newUser();
    const { workflow } = await newEstate(user);
    const page = await open(block, { as: user, mount: 'Runner', props: { workflowId: workflow.id } });
    const runs = async () => {
      const where = 'where workflow_id = $1 and node_count = 3 order by created_at';
      return (await rows('workflow_executions', where, [workflow.id])).map(({ status }) => status);
    };
    await page.getByRole('button', { name: 'Run' }).click();
    await texts(page, 'p', ([text]) => text === '3 of 3, 0 failed: completed');
    assert.equal(await page.locator('progress').getAttribute('value'), '100');
    await stack.sql(
      `update public.workflow_nodes set config = '{"fail": true}' where workflow_id = $1 and node_id = 'b'`,
      [workflow.id],
    );
    await page.waitForFunction(
      // What `useWorkflow` shows, from the cache: a separate read could be ahead of it.
      async (id) => (await wdb.db.getWorkflowWithRelations(id))?.nodes.some(({ config }) => config.fail),
      workflow.id,
    );
    // React renders it a moment later: until then, the button runs the old one.
    await until(async () => {
      const { length } = await runs();
      await page.getByRole('button', { name: 'Run' }).click();
      const [last] = await until(async () => {
        const made = (await runs()).slice(length);
        return /completed|failed/.test(made[0]) && made;
      });
      return last === 'failed';
    });
    await texts(page, 'p', ([text]) => /^[012] of 3, 1 failed: failed$/.test(text));
    await texts(page, '[role=alert]', ([text]) => text?.includes('configured to fail'));
    assert.deepEqual((await runs()).slice(-2), ['completed', 'failed']);
  },

  async settings(block, { open, newUser, rows, texts }) {
    const user = await newUser();
    const page = await open(block, { as: user, mount: 'Settings' });
    const theme = page.locator('select');
    await theme.waitFor();
    assert.equal(await theme.inputValue(), 'auto');
    await theme.selectOption('dark');
    await page.locator('input[type=color]').fill('#123456');
    const saved = async () => [
      (await rows('brand_settings', 'where user_id = $1', [user.id]))[0]?.primary_color,
      (await rows('account_settings', 'where user_id = $1', [user.id]))[0]?.theme,
    ];
    await until(async () => isDeepStrictEqual(await saved(), ['#123456', 'dark']));
    await page.getByRole('button', { name: 'Reset' }).click();
    await until(async () => isDeepStrictEqual(await saved(), ['#000000', 'auto']));
    assert.equal(await theme.inputValue(), 'auto');
    await texts(page, '[role=alert]', ({ length }) => length === 0);
  },

  async dashboard(block, { open, newUser, newEstate, newWorkflow, newExecutions, texts }) {
    const user = await newUser();
    const { workflow } = await newEstate(user);
    const other = await newWorkflow(user);
    await newExecutions(other, [{ status: 'failed' }, { status: 'failed' }]);
    const page = await open(block, { as: user, mount: 'Dashboard' });
    await texts(page, 'p', ([text]) => text === `${other.name}: 0 nodes, 2 runs, the last one failed`);
    await page.locator('select').selectOption(workflow.id);
    await texts(page, 'p', ([text]) => text === `${workflow.name}: 3 nodes, 1 runs, the last one running`);
    await texts(page, 'p', (items) => items[1].split(', ').length === 3);
  },

  async watch(block, { open, live, newUser, newWorkflow, newExecutions, texts }) {
    const user = await newUser();
    const page = await open(block, { as: user, mount: 'FailureCount' });
    await live(page);
    const workflow = await newWorkflow(user);
    await newExecutions(workflow, [{ status: 'failed' }, { status: 'completed' }, { status: 'failed' }]);
    await texts(page, 'p', ([text]) => text === '2 failures since you opened this page');
  },

  async devtools(block, { open, newUser, newWorkflow, texts }) {
    const user = await newUser();
    await newWorkflow(user);
    const page = await open(block, { as: user, mount: 'Root' });
    await texts(page, 'p', ([text]) => text === '1 workflows');
    await page.getByRole('button').first().click();
    await page.getByText(`workflows:${user.id}`).first().waitFor();
  },

  async first(block, { open, newUser, newWorkflow, texts }) {
    const user = await newUser();
    const read = await newWorkflow(user);
    const props = { userId: user.id, first: [{ ...read, name: 'As the server read it' }] };
    const page = await open(block, { as: user, mount: 'Workflows', props });
    await texts(page, 'li', ([name]) => name === read.name);
  },
};
