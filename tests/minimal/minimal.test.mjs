// @ts-check
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { after, test } from 'node:test';
import { startStack } from '../../examples/local-stack/stack.mjs';
import { collectProblems, launchBrowser } from '../e2e/support/browser.mjs';
import { listen } from '../support/listen.mjs';

const ROOT = new URL('../../', import.meta.url);
const PAGE = '/examples/minimal/index.html';
const STACK_URL = 'http://127.0.0.1:54321';
const TYPES = /** @type {Record<string, string>} */ ({ '.html': 'text/html', '.js': 'text/javascript' });

const [stack, browser] = await Promise.all([startStack({ port: 0 }), launchBrowser()]);
const site = await listen(
  createServer(async (request, response) => {
    const path = request.url ?? '/';
    const file = await readFile(new URL(`.${path}`, ROOT), 'utf8').catch(() => null);
    response.writeHead(file === null ? 404 : 200, { 'Content-Type': TYPES[extname(path)] ?? 'text/plain' });
    // The test's stack uses a different port.
    response.end(file?.replace(STACK_URL, stack.url));
  }),
);
after(async () => {
  await browser.close();
  await site.close();
  await stack.stop();
});

test('examples/minimal shows a user’s workflows, creates one, and shows changes by others', async () => {
  const page = await browser.newPage();
  const problems = collectProblems(page);
  await page.goto(site.origin + PAGE);
  const [ada] = stack.users;
  const expected = await stack.sql(
    'select name from public.workflows where user_id = $1 and archived_at is null order by updated_at desc, id',
    [ada.id],
  );
  await page.locator('li').first().waitFor();
  assert.deepEqual(
    await page.locator('li').allTextContents(),
    expected.map(({ name }) => name),
  );
  await page.getByRole('button', { name: 'New' }).click();
  await page.locator('li', { hasText: /^New at/ }).waitFor();
  await stack.sql("update public.workflows set name = 'From elsewhere' where name like 'New at %'");
  await page.locator('li', { hasText: 'From elsewhere' }).waitFor();
  assert.deepEqual(problems, []);
});

test('examples/minimal is short enough to read at a glance', async () => {
  const text = await readFile(new URL(`.${PAGE}`, ROOT), 'utf8');
  const [, script] = /<script type="module">\n([^]*?)<\/script>/.exec(text) ?? [];
  const lines = script.split('\n').filter((line) => line.trim() !== '');
  assert.ok(lines.length <= 30, `${lines.length} lines`);
});
