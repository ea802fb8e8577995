// @ts-check
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { afterEach } from 'node:test';
import { fileURLToPath } from 'node:url';
import { collectProblems } from './browser.mjs';
import { until } from './until.mjs';
import { useWorld } from './world.mjs';

const file = (/** @type {string} */ name) => () =>
  readFile(fileURLToPath(new URL(`./${name}`, import.meta.url)), 'utf8');

/** @typedef {import('./fixtures.mjs').User} User */
/** @typedef {Awaited<ReturnType<Awaited<ReturnType<typeof useDevices>>['newDevice']>>} Device */
/** @typedef {Awaited<ReturnType<Device['open']>>} Tab */

/** Waits until the entry under `key` is on disk. @param {Tab} tab @param {string} key */
export const persisted = (tab, key) => until(async () => (await stored(tab, key)) !== undefined);

/**
 * The entry under `key` on disk.
 *
 * @param {Tab} tab
 * @param {string} key
 * @returns {Promise<any>}
 */
export const stored = (tab, key) =>
  tab.run(
    (key) =>
      new Promise((resolve) => {
        indexedDB.open('workflow-db').onsuccess = ({ target }) => {
          const database = /** @type {IDBOpenDBRequest} */ (target).result;
          const rows = database.transaction('rows').objectStore('rows');
          const [keys, values] = [rows.getAllKeys(), rows.getAll()];
          rows.transaction.oncomplete = () => {
            database.close();
            const index = keys.result.findIndex((place) => /** @type {string[]} */ (place)[1] === key);
            resolve(index < 0 ? undefined : JSON.parse(values.result[index].json));
          };
        };
      }),
    key,
  );

/**
 * A world whose pages start without a network, too.
 *
 * @param {import('../../../examples/local-stack/stack.mjs').StackOptions} [stackOptions]
 * @param {(problem: string) => boolean} [isOthers] whether a reported problem is that of another package
 */
export async function useDevices(stackOptions, isOthers = () => false) {
  const world = await useWorld(stackOptions, () => ({
    '/offline': file('offline-page.js'),
    '/worker': file('offline-worker.js'),
  }));
  const { stack, site, browser } = world;
  /** @type {import('playwright-core').BrowserContext[]} */
  const contexts = [];
  /** @type {string[][]} */
  const problems = [];
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    const own = problems.splice(0).flat();
    assert.deepEqual(
      own.filter((problem) => !isOthers(problem)),
      [],
      'errors that nobody caught',
    );
  });
  // Without a network, or after a crash, the browser says so.
  const mayFail = () => true;

  /** A browser of one person, with its own storage. @param {import('playwright-core').BrowserContext} [given] */
  async function newDevice(given) {
    const context = given ?? (await browser.newContext());
    contexts.push(context);

    /**
     * Opens a page of a user. `options` are those of `offline`, `more` those of `configure`; with `isStarted: false` the
     * test configures the client itself.
     *
     * @param {{ as: User, options?: object, more?: object, isStarted?: boolean }} tabOptions
     */
    const open = (tabOptions) => openWith(tabOptions, true);

    /** The same, where nothing can be stored, so that there is no service worker. @type {typeof open} */
    const openPlain = (tabOptions) => openWith(tabOptions, false);

    /** @param {Parameters<typeof open>[0]} tabOptions @param {boolean} isKept whether the page's files are kept */
    async function openWith({ as, options = {}, more = {}, isStarted = true }, isKept) {
      const page = await context.newPage();
      problems.push(collectProblems(page, mayFail));
      const env = { url: stack.url, key: stack.publishableKey, token: as.token, userId: as.id };
      const load = async () => {
        await page.goto(`${site.origin}/offline`);
        await page.waitForSelector('html[data-is-ready]', { state: 'attached' });
      };
      const start = () => page.evaluate(([options, more]) => start(options, more), [options, more]);
      await load();
      await page.evaluate((env) => void Object.assign(globalThis, { env }), env);
      if (isKept) {
        await page.evaluate(async () => {
          localStorage.setItem('env', JSON.stringify(env));
          await navigator.serviceWorker.register('/worker.js');
          await until(() => navigator.serviceWorker.controller);
        });
        // From now on the worker knows every file.
        await load();
      }
      if (isStarted) await start();
      return {
        page,
        /**
         * Runs a function in the page.
         *
         * @template A, T
         * @param {(args: A) => T | Promise<T>} act
         * @param {A} [args]
         * @returns {Promise<T>}
         */
        run: (act, args) => /** @type {any} */ (page.evaluate)(act, args),
        /** Loads the page again, as its user would. */
        async reload() {
          await load();
          await start();
        },
        /** Ends the page's process. Nothing in it gets to run any more. */
        async kill() {
          const session = await context.newCDPSession(page);
          const crashed = page.waitForEvent('crash');
          session.send('Page.crash').catch(() => {});
          await crashed;
          problems.length = 0;
          await page.close();
        },
        /** What is in the outbox. */
        outbox: () => page.evaluate(() => outboxView()),
      };
    }

    return {
      context,
      open,
      openPlain,
      goOffline: () => context.setOffline(true),
      goOnline: () => context.setOffline(false),
    };
  }

  return { ...world, newDevice };
}
