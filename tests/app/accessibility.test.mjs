// @ts-check
// Every page on a phone and a desktop, light and dark: no serious axe-core violations, and no horizontal overflow.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { go, startApp } from './support.mjs';

const AXE = readFileSync(
  new URL('../../examples/react-app/node_modules/axe-core/axe.min.js', import.meta.url),
  'utf8',
);
const GRAVE = ['serious', 'critical'];

/** @type {import('./support.mjs').RunningApp} */
let app;
/** @type {[name: string, hash: string][]} */
let pages;
/** Owned by Ada; Grace is an editor and Mary a viewer. */
let sharedWorkflow = '';
before(async () => {
  app = await startApp({ relay: true });
  const [run] = await app.stack.sql(
    `select w.id as workflow, e.id as execution from workflow_executions e join workflows w on w.id = e.workflow_id
     where w.user_id = '22222222-2222-4222-8222-222222222222' order by e.created_at desc limit 1`,
  );
  const [launch] = await app.stack.sql("select id from workflows where name = 'Product launch video'");
  sharedWorkflow = `#/workflows/${launch.id}`;
  pages = [
    ['dashboard', '#/'],
    ['workflows', '#/workflows?archived'],
    ['workflow', `#/workflows/${run.workflow}/executions/${run.execution}`],
    ['shared', '#/workflows/shared'],
    ['templates', '#/templates'],
    ['keys', '#/keys'],
    ['audit log', '#/audit'],
    ['brand', '#/settings'],
    ['account', '#/settings/account'],
    ['nothing', '#/nowhere'],
  ];
});
after(() => app?.stop());

/** @param {import('playwright-core').Page} page @param {string} name */
async function assertSound(page, name) {
  const found = await page.evaluate(async () => {
    // @ts-expect-error the page loaded axe.
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return {
      violations: violations.map((/** @type {any} */ violation) => ({
        id: violation.id,
        impact: violation.impact,
        nodes: violation.nodes.map((/** @type {any} */ node) => `${node.html} ${node.failureSummary}`),
      })),
      overhang: document.documentElement.scrollWidth - window.innerWidth,
    };
  });
  const grave = found.violations.filter((/** @type {any} */ { impact }) => GRAVE.includes(impact));
  assert.deepEqual(grave, [], name);
  assert.ok(found.overhang <= 0, `${name} sticks out by ${found.overhang} px`);
}

for (const [device, width, height] of /** @type {const} */ ([
  ['phone', 390, 844],
  ['desktop', 1440, 900],
])) {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    test(`every page is accessible on a ${device}, ${colorScheme}`, async () => {
      const { page, problems, close } = await app.visit('Grace', { width, height, colorScheme });
      await page.evaluate((axe) => (0, eval)(axe), AXE);
      for (const [name, hash] of pages) {
        await go(page, hash);
        await page.waitForLoadState('networkidle');
        await page.locator('h1').first().waitFor();
        await page.locator('.skeleton').first().waitFor({ state: 'detached' });
        await page.waitForTimeout(200);
        await assertSound(page, `${name}, ${device}, ${colorScheme}`);
      }
      assert.deepEqual(problems, []);
      await close();
    });
  }
}

test('the sign-in page, dialogs, toasts and the inspector are accessible', async () => {
  const { page, close } = await app.visit('Grace', { width: 390, height: 844 });
  await page.evaluate((axe) => (0, eval)(axe), AXE);
  await go(page, pages[2]?.[1] ?? '');
  await page
    .getByRole('button', { name: /^Step / })
    .first()
    .click();
  await page.getByRole('textbox', { name: 'Label' }).fill('Changed');
  await assertSound(page, 'inspector');
  await page.getByRole('button', { name: 'Add step' }).click();
  await assertSound(page, 'dialog for a step');
  await page.keyboard.press('Escape');
  await go(page, '#/keys');
  await page.evaluate(() => localStorage.setItem('apiKeys', '{"old": "sk"}'));
  await page.getByRole('button', { name: 'Add key' }).click();
  await assertSound(page, 'dialog for a key');
  await page.keyboard.press('Escape');
  await go(page, '#/');
  await go(page, '#/keys');
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByText('no longer in this browser').waitFor();
  await page.waitForTimeout(300);
  await assertSound(page, 'toast');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  await assertSound(page, 'the way in');
  await close();
});

for (const [device, width, height, colorScheme] of /** @type {const} */ ([
  ['phone', 390, 844, 'light'],
  ['desktop', 1440, 900, 'dark'],
])) {
  test(`sharing is accessible on a ${device}, ${colorScheme}: invitations, the dialog, other people, conflicts`, async () => {
    const size = { width, height, colorScheme };
    const ada = await app.visit('Ada', { ...size, path: sharedWorkflow });
    const mary = await app.visit('Mary', { ...size, path: '#/' });
    for (const { page } of [ada, mary]) await page.evaluate((axe) => (0, eval)(axe), AXE);
    for (const hash of ['#/', '#/workflows/shared']) {
      await go(mary.page, hash);
      await mary.page.getByRole('region', { name: 'Invitations' }).waitFor();
      await assertSound(mary.page, `invitations, ${hash}`);
    }
    await go(mary.page, sharedWorkflow);
    await mary.page.getByText('Read only', { exact: true }).waitFor();
    await mary.page.getByRole('list', { name: 'Also here' }).getByRole('listitem').waitFor();
    await mary.page
      .getByRole('button', { name: /^Step / })
      .first()
      .click();
    await ada.page.locator('.picked-by').waitFor();
    await assertSound(ada.page, 'the steps that others have picked');
    await assertSound(mary.page, 'read only');

    await ada.page.getByRole('button', { name: 'Share' }).click();
    await ada.page.getByRole('combobox', { name: 'Role of mary@example.com' }).waitFor();
    await assertSound(ada.page, 'dialog for sharing');
    await ada.page.getByRole('textbox', { name: 'Email address' }).fill('mary@example.com');
    await ada.page.keyboard.press('Enter');
    await ada.page.getByRole('alert').waitFor();
    await assertSound(ada.page, 'dialog for sharing, with an error');
    await ada.page.keyboard.press('Escape');

    const label = `Theirs on a ${device}`;
    await ada.page
      .getByRole('button', { name: /^Step / })
      .first()
      .click();
    await ada.page.getByRole('textbox', { name: 'Label' }).fill('Mine');
    await app.stack.sql('update workflow_nodes set label = $1 where workflow_id = $2', [
      label,
      sharedWorkflow.split('/')[2],
    ]);
    await ada.page.getByRole('button', { name: 'Save', exact: true }).click();
    await ada.page
      .getByRole('dialog')
      .getByRole('radio', { name: `Theirs: “${label}”` })
      .waitFor();
    await assertSound(ada.page, 'dialog for conflicts');
    await ada.close();
    await mary.close();
  });
}

for (const [device, width, height, colorScheme, person] of /** @type {const} */ ([
  ['phone', 390, 844, 'dark', 'Ada'],
  ['desktop', 1440, 900, 'light', 'Grace'],
])) {
  test(`unsent changes are accessible on a ${device}, ${colorScheme}: the banner, marks, and the dialog with its keyboard`, async () => {
    const name = `Unsent on a ${device}`;
    const { page, close } = await app.visit(person, { width, height, colorScheme, path: '#/workflows' });
    await page.evaluate((axe) => (0, eval)(axe), AXE);
    await page.getByRole('listitem').first().waitFor();
    await page.context().setOffline(true);
    await page.getByText('You are offline. Go on working').waitFor();
    await page.getByRole('button', { name: 'New workflow' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await page.getByRole('button', { name: 'Create workflow' }).click();
    await page.getByRole('heading', { level: 1, name }).waitFor();
    await assertSound(page, 'a workflow that is not sent');
    await go(page, '#/workflows');
    await page.getByRole('button', { name: 'Not sent yet' }).waitFor();
    await assertSound(page, 'a list with a mark');

    await app.stack.sql(
      'insert into workflows (user_id, name) select id, $1 from user_profiles where full_name like $2',
      [name, `${person} %`],
    );
    await page.context().setOffline(false);
    await page.getByText('The server refused 1 change.').waitFor();
    const opener = page.getByRole('button', { name: 'Show changes', exact: true });
    await opener.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Changes on this device' });
    await dialog.getByText('This name is taken already.').waitFor();
    await assertSound(page, 'dialog with a refused change');
    await dialog.getByRole('button', { name: 'Change the name' }).press('Enter');
    assert.equal(
      await dialog.getByRole('textbox').evaluate((field) => field === document.activeElement),
      true,
    );
    await assertSound(page, 'dialog with the field for another name');
    await page.keyboard.press('Escape');
    await dialog.getByRole('button', { name: 'Change the name' }).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await opener.evaluate((button) => button === document.activeElement), true);

    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Discard' }).press('Enter');
    const question = page.getByRole('dialog', { name: 'Discard this change?' });
    await assertSound(page, 'the question before a change is discarded');
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
    await dialog.getByRole('button', { name: 'Discard' }).press('Enter');
    await question.getByRole('button', { name: 'Discard change' }).press('Enter');
    await dialog.getByText('The server has all your changes.').waitFor();
    assert.equal(await dialog.getByRole('list').evaluate((list) => list === document.activeElement), true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await close();
  });
}

test('the devtools appear only with ?devtools', async () => {
  const { page, problems, close } = await app.visit('Grace');
  const isThere = () =>
    page.evaluate(() => [...document.querySelectorAll('*')].some((element) => element.shadowRoot !== null));
  await page.waitForLoadState('networkidle');
  assert.equal(await isThere(), false);
  await page.goto(`${app.address}/?devtools#/`);
  await page.waitForFunction(() => [...document.querySelectorAll('*')].some((element) => element.shadowRoot));
  assert.deepEqual(problems, []);
  await close();
});
