// @ts-check
// The gallery of templates, and the audit log.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, go, startApp } from './support.mjs';

/** @type {import('./support.mjs').RunningApp} */
let app;
before(async () => {
  app = await startApp();
});
after(() => app?.stop());

test('a workflow becomes a template, from which another user creates a workflow', async () => {
  const ada = await app.visit('Ada', { path: '#/workflows' });
  await ada.page.getByRole('link', { name: 'Product launch video' }).click();
  await ada.page.getByRole('button', { name: 'Save as template' }).click();
  const dialog = ada.page.getByRole('dialog', { name: 'Save as template' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Launch, step by step');
  await dialog.getByRole('combobox', { name: 'Category' }).selectOption('video');
  await dialog.getByRole('button', { name: 'Save template' }).click();
  await ada.page.getByRole('heading', { name: 'Launch, step by step', exact: true }).waitFor();

  const grace = await app.visit('Grace', { path: '#/templates' });
  await grace.page.getByRole('button', { name: 'Use template Launch, step by step' }).click();
  await grace.page.getByRole('heading', { level: 1, name: 'Launch, step by step' }).waitFor();
  await eventually(
    () => grace.page.getByRole('button', { name: /^Step / }).count(),
    (count) => count === 10,
  );
  await ada.page
    .getByRole('listitem')
    .filter({ hasText: 'Launch, step by step' })
    .getByText('used 1 time')
    .waitFor();
  assert.equal(await grace.page.getByRole('button', { name: 'Delete Launch, step by step' }).count(), 0);

  await ada.page.getByRole('button', { name: 'Delete Launch, step by step' }).click();
  await ada.page.getByRole('button', { name: 'Delete template' }).click();
  await ada.page
    .getByRole('heading', { name: 'Launch, step by step', exact: true })
    .waitFor({ state: 'detached' });
  assert.deepEqual([...ada.problems, ...grace.problems], []);
  await ada.close();
  await grace.close();
});

test('the dialog reports a name that is taken', async () => {
  const { page, close } = await app.visit('Ada', { path: '#/workflows' });
  await page.getByRole('link', { name: 'Product launch video' }).click();
  await page.getByRole('button', { name: 'Save as template' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Launch video');
  await page.getByRole('button', { name: 'Save template' }).click();
  await page.getByRole('alert').getByText('There is a template of this name.').waitFor();
  await close();
});

test('templates can be saved, and filtered by that and by category', async () => {
  const { page, problems, close } = await app.visit('Ada', { path: '#/templates' });
  const names = () => page.getByRole('list', { name: 'Templates' }).getByRole('heading').allTextContents();
  await page.getByRole('button', { name: 'Put Ad variants aside' }).click();
  await page.locator('[aria-pressed="true"][aria-label="Put Ad variants aside"]').waitFor();
  await page.getByRole('checkbox', { name: 'Only those put aside' }).check();
  await eventually(names, (shown) => shown.length === 3 && shown.includes('Ad variants'));
  await page.getByRole('button', { name: 'Put Ad variants aside' }).click();
  await eventually(names, (shown) => !shown.includes('Ad variants'));
  await page.getByRole('checkbox', { name: 'Only those put aside' }).uncheck();
  await page.getByRole('combobox', { name: 'Category' }).selectOption('image');
  await eventually(names, (shown) => shown.join() === 'Product in a room,Newsletter hero');
  assert.deepEqual(problems, []);
  await close();
});

test('the audit log has filters by kind and action, and pages', async () => {
  const { page, problems, close } = await app.visit('Ada', { path: '#/audit' });
  await page.getByText(/^Page 1 of \d+/).waitFor();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText(/^Page 2 of \d+/).waitFor();
  const entries = () =>
    page.getByRole('list', { name: 'Entries on this page' }).getByRole('listitem').allTextContents();
  await page.getByRole('combobox', { name: 'About' }).selectOption('api_key');
  await eventually(entries, (shown) => shown.length > 0 && shown.every((text) => text.startsWith('API key')));
  assert.equal(await page.getByText(/^Page 2 of/).count(), 0);
  await page.getByRole('combobox', { name: 'Action' }).selectOption('api_key_created');
  await eventually(entries, (shown) => shown.every((text) => text.startsWith('API key created')));
  assert.match(page.url(), /resourceType=api_key&action=api_key_created$/);
  await page.getByRole('combobox', { name: 'Action' }).selectOption('api_key_deleted');
  await page.getByText('Nothing of that kind was done').waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test('actions appear in the activity list and in the chart', async () => {
  const { page, problems, close } = await app.visit('Ada');
  const activity = page.getByRole('region', { name: 'Recent activity' });
  await activity.getByRole('list').waitFor();
  await app.stack.sql(
    "insert into workflows (user_id, name) values ('11111111-1111-4111-8111-111111111111', 'Made in SQL')",
  );
  await activity.getByText('Workflow created Made in SQL').waitFor();
  await go(page, '#/audit');
  await page.getByRole('img', { name: /Workflow created: \d+/ }).waitFor();
  await page.getByText('Workflow created Made in SQL').waitFor();
  assert.deepEqual(problems, []);
  await close();
});
