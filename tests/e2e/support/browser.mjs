// @ts-check
import { access } from 'node:fs/promises';
import { chromium } from 'playwright-core';

export const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const ARGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @returns {Promise<import('playwright-core').Browser>} */
export async function launchBrowser() {
  await access(EXECUTABLE).catch(() => {
    throw new Error(`There is no Chromium at ${EXECUTABLE}: install it, or set CHROMIUM to its path.`);
  });
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGS });
}

/**
 * Collects uncaught errors of a page.
 *
 * @param {import('playwright-core').Page} page
 * @param {(url: string) => boolean} mayFail whether the browser may report that loading this failed
 * @returns {string[]} grows while the page lives
 */
export function collectProblems(page, mayFail = () => false) {
  /** @type {string[]} */
  const problems = [];
  page.on('pageerror', (error) =>
    problems.push(`uncaught: ${error.stack || `${error.name}: ${error.message}`}`),
  );
  page.on('crash', () => problems.push('the page crashed'));
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    // No page can prevent the browser from reporting these.
    const isReported =
      message.text().startsWith('Failed to load resource') && mayFail(message.location().url);
    const [, socket] = /^WebSocket connection to 'ws(\S+)' failed/.exec(message.text()) ?? [];
    if (!isReported && !(socket && mayFail(`http${socket}`))) problems.push(`console: ${message.text()}`);
  });
  return problems;
}

/** The number of consecutive timers without a request after which a page counts as idle. */
const IDLE_TIMERS = 4;
const TIMER_MS = 25;
const BLANK = 'about:blank';
/** A hanging request delays the idle state no longer than this. */
const MAX_BUSY_MS = 5000;

/**
 * Tracks a page's unanswered requests to the server.
 *
 * @param {import('playwright-core').Page} page
 * @param {(url: string) => boolean} isServer
 */
function watchRequests(page, isServer) {
  /** @type {Set<import('playwright-core').Request>} */
  const open = new Set();
  page.on('request', (request) => {
    if (isServer(request.url())) open.add(request);
  });
  page.on('requestfinished', (request) => open.delete(request));
  page.on('requestfailed', (request) => open.delete(request));
  page.on('framenavigated', () => open.clear());
  return {
    /** Resolves once the page has processed what it received, including the requests that this caused. */
    async idle() {
      const end = performance.now() + MAX_BUSY_MS;
      for (let timers = 0; timers < IDLE_TIMERS && performance.now() < end;) {
        await page.evaluate((ms) => new Promise((resolve) => setTimeout(resolve, ms)), TIMER_MS);
        timers = open.size === 0 ? timers + 1 : 0;
      }
    },
  };
}

/**
 * Pages of several people, each with a separate browser context. Later tests reuse a page: navigating gives it a new
 * global object, and takes a tenth of the time of opening a page.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {(url: string) => boolean} isServer whether this is the server's address; the browser may report that loading
 *   from there failed
 */
export function createWindows(browser, isServer) {
  /**
   * @typedef {{ page: import('playwright-core').Page, problems: string[], idle: () => Promise<void>, isTaken: boolean,
   *   keep: boolean, isPlain: boolean }} Window `isPlain` as long as the page only made calls
   */
  /** @type {Map<string, Promise<import('playwright-core').BrowserContext>>} */
  const contexts = new Map();
  /** @type {Map<string, Window[]>} */
  const windows = new Map();

  return {
    /** @param {string} person @param {boolean} keep whether it stays in use after the test */
    async open(person, keep) {
      const own = windows.get(person) ?? [];
      windows.set(person, own);
      const free = own.find(({ isTaken, page }) => !isTaken && !page.isClosed());
      if (free) {
        return Object.assign(free, { isTaken: true, keep });
      }
      const context = contexts.get(person) ?? browser.newContext();
      contexts.set(person, context);
      const page = await (await context).newPage();
      /** @type {Window} */
      const made = {
        page,
        problems: collectProblems(page, isServer),
        idle: watchRequests(page, isServer).idle,
        isTaken: true,
        keep,
        isPlain: false,
      };
      own.push(made);
      return made;
    },
    /** Waits until every page in use is idle. */
    async idle() {
      const taken = [...windows.values()].flat().filter(({ isTaken, page }) => isTaken && !page.isClosed());
      await Promise.all(taken.map(({ idle }) => idle()));
    },
    /**
     * Leaves the pages that are free, so that nothing of a test reaches the server during the next one. Pages that only
     * made calls may stay.
     */
    async leave() {
      const isLeft = (/** @type {Window} */ { page, isTaken, isPlain }) =>
        !isTaken && !isPlain && !page.isClosed() && page.url() !== BLANK;
      const left = [...windows.values()].flat().filter(isLeft);
      // A page that crashed or hangs is of no use any more, but the next test may still load another one there.
      await Promise.all(left.map(({ page }) => page.goto(BLANK, { timeout: MAX_BUSY_MS }).catch(() => {})));
    },
    /** Problems in any page since the last call. Pages that are not kept become free. */
    takeProblems() {
      const all = [...windows.values()].flat();
      for (const window of all) window.isTaken = window.keep;
      return all.flatMap(({ problems }) => problems.splice(0));
    },
  };
}
