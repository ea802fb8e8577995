// @ts-check
import assert from 'node:assert/strict';
import { after, afterEach, beforeEach } from 'node:test';
import { startStack } from '../../../examples/local-stack/stack.mjs';
import { createWindows, launchBrowser } from './browser.mjs';
import { createFixtures } from './fixtures.mjs';
import { unpackedPackage } from './package.mjs';
import { startSite } from './site.mjs';

/** @typedef {Awaited<ReturnType<typeof useWorld>>} World */
/** @typedef {import('./fixtures.mjs').User} User */
/** @typedef {import('./fixtures.mjs').Stack} Stack */
/** @typedef {Awaited<ReturnType<typeof unpackedPackage>>} Unpacked */
/** @typedef {Awaited<ReturnType<typeof startSite>>} Site */

/**
 * The contents of a page's `env`, and the configuration of its client unless the test configures it.
 *
 * @typedef {object} TabOptions
 * @property {User | null} [as] the signed-in user; none by default
 * @property {boolean} [configured] whether the default client is configured; true by default
 * @property {Record<string, any>} [options] additional options for `configure`, such as `retry`
 * @property {boolean} [keep] whether it stays open for the whole file instead of one test
 * @property {boolean} [plain] for tests that only call functions of `db`: the page may be reused from an earlier such
 * test of another user, which is faster than loading it
 * @property {string} [path] the page's path; the blank page by default
 */

/**
 * A stack, a site that serves the packed package, and a browser, shared by the tests of one file.
 *
 * Before each test, faults and the request log are cleared; after each, no page may have reported an error, and all are
 * left.
 *
 * @param {import('../../../examples/local-stack/stack.mjs').StackOptions} [stackOptions]
 * @param {(packageRoot: string) => Parameters<typeof startSite>[1]} [pagesOf] additional pages of the site
 */
export async function useWorld(stackOptions = {}, pagesOf = () => ({})) {
  /** @type {(() => Promise<unknown>)[]} */
  const ends = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const starting = [
    startStack({ port: 0, seed: false, closeConnections: true, ...stackOptions }),
    unpackedPackage().then(async (unpacked) => {
      return { unpacked, site: await startSite(unpacked.root, pagesOf(unpacked.root)) };
    }),
    launchBrowser(),
  ];
  const [stack, { unpacked, site }, browser] =
    /** @type {[Stack, { unpacked: Unpacked, site: Site }, import('playwright-core').Browser]} */ (
      await settled(starting, ends)
    );
  const windows = createWindows(browser, (url) => url.startsWith(stack.url));

  beforeEach(() => {
    stack.faults.clear();
    stack.requests.clear();
  });
  afterEach(async () => {
    stack.faults.clear();
    const problems = windows.takeProblems();
    await windows.leave();
    assert.deepEqual(problems, [], 'uncaught errors');
  });

  /** Waits until everything committed was sent, received, and processed by every page. */
  async function rest() {
    await stack.realtime.settle();
    await windows.idle();
  }

  /**
   * Opens a page of a user.
   *
   * @param {TabOptions} [tabOptions]
   */
  async function open(tabOptions = {}) {
    const {
      as = null,
      configured = true,
      options = {},
      keep = false,
      plain = false,
      path = '/',
    } = tabOptions;
    const window = await windows.open(as?.email.split('.')[0] ?? 'nobody', keep);
    const { page } = window;
    if (!plain || !window.isPlain) {
      await page.goto(site.origin + path);
      await page.waitForSelector('html[data-is-ready]', { state: 'attached' });
    }
    window.isPlain = plain;
    const env = { url: stack.url, key: stack.publishableKey, token: as?.token ?? null, userId: as?.id };
    await page.evaluate(([env, options, configured]) => {
      Object.assign(globalThis, { env });
      const accessToken = () => /** @type {any} */ (globalThis).env.token;
      const { url, key } = env;
      // Touch nothing else: that would start the engine before the test does.
      if (!configured) return;
      wdb.configure({ url, key, accessToken, ...options });
      wdb.authChanged();
      cache.clear();
    }, /** @type {const} */ ([env, options, configured]));
    return {
      page,
      /**
       * Runs a function in the page.
       *
       * @template A, T
       * @param {(args: A) => T | Promise<T>} act may use `wdb`, `db`, `cache`, `env` and the other globals of `page.js`
       * @param {A} [args]
       * @returns {Promise<T>}
       */
      run: (act, args) => /** @type {any} */ (page.evaluate)(act, args),
      /**
       * Calls functions of `db` one after the other, and returns the outcome of each.
       *
       * @param {[name: string, ...args: unknown[]][]} calls
       */
      calls: (...calls) =>
        page.evaluate(async (list) => {
          const outcomes = [];
          for (const [name, ...args] of list) {
            outcomes.push(await outcome(/** @type {any} */ (db)[String(name)](...args)));
          }
          return outcomes;
        }, calls),
    };
  }

  ends.push(() => browser.close());
  /** Errors that pages reported, for tests that expect some. */
  const { takeProblems } = windows;
  return { stack, site, unpacked, browser, open, rest, takeProblems, ...createFixtures(stack) };
}

/** @typedef {Awaited<ReturnType<World['open']>>} Tab */

/**
 * Waits for everything to start, and registers how to stop it, even if a part fails.
 *
 * @param {Promise<any>[]} starting
 * @param {(() => Promise<unknown>)[]} ends
 */
async function settled(starting, ends) {
  const results = await Promise.allSettled(starting);
  for (const result of results) {
    if (result.status === 'rejected') continue;
    const { value } = result;
    if (value.stop) ends.push(() => value.stop());
    if (value.site)
      ends.push(
        () => value.unpacked.remove(),
        () => value.site.close(),
      );
  }
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.map((result) => /** @type {PromiseFulfilledResult<any>} */ (result).value);
}
