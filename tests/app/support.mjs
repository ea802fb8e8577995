// @ts-check
// The example app as visitors see it: built, served, with a real database and real browsers.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStack } from '../../examples/local-stack/stack.mjs';
import { collectProblems, launchBrowser } from '../e2e/support/browser.mjs';

const APP = fileURLToPath(new URL('../../examples/react-app/', import.meta.url));
const VITE = 'node_modules/vite/bin/vite.js';

/**
 * @typedef {import('playwright-core').Page} Page
 * @typedef {{ page: Page, problems: string[], close: () => Promise<void> }} Visitor
 * @typedef {Awaited<ReturnType<typeof startApp>>} RunningApp
 */

/**
 * Starts a separate stack and serves the app with it.
 *
 * @param {{ isDevelopment?: boolean, encryptedKeys?: boolean, relay?: boolean }} options `isDevelopment` serves it like `npm run dev`
 */
export async function startApp({ isDevelopment = false, ...options } = {}) {
  const stack = await startStack({ port: 0, members: true, ...options });
  try {
    return await serve(stack, isDevelopment);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** @param {Awaited<ReturnType<typeof startStack>>} stack @param {boolean} isDevelopment */
async function serve(stack, isDevelopment) {
  const folder = mkdtempSync(join(tmpdir(), 'workflow-db-app-'));
  const env = {
    ...process.env,
    NO_COLOR: '1',
    VITE_SUPABASE_URL: stack.url,
    VITE_SUPABASE_ANON_KEY: stack.publishableKey,
  };
  if (!isDevelopment) build(folder, env);
  const command = isDevelopment ? [] : ['preview', '--outDir', folder];
  const server = spawn(process.execPath, [VITE, ...command, '--port', '0', '--host', '127.0.0.1'], {
    cwd: APP,
    env,
    // A server that inherited our output would keep the test runner waiting for its end.
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  server.stderr.pipe(process.stderr, { end: false });
  const address = await printedAddress(server);
  const browser = await launchBrowser();

  return {
    stack,
    address,
    /** What is served. */
    folder,
    browser,
    /** @param {string} person @param {Parameters<typeof visit>[2]} options */
    visit: (person, options) => visit({ browser, address }, person, options),
    async stop() {
      const end = reportLateEnd();
      server.kill('SIGKILL');
      end.step = 'closing the browser';
      await browser.close();
      end.step = 'stopping the stack';
      await stack.stop();
      end.step = 'the end of the process';
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Says what the end of a test file waits for: the runner stops the file after minutes, without a reason. */
function reportLateEnd() {
  const end = { step: '' };
  const report = () =>
    console.error(`Still waiting for ${end.step}; open: ${process.getActiveResourcesInfo().join(', ')}`);
  setTimeout(report, 30_000).unref();
  return end;
}

/** @param {string} folder @param {NodeJS.ProcessEnv} env */
function build(folder, env) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [VITE, 'build', '--outDir', folder, '--emptyOutDir'],
    { cwd: APP, env, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`The app cannot be built: ${stdout}${stderr}`);
}

/**
 * @param {import('node:child_process').ChildProcess} process
 * @returns {Promise<string>}
 */
function printedAddress(process) {
  return new Promise((resolve, reject) => {
    let output = '';
    process.stdout?.on('data', (data) => {
      output += data;
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(output);
      if (found) resolve(found[0]);
    });
    process.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${output}`)));
  });
}

/**
 * A visitor with a separate browser context, signed in as a demo user.
 *
 * @param {{ browser: import('playwright-core').Browser, address: string }} app
 * @param {string} person
 * @param {{ width?: number, height?: number, path?: string, colorScheme?: 'light' | 'dark' }} options
 */
async function visit({ browser, address }, person, options = {}) {
  const { width = 1280, height = 800, path = '', colorScheme = 'light' } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  const problems = collectProblems(page);
  await page.goto(`${address}/${path}`);
  await page.getByRole('button', { name: new RegExp(`^Continue as ${person}`) }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  return {
    page,
    problems,
    /** Opens another window in the same browser context. @param {string} hash */
    async openTab(hash) {
      const tab = await context.newPage();
      const tabProblems = collectProblems(tab);
      await tab.goto(`${address}/${hash}`);
      await tab.getByRole('navigation', { name: 'Main' }).waitFor();
      return { page: tab, problems: tabProblems };
    },
    close: () => context.close(),
  };
}

/** Waits until changes made elsewhere reach the page. @param {Page} page */
export async function untilLive(page) {
  await page
    .getByRole('status')
    .filter({ hasText: /^Live$/ })
    .waitFor();
}

/** Goes to a page of the app. @param {Page} page @param {string} hash */
export async function go(page, hash) {
  await page.evaluate((to) => {
    window.location.hash = to;
  }, hash);
}

/**
 * Drags from the middle of an element.
 *
 * @param {Page} page
 * @param {import('playwright-core').Locator} element
 * @param {number} dx
 * @param {number} dy
 */
export async function dragBy(page, element, dx, dy) {
  await element.scrollIntoViewIfNeeded();
  const box = await element.boundingBox();
  assert.ok(box);
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + dx / 2, y + dy / 2);
  await page.mouse.move(x + dx, y + dy);
  await page.mouse.up();
}

/**
 * Repeats a question until its answer is as expected.
 *
 * @template T
 * @param {() => Promise<T>} ask
 * @param {(answer: T) => boolean} isExpected
 */
export async function eventually(ask, isExpected, timeoutMs = 10_000) {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (isExpected(answer)) return answer;
    if (Date.now() > until)
      throw new Error(`It did not come true; the last answer: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
