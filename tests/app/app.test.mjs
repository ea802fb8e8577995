// @ts-check
// The example app as a visitor meets it: a real browser, the development server, a real database.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startStack } from '../../examples/local-stack/stack.mjs';
import { collectProblems, launchBrowser } from '../e2e/support/browser.mjs';

const APP = fileURLToPath(new URL('../../examples/react-app/', import.meta.url));

/** @type {Awaited<ReturnType<typeof startStack>>} */
let stack;
/** @type {import('playwright-core').Browser} */
let browser;
/** @type {import('node:child_process').ChildProcess} */
let server;
let address = '';

before(async () => {
  stack = await startStack({ port: 0 });
  browser = await launchBrowser();
  server = spawn(process.execPath, ['node_modules/vite/bin/vite.js', '--port', '0'], {
    cwd: APP,
    env: {
      ...process.env,
      NO_COLOR: '1',
      VITE_SUPABASE_URL: stack.url,
      VITE_SUPABASE_ANON_KEY: stack.publishableKey,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  address = await printedAddress(server);
});

after(async () => {
  server?.kill();
  await browser?.close();
  await stack?.stop();
});

/**
 * @param {import('node:child_process').ChildProcess} process
 * @returns {Promise<string>}
 */
function printedAddress(process) {
  return new Promise((resolve, reject) => {
    let output = '';
    process.stdout?.on('data', (data) => {
      output += data;
      const found = /http:\/\/(?:localhost|127\.0\.0\.1):\d+/.exec(output);
      if (found) resolve(found[0]);
    });
    process.once('exit', (code) => reject(new Error(`The development server ended with ${code}: ${output}`)));
  });
}

/** A visitor of their own, signed in as a demo user. @param {string} person */
async function visit(person) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const problems = collectProblems(page);
  await page.goto(address);
  await page.getByRole('button', { name: new RegExp(`^Continue as ${person}`) }).click();
  await page.getByRole('list', { name: 'Workflows' }).waitFor();
  return { page, problems, close: () => context.close() };
}

test('a visitor creates, renames, archives and deletes a workflow, and the database follows', async () => {
  const { page, problems, close } = await visit('Ada');
  const name = 'Quotes "and" commas, (all) 100 % & 😀';
  await page.getByRole('button', { name: 'New workflow' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('button', { name: 'Create workflow' }).click();
  const stored = () =>
    stack.sql('select name, archived_at from workflows where name = any($1)', [[name, 'Renamed']]);
  await page.waitForFunction((text) => document.body.innerText.includes(text), name);
  assert.equal((await stored()).length, 1);

  await page.goto(`${address}/#/`);
  await page.getByRole('button', { name: `Rename ${name}`, exact: true }).click();
  const input = page.getByRole('textbox', { name: `New name of ${name}` });
  await input.fill('Renamed');
  await input.press('Enter');
  await page.getByRole('link', { name: 'Renamed' }).waitFor();
  assert.equal((await stored())[0]?.name, 'Renamed');

  await page.getByRole('button', { name: 'Archive Renamed', exact: true }).click();
  await page.getByRole('link', { name: 'Renamed' }).waitFor({ state: 'detached' });
  assert.ok((await stored())[0]?.archived_at);

  await page.getByRole('checkbox', { name: 'Show archived' }).check();
  await page.getByRole('button', { name: 'Delete Renamed', exact: true }).click();
  await page.getByRole('button', { name: 'Delete workflow' }).click();
  await page.getByRole('link', { name: 'Renamed' }).waitFor({ state: 'detached' });
  assert.equal((await stored()).length, 0);
  assert.deepEqual(problems, []);
  await close();
});

test('a workflow shows its graph and its runs, and coming back to the list asks nothing', async () => {
  const { page, problems, close } = await visit('Ada');
  await page.getByRole('link', { name: 'Product launch video' }).click();
  await page.getByRole('group', { name: 'Workflow graph' }).waitFor();
  assert.equal(await page.getByRole('button', { name: /^Step / }).count(), 10);
  await page.getByRole('list', { name: 'Runs on this page' }).waitFor();
  await page.getByRole('link', { name: 'Next' }).click();
  await page.getByText('Page 2 of 5').waitFor();
  const before = stack.requests.count();
  await page.getByRole('link', { name: 'All workflows' }).click();
  await page.getByRole('list', { name: 'Workflows' }).waitFor();
  assert.equal(stack.requests.count(), before);
  assert.deepEqual(problems, []);
  await close();
});

test('after signing out, the next visitor sees nothing of the one before', async () => {
  const { page, problems, close } = await visit('Ada');
  await page.getByRole('link', { name: 'Product launch video' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: /^Continue as Grace/ }).click();
  await page.getByRole('list', { name: 'Workflows' }).waitFor();
  assert.equal(await page.getByText('Product launch video').count(), 0);
  assert.deepEqual(problems, []);
  await close();
});

test('a failing server is said where it happens, and trying again mends it', async () => {
  const { page, close } = await visit('Ada');
  stack.faults.add({ match: { path: '/rest/v1/workflows' }, action: 'status', status: 503, times: 'always' });
  await page.getByRole('link', { name: 'Product launch video' }).click();
  const again = page.getByRole('alert').getByRole('button', { name: 'Try again' }).first();
  await again.waitFor();
  stack.faults.clear();
  await again.click();
  await page.getByRole('group', { name: 'Workflow graph' }).waitFor();
  await close();
});
