// @ts-check
// The canvas: drawing, moving and saving, also when two people do so at the same time.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dragBy, eventually, startApp, untilLive } from './support.mjs';

/** @type {import('./support.mjs').RunningApp} */
let app;
let path = '';
let workflowId = '';
before(async () => {
  app = await startApp();
  const [workflow] = await app.stack.sql("select id from workflows where name = 'Product launch video'");
  workflowId = workflow.id;
  path = `#/workflows/${workflowId}`;
});
after(() => app?.stop());

const places = () =>
  app.stack.sql(
    'select id, node_id, label, position_x, position_y, created_at from workflow_nodes where workflow_id = $1 order by created_at, id',
    [workflowId],
  );
const connections = () =>
  app.stack.sql('select source_node_id, target_node_id from workflow_connections where workflow_id = $1', [
    workflowId,
  ]);

test('a dragged node keeps its position and its row after saving and reloading', async () => {
  const { page, problems, close } = await app.visit('Ada', { path });
  const node = page.getByRole('button', { name: /^Step / }).first();
  await node.waitFor();
  const before = await places();
  await dragBy(page, node, 60, 40);
  await page.getByText('Unsaved changes').waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Saved', { exact: true }).waitFor();

  const after = await places();
  const moved = after.filter((row, index) => row.position_x !== before[index]?.position_x);
  assert.equal(moved.length, 1);
  assert.deepEqual(
    after.map((row) => row.id),
    before.map((row) => row.id),
  );
  await page.reload();
  const shown = page.locator(`[data-node-id="${moved[0]?.node_id}"]`).locator('..');
  await eventually(
    () => shown.getAttribute('x'),
    (x) => Number(x) === moved[0]?.position_x,
  );
  assert.deepEqual(problems, []);
  await close();
});

test('the arrow keys move the selected node, Delete removes it, and Discard restores everything', async () => {
  const { page, problems, close } = await app.visit('Ada', { path });
  const node = page.getByRole('button', { name: /^Step / }).first();
  await node.click();
  const holder = node.locator('..');
  const x = Number(await holder.getAttribute('x'));
  await node.press('ArrowRight');
  await node.press('Shift+ArrowRight');
  assert.equal(Number(await holder.getAttribute('x')), x + 22);

  const count = await page.getByRole('button', { name: /^Step / }).count();
  await node.press('Delete');
  assert.equal(await page.getByRole('button', { name: /^Step / }).count(), count - 1);
  await page.getByRole('button', { name: 'Discard' }).click();
  assert.equal(await page.getByRole('button', { name: /^Step / }).count(), count);
  assert.equal(Number(await holder.getAttribute('x')), x);
  assert.deepEqual(problems, []);
  await close();
});

test('a new step is connected by dragging from a port, and both are saved', async () => {
  const { page, problems, close } = await app.visit('Ada', { path, width: 1440 });
  await page.getByRole('button', { name: 'Add step' }).click();
  await page.getByRole('textbox', { name: 'Label' }).fill('Proofreading');
  await page.getByRole('combobox', { name: 'Type' }).selectOption('quality_check');
  await page.getByRole('dialog').getByRole('button', { name: 'Add step' }).click();
  const added = page.getByRole('button', { name: /^Step Proofreading/ });
  await added.waitFor();
  const newId = (await added.getAttribute('data-node-id')) ?? '';
  // Closing the inspector of the new step makes room for the whole graph.
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  const source = page.getByRole('button', { name: /^Step / }).first();
  const sourceId = (await source.getAttribute('data-node-id')) ?? '';
  await added.scrollIntoViewIfNeeded();
  const port = page.locator(`[data-port-of="${sourceId}"] .port-dot`);
  const [from, to] = [await port.boundingBox(), await added.boundingBox()];
  assert.ok(from && to);
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + 10, to.y + 10);
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2);
  await page.mouse.up();
  await page.getByRole('button', { name: /^Connection from .* to Proofreading$/ }).waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  assert.ok((await places()).some((row) => row.label === 'Proofreading'));
  assert.ok(
    (await connections()).some(
      ({ source_node_id, target_node_id }) => source_node_id === sourceId && target_node_id === newId,
    ),
  );
  assert.deepEqual(problems, []);
  await close();
});

test('two steps are connected from the keyboard', async () => {
  const { page, problems, close } = await app.visit('Ada', { path });
  const before = (await connections()).length;
  const steps = page.getByRole('button', { name: /^Step / });
  await steps.first().focus();
  await page.keyboard.press('Enter');
  const connect = page.getByRole('button', { name: 'Connect to…' });
  await connect.focus();
  await page.keyboard.press('Enter');
  await page.getByText(/^Pick the step that follows/).waitFor();
  await steps.nth(4).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await eventually(connections, (rows) => rows.length === before + 1);
  assert.deepEqual(problems, []);
  await close();
});

test('unsaved changes survive a visit to another page', async () => {
  const { page, close } = await app.visit('Ada', { path });
  await page
    .getByRole('button', { name: /^Step / })
    .first()
    .click();
  await page.getByRole('textbox', { name: 'Label' }).fill('Changed, not saved');
  await page.getByRole('link', { name: 'All workflows' }).click();
  await page.getByRole('link', { name: 'Product launch video' }).click();
  await page.getByRole('button', { name: /^Step Changed, not saved/ }).waitFor();
  await page.getByText('Unsaved changes').waitFor();
  await close();
});

test('renaming a workflow with unsaved canvas changes causes no conflict', async () => {
  const { page, close } = await app.visit('Ada', { path });
  await page
    .getByRole('button', { name: /^Step / })
    .first()
    .click();
  await page.getByRole('textbox', { name: 'Label' }).fill('Kept through the renaming');
  await page.getByRole('button', { name: 'Rename workflow' }).click();
  const name = page.getByRole('textbox', { name: 'New name of the workflow' });
  await name.fill('Renamed launch video');
  await name.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Renamed launch video' }).waitFor();
  await page.getByRole('button', { name: 'Rename workflow' }).waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  assert.ok((await places()).some((row) => row.label === 'Kept through the renaming'));
  await close();
});

/** Two windows of one user, each with a different label for the first step; the first window has saved. */
async function conflict(/** @type {string} */ theirs, /** @type {string} */ mine) {
  const first = await app.visit('Ada', { path });
  const second = await first.openTab(path);
  await Promise.all([untilLive(first.page), untilLive(second.page)]);
  for (const [page, label] of /** @type {const} */ ([
    [first.page, theirs],
    [second.page, mine],
  ])) {
    await page
      .getByRole('button', { name: /^Step / })
      .first()
      .click();
    await page.getByRole('textbox', { name: 'Label' }).fill(label);
  }
  await first.page.getByRole('button', { name: 'Save', exact: true }).click();
  await first.page.getByText('Saved', { exact: true }).waitFor();
  await second.page.getByRole('button', { name: 'Save', exact: true }).click();
  const dialog = second.page.getByRole('dialog', { name: 'This workflow was changed elsewhere' });
  await dialog.waitFor();
  return { first, second, dialog };
}

test('when two windows have different labels, the user chooses one, and both windows show it', async () => {
  const { first, second, dialog } = await conflict('In the first window', 'In the second window');
  await dialog.getByRole('radio', { name: 'Mine: “In the second window”' }).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await second.page.getByText('Saved', { exact: true }).waitFor();
  assert.equal((await places())[0]?.label, 'In the second window');
  await first.page.getByRole('button', { name: /^Step In the second window/ }).waitFor();
  assert.deepEqual(first.problems, []);
  await first.close();
});
