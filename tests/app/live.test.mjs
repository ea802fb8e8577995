// @ts-check
// Changes in one window appear in another, and the header shows whether they do.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newGate } from '../e2e/support/until.mjs';
import { eventually, go, startApp, untilLive } from './support.mjs';

/** @type {import('./support.mjs').RunningApp} */
let app;
before(async () => {
  app = await startApp();
});
after(() => app?.stop());

test('creating, renaming and deleting a workflow in one window appears in the other', async () => {
  const visitor = await app.visit('Ada', { path: '#/workflows' });
  const { page } = visitor;
  const other = await visitor.openTab('#/workflows');
  await untilLive(other.page);
  await page.getByRole('button', { name: 'New workflow' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Seen elsewhere');
  await page.getByRole('button', { name: 'Create workflow' }).click();
  await other.page.getByRole('link', { name: 'Seen elsewhere' }).waitFor();
  await page.getByRole('heading', { level: 1, name: 'Seen elsewhere' }).waitFor();

  await go(page, '#/workflows');
  await page.getByRole('button', { name: 'Rename Seen elsewhere' }).click();
  const input = page.getByRole('textbox', { name: 'New name of Seen elsewhere' });
  await input.fill('Seen again');
  await input.press('Enter');
  await other.page.getByRole('link', { name: 'Seen again' }).waitFor();

  await page.getByRole('button', { name: 'Delete Seen again' }).click();
  await page.getByRole('button', { name: 'Delete workflow' }).click();
  await other.page.getByRole('link', { name: 'Seen again' }).waitFor({ state: 'detached' });
  assert.deepEqual([...visitor.problems, ...other.problems], []);
  await visitor.close();
});

test('changes by one user never appear for another user', async () => {
  const ada = await app.visit('Ada', { path: '#/workflows' });
  const grace = await app.visit('Grace', { path: '#/workflows' });
  await untilLive(grace.page);
  await ada.page.getByRole('button', { name: 'New workflow' }).click();
  await ada.page.getByRole('textbox', { name: 'Name' }).fill('Only Ada sees it');
  await ada.page.getByRole('button', { name: 'Create workflow' }).click();
  await ada.page.getByRole('heading', { level: 1, name: 'Only Ada sees it' }).waitFor();
  await app.stack.realtime.settle();
  await grace.page.reload();
  await grace.page.getByRole('list', { name: 'Workflows' }).waitFor();
  assert.equal(await grace.page.getByText('Only Ada sees it').count(), 0);
  await ada.close();
  await grace.close();
});

test('another window shows the steps of a run until it completes', async () => {
  const visitor = await app.visit('Ada', { path: '#/workflows' });
  const { page } = visitor;
  const [workflow] = await app.stack.sql("select id from workflows where name = 'Catalogue backgrounds'");
  await go(page, `#/workflows/${workflow.id}`);
  const other = await visitor.openTab('#/');
  await untilLive(other.page);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const running = other.page
    .getByRole('region', { name: 'Running now' })
    .getByRole('listitem')
    .filter({ hasText: 'Catalogue backgrounds' })
    .first();
  await running.getByRole('link', { name: 'Catalogue backgrounds' }).click();
  const details = other.page.getByRole('region', { name: 'Run', exact: true });
  const seen = new Set();
  await eventually(
    async () => {
      seen.add(await details.getByTestId('progress-text').textContent());
      return (
        details.getByText('Completed', { exact: true }).first().isVisible() &&
        details.locator('.summary-line .completed').isVisible()
      );
    },
    (isDone) => isDone,
    30_000,
  );
  assert.ok(seen.size >= 3, `Progress was seen as ${[...seen].join(', ')}`);
  await other.page.getByRole('status').filter({ hasText: 'A run is completed.' }).waitFor();
  const value = await details.getByRole('progressbar').getAttribute('value');
  assert.equal(value, '100');
  assert.deepEqual([...visitor.problems, ...other.problems], []);
  await visitor.close();
});

test('a run stopped in another window ends in both', async () => {
  const visitor = await app.visit('Ada');
  const { page } = visitor;
  const [workflow] = await app.stack.sql("select id from workflows where name = 'Catalogue backgrounds'");
  await go(page, `#/workflows/${workflow.id}`);
  const { opened, open } = newGate();
  const match = { method: 'PATCH', path: '/execution_node_results' };
  app.stack.faults.add({ match, action: 'latency', until: opened, times: 'always' });
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForURL(/executions/);
  const other = await visitor.openTab(new URL(page.url()).hash);
  await other.page.getByRole('button', { name: 'Stop run' }).click();
  open();
  app.stack.faults.clear();
  for (const window of [page, other.page]) {
    await window.locator('.summary-line').getByText('Failed').waitFor();
    await window
      .getByRole('region', { name: 'Run', exact: true })
      .getByText('Stopped before its end')
      .waitFor();
  }
  await visitor.close();
});

test('the history has pages', async () => {
  const { page, problems, close } = await app.visit('Ada', { path: '#/workflows' });
  await page.getByRole('link', { name: 'Product launch video' }).click();
  await page.getByRole('list', { name: 'Runs on this page' }).waitFor();
  await page.getByText(/^Page 1 of \d/).waitFor();
  const first = await page
    .getByRole('list', { name: 'Runs on this page' })
    .getByRole('link')
    .first()
    .getAttribute('href');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText(/^Page 2 of \d/).waitFor();
  await page.locator('.execution-list[aria-busy="false"]').waitFor();
  const second = await page
    .getByRole('list', { name: 'Runs on this page' })
    .getByRole('link')
    .first()
    .getAttribute('href');
  assert.notEqual(first, second);
  await page.getByRole('button', { name: 'Previous' }).click();
  await page.getByText(/^Page 1 of \d/).waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test('the header shows a lost connection, and missed changes appear after it returns', async () => {
  const { page, close } = await app.visit('Ada', { path: '#/workflows' });
  await untilLive(page);
  app.stack.realtime.restart({ downMs: Infinity });
  await page.getByRole('status').filter({ hasText: 'Reconnecting' }).waitFor();
  await app.stack.sql(
    "update workflows set name = 'Changed meanwhile', updated_at = now() where name = 'Social ad variants'",
  );
  app.stack.realtime.restart();
  await untilLive(page);
  await page.getByRole('link', { name: 'Changed meanwhile' }).waitFor();
  await close();
});

test('the header shows that the device is offline', async () => {
  const { page, close } = await app.visit('Ada', { path: '#/workflows' });
  await untilLive(page);
  await page.context().setOffline(true);
  await page
    .getByRole('status')
    .filter({ hasText: /^Offline$/ })
    .waitFor();
  await page.context().setOffline(false);
  await untilLive(page);
  await close();
});
