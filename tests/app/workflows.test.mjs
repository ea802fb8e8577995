// @ts-check
// The list of workflows, who sees it, and its error messages. In development mode, where React runs every effect twice.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, go, startApp, untilLive } from './support.mjs';

/** @type {import('./support.mjs').RunningApp} */
let app;
before(async () => {
  app = await startApp({ isDevelopment: true });
});
after(() => app?.stop());

test('a visitor creates, renames, archives and deletes a workflow, and the database has the changes', async () => {
  const { page, problems, close } = await app.visit('Ada', { path: '#/workflows' });
  const name = 'Quotes "and" commas, (all) 100 % & 😀';
  await page.getByRole('button', { name: 'New workflow' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('button', { name: 'Create workflow' }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
  const stored = () =>
    app.stack.sql('select name, archived_at from workflows where name = any($1)', [[name, 'Renamed']]);
  assert.equal((await stored()).length, 1);

  await go(page, '#/workflows');
  await page.getByRole('button', { name: `Rename ${name}`, exact: true }).click();
  const input = page.getByRole('textbox', { name: `New name of ${name}` });
  await input.fill('Renamed');
  await input.press('Enter');
  await page.getByRole('link', { name: 'Renamed' }).waitFor();
  await eventually(stored, (rows) => rows[0]?.name === 'Renamed');

  await page.getByRole('button', { name: 'Archive Renamed', exact: true }).click();
  await page.getByRole('link', { name: 'Renamed' }).waitFor({ state: 'detached' });
  await eventually(stored, (rows) => rows[0]?.archived_at !== null);

  await page.getByRole('checkbox', { name: 'Show archived' }).check();
  await page.getByRole('button', { name: 'Delete Renamed', exact: true }).click();
  await page.getByRole('button', { name: 'Delete workflow' }).click();
  await page.getByRole('link', { name: 'Renamed' }).waitFor({ state: 'detached' });
  await eventually(stored, (rows) => rows.length === 0);
  assert.deepEqual(problems, []);
  await close();
});

test('a star adds a workflow to the dashboard and removes it again', async () => {
  const { page, problems, close } = await app.visit('Grace', { path: '#/workflows' });
  await app.stack.sql('delete from workflow_favorites');
  await page.reload();
  const star = page.getByRole('button', { name: 'Favorite Newsletter hero images' });
  await star.click();
  await page.locator('button[aria-pressed="true"][aria-label="Favorite Newsletter hero images"]').waitFor();
  await go(page, '#/');
  const favorites = page.getByRole('region', { name: 'Favorites' });
  await favorites.getByRole('link', { name: 'Newsletter hero images' }).waitFor();
  await favorites.getByRole('button', { name: 'Favorite Newsletter hero images' }).click();
  await favorites.getByText('No favorites yet').waitFor();
  assert.deepEqual(problems, []);
  await close();
});

/** Lets the server answer deletions with a status from now on. @param {number} status */
const failDeletions = (status) =>
  app.stack.faults.add({
    match: { method: 'DELETE', path: '/rest/v1/workflows' },
    action: 'status',
    status,
    times: 'always',
  });

/** Deletes a workflow in the list of Grace. */
async function deleteRemix() {
  const { page, close } = await app.visit('Grace', { path: '#/workflows' });
  const link = page.getByRole('link', { name: 'UGC ad remix' });
  await link.waitFor();
  await page.getByRole('button', { name: 'Delete UGC ad remix' }).click();
  await page.getByRole('button', { name: 'Delete workflow' }).click();
  await link.waitFor({ state: 'detached' });
  return { page, close, link };
}

test('a refused deletion is rolled back and reported in a toast', async () => {
  failDeletions(403);
  const { page, close, link } = await deleteRemix();
  await page.getByRole('alert').filter({ hasText: '“UGC ad remix” was not deleted.' }).waitFor();
  await link.waitFor();
  app.stack.faults.clear();
  await close();
});

test('a deletion that a failing server cannot make waits, and is made later', async () => {
  failDeletions(503);
  const { page, close, link } = await deleteRemix();
  await page.getByText('1 change waits until the server can be reached.').waitFor();
  assert.equal(await link.count(), 0);
  app.stack.faults.clear();
  await page.locator('.sync-banner:empty').waitFor({ state: 'attached' });
  await eventually(
    () => app.stack.sql("select id from workflows where name = 'UGC ad remix'"),
    (rows) => rows.length === 0,
  );
  await close();
});

test('returning to the list sends no request', async () => {
  const { page, problems, close } = await app.visit('Ada', { path: '#/workflows' });
  await page.getByRole('link', { name: 'Product launch video' }).click();
  await page.getByRole('group', { name: 'Workflow graph' }).waitFor();
  await page.getByRole('list', { name: 'Runs on this page' }).waitFor();
  await untilLive(page);
  const reads = () => app.stack.requests.count({ path: '/rest/v1/workflows' });
  // Subscriptions that became live read their rows once more.
  let before = -1;
  while (before !== reads()) {
    before = reads();
    await page.waitForTimeout(1000);
  }
  await page.getByRole('link', { name: 'All workflows' }).click();
  await page.getByRole('list', { name: 'Workflows' }).waitFor();
  assert.equal(reads(), before);
  assert.deepEqual(problems, []);
  await close();
});

test('after signing out, the next visitor sees nothing of the previous one', async () => {
  const { page, problems, close } = await app.visit('Ada', { path: '#/workflows' });
  await page.getByRole('link', { name: 'Product launch video' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: /^Continue as Grace/ }).click();
  await page.getByRole('list', { name: 'Workflows' }).waitFor();
  assert.equal(await page.getByText('Product launch video').count(), 0);
  assert.deepEqual(problems, []);
  await close();
});

test('a server failure is shown in place; a button retries at once, and the page retries by itself later', async () => {
  const { page, close } = await app.visit('Ada', { path: '#/workflows' });
  await page.getByRole('link', { name: 'Product launch video' }).waitFor();
  app.stack.faults.add({
    match: { path: '/rest/v1/workflows' },
    action: 'status',
    status: 503,
    times: 'always',
  });
  await page.getByRole('link', { name: 'Product launch video' }).click();
  const again = page.getByRole('alert').getByRole('button', { name: 'Try again' }).first();
  await again.waitFor();
  app.stack.requests.clear();
  await again.click();
  await eventually(
    async () => app.stack.requests.count({ path: '/rest/v1/workflows' }),
    (count) => count > 0,
    1_000,
  );
  app.stack.faults.clear();
  await page.getByRole('group', { name: 'Workflow graph' }).waitFor();
  await close();
});
