// @ts-check
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { launchBrowser } from '../../e2e/support/browser.mjs';
import { checkPage, serveFolder } from '../page.mjs';
import { newProject, run, useStack } from '../support.mjs';

const [consumed, browser] = await Promise.all([useStack(), launchBrowser()]);
after(() => browser.close());

/**
 * @param {string} dir
 * @param {string} html
 */
async function checkHtml(dir, html) {
  await writeFile(join(dir, 'index.html'), html);
  const site = await serveFolder(dir);
  try {
    await checkPage(consumed, browser, site.origin);
  } finally {
    await site.close();
  }
}

/** A classic script on a page that does not declare its encoding. */
const classic = (/** @type {string} */ src) =>
  `<!doctype html><link rel="icon" href="data:,"><title>consumer</title><body><script src="${src}"></script>`;

test('webpack 5, production build, on a page without a charset', async () => {
  const dir = await newProject('browser', { webpack: '^5.0.0', 'webpack-cli': '^6.0.0' });
  const webpack = join(dir, 'node_modules', '.bin', 'webpack');
  const built = await run(webpack, ['--mode', 'production', '--entry', './main.js'], { cwd: dir });
  assert.equal(built.code, 0, built.output);
  assert.doesNotMatch(built.output, /Module not found|Critical dependency/);
  await checkHtml(dir, classic('/dist/main.js'));
});

test('esbuild, bundled and minified, on a page without a charset', async () => {
  const dir = await newProject('browser', { esbuild: '^0.28.0' });
  const esbuild = join(dir, 'node_modules', '.bin', 'esbuild');
  const args = ['main.js', '--bundle', '--minify', '--outfile=out.js', '--log-level=warning'];
  const built = await run(esbuild, args, { cwd: dir });
  assert.equal(built.code, 0, built.output);
  assert.equal(built.output.trim(), '');
  await checkHtml(dir, classic('/out.js'));
});

test('a plain page with an import map, without a bundler', async () => {
  const dir = await newProject('browser', {});
  const imports = { 'workflow-db': '/node_modules/workflow-db/index.js' };
  const html = `<!doctype html><link rel="icon" href="data:,"><title>consumer</title>
    <script type="importmap">${JSON.stringify({ imports })}</script>
    <body><script type="module" src="/main.js"></script>`;
  await checkHtml(dir, html);
});
