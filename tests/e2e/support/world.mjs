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
 * What a page's `env` holds, and what it is configured with unless that is left to the test.
 *
 * @typedef {object} TabOptions
 * @property {User | null} [as] the signed-in user; none by default
 * @property {boolean} [configured] whether the default client is configured; true by default
 * @property {Record<string, any>} [options] more options for that, such as `retry`
 * @property {boolean} [keep] open for the whole file, not only for the test
 * @property {boolean} [plain] for tests that do nothing but calls of `db`: the page may be one in which an earlier such
 *   test was run as another user, which is quicker than loading it again
 * @property {string} [path] the page's path; that of the blank page by default
 */

/**
 * A stack, a site that serves the packed package, and a browser, for the tests of one file.
 *
 * Before each test, faults and the request log are empty; after each, no page may have reported an error.
 *
 * @param {import('../../../examples/local-stack/stack.mjs').StackOptions} [stackOptions]
 * @param {(packageRoot: string) => Parameters<typeof startSite>[1]} [pagesOf] more pages that the site serves
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
  afterEach(() => {
    stack.faults.clear();
    assert.deepEqual(windows.takeProblems(), [], 'errors that nobody caught');
  });

  /** Waits until all that is committed was sent, received, and seen to by every page. */
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
      // Nothing else is touched: that would start the engine before the test does.
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
       * @param {(args: A) => T | Promise<T>} act sees `wdb`, `db`, `cache`, `env` and what else `page.js` makes global
       * @param {A} [args]
       * @returns {Promise<T>}
       */
      run: (act, args) => /** @type {any} */ (page.evaluate)(act, args),
      /**
       * Calls functions of `db` one after the other, and gives what came of each.
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
  /** The errors that pages reported: for tests in which there have to be some. */
  const { takeProblems } = windows;
  return { stack, site, unpacked, browser, open, rest, takeProblems, ...createFixtures(stack) };
}

/** @typedef {Awaited<ReturnType<World['open']>>} Tab */

/**
 * Waits for everything that starts, and registers how it ends, also when a part fails.
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
