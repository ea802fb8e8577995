// @ts-check
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { collectProblems, launchBrowser } from '../e2e/support/browser.mjs';
import { listen } from '../support/listen.mjs';
import { PAGES } from '../../docs/site/pages.mjs';

const DIST = new URL('../../docs/site/dist/', import.meta.url);
const TYPES = /** @type {Record<string, string>} */ ({
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
});

execFileSync(process.execPath, [fileURLToPath(new URL('../build.mjs', DIST))], { stdio: 'inherit' });
const site = await listen(
  createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    const path = pathname === '/' ? '/index.html' : pathname;
    const body = await readFile(new URL(`.${path}`, DIST)).catch(() => null);
    response.writeHead(body ? 200 : 404, { 'Content-Type': TYPES[extname(path)] ?? 'text/plain' }).end(body);
  }),
);
const browser = await launchBrowser();
after(async () => {
  await browser.close();
  await site.close();
});
const page = await browser.newPage();
const problems = collectProblems(page);

test('no link and no image is broken, and no page shows a comment or reports an error', async () => {
  /** The links and the ids of each page. @type {Map<string, { links: string[], ids: Set<string> }>} */
  const seen = new Map();
  for (const queue = ['/']; queue.length > 0;) {
    const path = /** @type {string} */ (queue.pop());
    if (seen.has(path)) continue;
    const response = await page.goto(site.origin + path);
    assert.equal(response?.status(), 200, path);
    const { links, ids, images, text } = await page.evaluate(() => ({
      links: [...document.querySelectorAll('a')].map(({ href }) => href),
      ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
      text: document.body.innerText,
      images: [...document.images].map(({ src, naturalWidth }) => ({ src, naturalWidth })),
    }));
    assert.deepEqual(
      images.filter(({ naturalWidth }) => naturalWidth === 0),
      [],
      `images of ${path}`,
    );
    assert.ok(!text.includes('<!--'), `${path} shows a comment`);
    const own = links
      .filter((link) => link.startsWith(site.origin))
      .map((link) => link.slice(site.origin.length));
    seen.set(path, { links: own, ids: new Set(ids) });
    queue.push(...own.map((link) => link.split('#')[0]));
  }
  assert.ok(seen.size >= PAGES.length, `${seen.size} of ${PAGES.length} pages are linked`);
  const broken = [...seen].flatMap(([path, { links }]) =>
    links
      .map((link) => link.split('#'))
      .filter(([to, anchor]) => anchor && !seen.get(to)?.ids.has(decodeURIComponent(anchor)))
      .map(([to, anchor]) => `${path} links to ${to}#${anchor}`),
  );
  assert.deepEqual(broken, []);
  assert.deepEqual(problems, []);
});

test('the search finds a function', async () => {
  await page.goto(site.origin);
  await page.keyboard.press('Control+k');
  await page.getByRole('searchbox').fill('revealApiKey');
  const result = page.getByRole('option').first();
  await result.waitFor();
  assert.match(String(await result.textContent()), /key/i);
  await result.click();
  await page.waitForURL(/(api|security|guide)\.html/);
});
