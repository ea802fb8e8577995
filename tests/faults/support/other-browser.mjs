// @ts-check
// Runs the core of the matrix in a browser other than Chromium.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { useWorld } from '../../e2e/support/world.mjs';
import { check } from './rules.mjs';
import { CORE_CELLS, runApart } from './runner.mjs';
import { openPage } from './webdriver.mjs';

/** How often each browser sends a read whose connection is reset before it reports a failure. */
const SENDS = { Firefox: 10, WebKit: 1 };

/** @param {keyof typeof SENDS} browser */
export async function tryCore(browser) {
  const world = await useWorld();
  const page = await openPage(browser, world.site.origin);
  after(() => page.close());
  await page.run(
    (env) => {
      const uncaught = /** @type {string[]} */ ([]);
      const note = (/** @type {any} */ { message, reason }) => uncaught.push(String(message ?? reason));
      addEventListener('error', note);
      addEventListener('unhandledrejection', note);
      Object.assign(globalThis, { env, uncaught });
    },
    { url: world.stack.url, key: world.stack.publishableKey },
  );
  const seen = await runApart(world, page, CORE_CELLS);
  const uncaught = await page.run(() => /** @type {any} */ (globalThis).uncaught);

  test(`no fault causes an uncaught error, in ${browser}`, () => assert.deepEqual(uncaught, []));
  for (const { cell, result, broken } of seen) {
    test(`${cell.operation}, ${cell.fault}, ${cell.times}, in ${browser}`, () => {
      if (!result) throw broken;
      check(cell, result, SENDS[browser]);
    });
  }
}
