// @ts-check
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { collectProblems } from '../e2e/support/browser.mjs';
import { listen } from '../support/listen.mjs';

const WAIT_MS = 30_000;
const TYPES = /** @type {Record<string, string>} */ ({ '.js': 'text/javascript', '.html': 'text/html' });

/** @typedef {Awaited<ReturnType<typeof import('./support.mjs').useStack>>} Consumed */

/**
 * Opens the project's page at `origin` and checks that it read and wrote, and made no request for a WebAssembly file.
 *
 * @param {Consumed} consumed
 * @param {import('playwright-core').Browser} browser
 * @param {string} origin
 */
export async function checkPage({ stack, access }, browser, origin) {
  const page = await browser.newPage();
  /** @type {{ url: string, type: string }[]} */
  const loaded = [];
  page.on('response', (response) => {
    loaded.push({ url: response.url(), type: response.headers()['content-type'] ?? '' });
  });
  const problems = collectProblems(page);
  try {
    await page.goto(`${origin}/#${encodeURIComponent(JSON.stringify(access))}`);
    await page.waitForSelector('body[data-result]', { state: 'attached', timeout: WAIT_MS });
    const result = JSON.parse((await page.evaluate(() => document.body.dataset.result)) ?? '');
    const [row] = await stack.sql('select to_jsonb(w) as row from public.workflows w where id = $1', [
      result.made?.id,
    ]);
    assert.deepEqual(result, { made: row?.row, isListed: true, isCached: true, isRefused: 'INVALID_INPUT' });
    assert.deepEqual(problems, []);
    const wasm = loaded.filter(({ url, type }) => url.includes('.wasm') || type.includes('wasm'));
    assert.deepEqual(wasm, [], 'no request loads a WebAssembly file');
  } finally {
    await page.close();
  }
}

/**
 * Serves the files of a folder without declaring their encoding.
 *
 * @param {string} dir
 */
export async function serveFolder(dir) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    const file = pathname === '/' ? 'index.html' : pathname;
    try {
      const body = await readFile(join(dir, file));
      response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'text/plain' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return listen(server);
}
