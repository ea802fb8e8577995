// @ts-check
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { collectProblems, launchBrowser } from '../e2e/support/browser.mjs';
import { until } from '../e2e/support/until.mjs';
import { freePort, newProject, run, start, useStack } from './support.mjs';

const START_MS = 30_000;

const [{ stack, access }, dir, browser] = await Promise.all([
  useStack(),
  newProject('vite5'),
  launchBrowser(),
]);
after(() => browser.close());
const vite = join(dir, 'node_modules', '.bin', 'vite');

/**
 * Opens the project's page as Vite serves it, and checks what it did.
 *
 * @param {string[]} command
 */
async function servedBy(command) {
  const port = await freePort();
  const server = start(vite, [...command, '--host', '127.0.0.1', '--port', `${port}`, '--strictPort'], {
    cwd: dir,
  });
  const page = await browser.newPage();
  /** @type {{ url: string, type: string }[]} */
  const loaded = [];
  page.on('response', (response) => {
    loaded.push({ url: response.url(), type: response.headers()['content-type'] ?? '' });
  });
  const problems = collectProblems(page);
  try {
    await until(() => server.output().includes(`${port}/`), START_MS).catch(() => {
      throw new Error(`vite ${command.join(' ')} did not start:\n${server.output()}`);
    });
    await page.goto(`http://127.0.0.1:${port}/#${encodeURIComponent(JSON.stringify(access))}`);
    await page.waitForSelector('body[data-result]', { state: 'attached', timeout: START_MS });
    const result = JSON.parse((await page.evaluate(() => document.body.dataset.result)) ?? '');
    const [row] = await stack.sql('select to_jsonb(w) as row from public.workflows w where id = $1', [
      result.made?.id,
    ]);
    assert.deepEqual(result, { made: row?.row, isListed: true, isCached: true, isRefused: 'INVALID_INPUT' });
    assert.deepEqual(problems, []);
    const wasm = loaded.filter(({ url, type }) => url.includes('.wasm') || type.includes('wasm'));
    assert.deepEqual(wasm, [], 'WebAssembly is never loaded by itself');
  } finally {
    await page.close();
    await server.stop();
  }
}

test('Vite 5, dev server, default config: reads, writes, and loads no .wasm', () => servedBy([]));

test('Vite 5, build and preview, default config: reads, writes, and emits no .wasm', async () => {
  const built = await run(vite, ['build'], { cwd: dir });
  assert.equal(built.code, 0, built.output);
  const files = (await readdir(join(dir, 'dist'), { recursive: true })).map(String);
  assert.ok(files.includes('index.html'));
  assert.deepEqual(
    files.filter((name) => name.endsWith('.wasm')),
    [],
  );
  assert.equal(files.filter((name) => name.endsWith('.js')).length, 1, `${files}`);
  assert.doesNotMatch(built.output, /externalized for browser|Module ".*" has been|warning/i);
  await servedBy(['preview']);
});
