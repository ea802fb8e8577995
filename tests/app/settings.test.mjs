// @ts-check
// Settings: stored in the database and applied to the page in every window.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, startApp, untilLive } from './support.mjs';

/** @type {import('./support.mjs').RunningApp} */
let app;
before(async () => {
  app = await startApp();
});
after(() => app?.stop());

/** @param {import('playwright-core').Page} page @param {string} name */
const variable = (page, name) =>
  page.evaluate((of) => getComputedStyle(document.documentElement).getPropertyValue(of).trim(), name);
/** @param {import('playwright-core').Page} page */
const theme = (page) => page.evaluate(() => document.documentElement.dataset.theme);

test('the brand is applied to the page, also in a window that was already open', async () => {
  const visitor = await app.visit('Grace', { path: '#/settings' });
  const { page } = visitor;
  const other = await visitor.openTab('#/');
  await untilLive(other.page);
  await page.getByLabel(/^Primary color/).fill('#7a1f5c');
  await page.getByLabel(/^Corner radius/).fill('20');
  await page.getByRole('combobox', { name: 'Font' }).selectOption('Georgia');
  await page.getByRole('textbox', { name: 'Brand name' }).fill('Fjord & Sons');
  await page.getByRole('button', { name: 'Save brand' }).click();
  await page.getByText('The brand is saved.').waitFor();
  for (const window of [page, other.page]) {
    await eventually(
      () => variable(window, '--accent'),
      (value) => value === '#7a1f5c',
    );
    assert.equal(await variable(window, '--radius-small'), '20px');
    assert.match(await window.evaluate(() => getComputedStyle(document.body).fontFamily), /^"?Georgia/);
  }
  await other.page.locator('.page-head').getByText('Fjord & Sons').waitFor();
  await page.reload();
  await eventually(
    () => variable(page, '--accent'),
    (value) => value === '#7a1f5c',
  );
  assert.deepEqual([...visitor.problems, ...other.problems], []);
  await visitor.close();
});

test('an unreadable brand color is lightened or darkened', async () => {
  const { page, close } = await app.visit('Grace', { path: '#/settings' });
  await page.getByLabel(/^Primary color/).fill('#ffff66');
  await page.getByRole('button', { name: 'Save brand' }).click();
  await page.getByText('The brand is saved.').waitFor();
  const shown = await eventually(
    () => variable(page, '--accent'),
    (value) => value !== '#7a1f5c',
  );
  assert.notEqual(shown, '#ffff66');
  await eventually(
    () => app.stack.sql("select primary_color from brand_settings where brand_name like 'Fjord%'"),
    ([row]) => row.primary_color === '#ffff66',
  );
  await close();
});

test('resetting the brand asks for confirmation, and writes the defaults', async () => {
  const { page, problems, close } = await app.visit('Grace', { path: '#/settings' });
  await page.getByRole('button', { name: 'Reset…' }).click();
  await page.getByRole('button', { name: 'Reset brand' }).click();
  await page.getByText('The brand is reset.').waitFor();
  await eventually(
    () => page.getByRole('combobox', { name: 'Font' }).inputValue(),
    (font) => font === 'Inter',
  );
  assert.deepEqual(problems, []);
  await close();
});

test('the theme is light, dark or the system’s, at once and in every window', async () => {
  const visitor = await app.visit('Ada', { path: '#/settings/account' });
  const { page } = visitor;
  const other = await visitor.openTab('#/');
  await untilLive(other.page);
  await eventually(
    () => theme(page),
    (value) => value === 'dark',
  );
  await page.getByRole('radio', { name: 'Light' }).check();
  assert.equal(await theme(page), 'light');
  await eventually(
    () => theme(other.page),
    (value) => value === 'light',
  );
  // The browser notifies only a visible page when the system's theme changes, and only one window is visible.
  await other.page.close();
  await page.bringToFront();
  await page.getByRole('radio', { name: 'As the system' }).check();
  await page.emulateMedia({ colorScheme: 'dark' });
  await eventually(
    () => theme(page),
    (value) => value === 'dark',
  );
  await page.emulateMedia({ colorScheme: 'light' });
  await eventually(
    () => theme(page),
    (value) => value === 'light',
  );
  assert.deepEqual([...visitor.problems, ...other.problems], []);
  await visitor.close();
});

test('notifications, region and profile are saved', async () => {
  const { page, problems, close } = await app.visit('Ada', { path: '#/settings/account' });
  await page.getByRole('checkbox', { name: 'Send a mail when a run fails' }).uncheck();
  await page.getByRole('combobox', { name: 'Timezone' }).selectOption('Asia/Tokyo');
  await eventually(
    async () => (await app.stack.sql("select * from account_settings where language = 'en'"))[0],
    (row) => row?.email_on_error === false && row.timezone === 'Asia/Tokyo',
  );
  await page.getByRole('textbox', { name: 'Name' }).fill('Ada King');
  await page.getByRole('button', { name: 'Save profile' }).click();
  await page.getByRole('banner').getByText('Ada King').waitFor();
  assert.deepEqual(problems, []);
  await close();
});

test('a user who turned notifications off receives none about runs', async () => {
  const { page, close } = await app.visit('Ada', { path: '#/settings/account' });
  await page.getByRole('checkbox', { name: 'Tell me in the app when a run ends' }).uncheck();
  await eventually(
    async () => (await app.stack.sql("select * from account_settings where language = 'en'"))[0],
    (row) => row?.notifications_enabled === false,
  );
  await untilLive(page);
  await app.stack.sql("update workflow_executions set status = 'completed' where status = 'running'");
  await app.stack.realtime.settle();
  await page.waitForTimeout(300);
  assert.equal(await page.getByText('A run is completed.').count(), 0);
  await close();
});

test('settings that cannot be read show an error and a retry button', async () => {
  app.stack.faults.add({
    match: { path: '/brand_settings' },
    action: 'status',
    status: 503,
    times: 'always',
  });
  const { page, close } = await app.visit('Grace', { path: '#/settings' });
  const again = page.getByRole('alert').getByRole('button', { name: 'Try again' });
  await again.waitFor();
  app.stack.requests.clear();
  // Click before the server recovers: the page might retry by itself, and the button would disappear.
  await again.click();
  await eventually(
    async () => app.stack.requests.count({ path: '/brand_settings' }),
    (count) => count > 0,
    1_000,
  );
  app.stack.faults.clear();
  await page.getByRole('combobox', { name: 'Font' }).waitFor();
  await close();
});
