// @ts-check
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { startStack } from '../../examples/local-stack/stack.mjs';
import { collectProblems, launchBrowser } from '../e2e/support/browser.mjs';
import { createFixtures } from '../e2e/support/fixtures.mjs';
import { unpackedPackage } from '../e2e/support/package.mjs';
import { listen } from '../support/listen.mjs';

const at = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const MODULES = at('../../node_modules/');
/** The names under which each version of React is installed. */
const REACT = { 18: ['react18', 'react-dom18'], 19: ['react', 'react-dom'] };
/** Shows that an app's styles do not reach the devtools: these styles would break each of them. */
const HTML = `<!doctype html>
<meta charset="utf-8" />
<link rel="icon" href="data:," />
<style>
  button, input, li, td { display: none !important; all: unset; font-size: 40px; color: hotpink; }
  #field { display: block !important; }
</style>
<div id="root"></div>
<script type="module" src="/page.js"></script>
`;

/** @typedef {keyof typeof REACT} Version */
/** @typedef {Awaited<ReturnType<typeof useDevtools>>} Devtools */

/** A project with the packed package and one version of React. @param {Version} version */
export async function newProject(version) {
  const dir = await mkdtemp(join(tmpdir(), 'workflow-db-devtools-'));
  const unpacked = await unpackedPackage();
  const modules = join(dir, 'node_modules');
  await mkdir(modules);
  await rename(unpacked.root, join(modules, 'workflow-db'));
  // Copies resolve each other; links would lead to a folder where the other version has the name.
  const [react, dom] = REACT[version].map((name) => join(MODULES, name));
  await cp(join(MODULES, 'scheduler'), join(modules, 'scheduler'), { recursive: true });
  await cp(react, join(modules, 'react'), { recursive: true });
  await cp(dom, join(modules, 'react-dom'), { recursive: true });
  await cp(at('./page.jsx'), join(dir, 'page.jsx'));
  after(() => Promise.all([unpacked.remove(), rm(dir, { recursive: true, force: true })]));
  return dir;
}

/** Bundles an entry as an app would. @param {string} dir @param {string} contents */
export async function bundled(dir, contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: dir, loader: 'jsx' },
    bundle: true,
    format: 'esm',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0].text;
}

/** A stack, a page for one version of React, and a browser. @param {Version} version */
export async function useDevtools(version) {
  const [stack, dir, browser] = await Promise.all([
    startStack({ port: 0, seed: false, closeConnections: true }),
    newProject(version),
    launchBrowser(),
  ]);
  const script = await bundled(dir, await readFile(join(dir, 'page.jsx'), 'utf8'));
  const site = await listen(
    createServer((request, response) => {
      const isScript = request.url === '/page.js';
      response
        .writeHead(200, { 'Content-Type': `text/${isScript ? 'javascript' : 'html'}; charset=utf-8` })
        .end(isScript ? script : HTML);
    }),
  );
  after(() => Promise.all([browser.close(), site.close(), stack.stop()]));
  const fixtures = createFixtures(stack);

  /**
   * A page with a new user, the devtools, and the configured client.
   *
   * @param {{ props?: object, scheme?: 'light' | 'dark' }} [options]
   */
  async function open({ props = {}, scheme = 'light' } = {}) {
    const user = await fixtures.newUser('ada');
    const page = await browser.newPage({ colorScheme: scheme, viewport: { width: 1100, height: 760 } });
    page.setDefaultTimeout(10_000);
    const problems = collectProblems(page, (url) => url.startsWith(stack.url));
    await page.goto(site.origin);
    await page.waitForSelector('html[data-is-ready]', { state: 'attached' });
    await page.evaluate(([url, key, token, props]) => {
      const world = /** @type {any} */ (globalThis);
      const onEvent = (/** @type {object} */ event) => world.heard.events.push(event);
      const retry = { initialBackoffMs: 20 };
      world.wdb.configure({ url, key, accessToken: () => token, retry, onEvent });
      world.mount(props);
    }, /** @type {const} */ ([stack.url, stack.publishableKey, user.token, props]));
    return { page, problems, user };
  }

  return { version, stack, fixtures, open };
}
