// @ts-check
// Firefox and WebKit, by the protocol that every browser's driver speaks (W3C WebDriver).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, isAbsolute, join } from 'node:path';
import { until } from '../../e2e/support/until.mjs';

/** How long a driver and its browser may take to start. */
const START_MS = 60_000;
const POLL_MS = 20;
const MINI_BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';

/** The programs that each needs: one of these sets. @type {Record<string, string[][]>} */
const NEEDS = {
  Firefox: [
    ['geckodriver', 'firefox-esr'],
    ['geckodriver', 'firefox'],
  ],
  WebKit: [['xvfb-run', 'WebKitWebDriver', MINI_BROWSER]],
};

/**
 * How each browser is driven.
 *
 * @type {Record<string, { command: (port: number) => string[], capabilities: object, env?: Record<string, string> }>}
 */
const BROWSERS = {
  Firefox: {
    command: (port) => ['geckodriver', '--port', String(port)],
    capabilities: {
      browserName: 'firefox',
      'moz:firefoxOptions': {
        args: ['-headless'],
        ...(existsSync('/usr/bin/firefox-esr') ? { binary: '/usr/bin/firefox-esr' } : {}),
      },
    },
  },
  WebKit: {
    command: (port) => ['xvfb-run', '-a', 'WebKitWebDriver', `--port=${port}`],
    capabilities: { 'webkitgtk:browserOptions': { binary: MINI_BROWSER, args: ['--automation'] } },
    // Its sandbox does not start in a container, nor its compositor without a screen.
    env: { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', WEBKIT_DISABLE_COMPOSITING_MODE: '1' },
  },
};

/** Whether the browser and its driver are on this machine. @param {keyof typeof BROWSERS} name */
export function isInstalled(name) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const isThere = (/** @type {string} */ program) =>
    isAbsolute(program) ? existsSync(program) : folders.some((folder) => existsSync(join(folder, program)));
  return NEEDS[name].some((programs) => programs.every(isThere));
}

/**
 * Opens a page in a browser.
 *
 * @param {keyof typeof BROWSERS} name
 * @param {string} address
 */
export async function openPage(name, address) {
  const { newTab, close } = await openBrowser(name);
  try {
    const page = await newTab();
    await page.load(address);
    return { ...page, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Starts a browser with a new profile.
 *
 * @param {keyof typeof BROWSERS} name
 */
export async function openBrowser(name) {
  const { command, capabilities, env } = BROWSERS[name];
  const port = await freePort();
  const [program, ...args] = command(port);
  const driver = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'ignore', detached: true });
  const root = `http://127.0.0.1:${port}`;
  try {
    await until(() => isReady(root), START_MS);
    const { sessionId } = await send(`${root}/session`, { capabilities: { alwaysMatch: capabilities } });
    const session = `${root}/session/${sessionId}`;
    return { newTab: tabsOf(session), close: () => end(session, driver) };
  } catch (error) {
    await end(undefined, driver);
    throw error;
  }
}

/** A function that opens a tab. @param {string} session */
function tabsOf(session) {
  /** A session takes one command at a time. @type {Promise<unknown>} */
  let turn = Promise.resolve();
  /** The window that the session started with. It stays open: without any, the session would end. */
  const first = send(`${session}/window`, undefined, 'GET');
  first.catch(() => {});
  /** The window that takes commands. */
  let current = '';

  /** @template T @param {() => Promise<T>} act @returns {Promise<T>} */
  const inTurn = (act) => {
    const answer = turn.then(act);
    turn = answer.catch(() => {});
    return answer;
  };

  /** @param {string} handle */
  const turnTo = async (handle) => {
    if (current !== handle) await send(`${session}/window`, { handle });
    current = handle;
  };

  return async () => {
    const { handle } = await inTurn(async () => {
      await turnTo(await first);
      return send(`${session}/window/new`, { type: 'tab' });
    });
    /** Sends a command to this tab. @param {string} path @param {object} [body] @param {string} [method] */
    const command = (path, body, method) =>
      inTurn(async () => {
        await turnTo(handle);
        return send(session + path, body, method);
      });
    return pageOf(command);
  };
}

/** The functions of a page that tests use. @param {(path: string, body?: object, method?: string) => Promise<any>} command */
function pageOf(command) {
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: unknown) => void }>} */
  const waiting = new Map();
  let last = 0;
  let isPolling = false;
  /** Firefox runs a script beside the page; `window.eval` runs it in the page. @param {string} source @returns {Promise<any>} */
  const execute = (source) =>
    command('/execute/sync', { script: 'return window.eval(arguments[0])', args: [source] });

  // A script that waits would keep other commands from being taken, so each leaves its outcome in the page.
  async function poll() {
    isPolling = true;
    try {
      while (waiting.size > 0) {
        for (const [id, { value, error }] of JSON.parse(await execute(TAKE_OUTCOMES))) {
          const { resolve, reject } = /** @type {any} */ (waiting.get(id));
          waiting.delete(id);
          if (error === undefined) resolve(value);
          else reject(new Error(error));
        }
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    } catch (error) {
      waiting.forEach(({ reject }) => reject(error));
      waiting.clear();
    } finally {
      isPolling = false;
    }
  }

  return {
    /** @param {string} url @returns {Promise<void>} */
    load: (url) => command('/url', { url }),
    /** Closes the tab, as its user would. */
    closeTab: () => command('/window', undefined, 'DELETE'),
    /** Runs a function in the page. @param {(args: any) => any} act @param {unknown} [args] @returns {Promise<any>} */
    async run(act, args) {
      const id = ++last;
      await execute(`(${start})(${id}, ${act}, ${JSON.stringify(args)})`);
      const outcome = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
      if (!isPolling) void poll();
      return outcome;
    },
  };
}

/** Runs in the page. @param {number} id @param {(args: any) => any} act @param {unknown} args */
function start(id, act, args) {
  const all = /** @type {any} */ (globalThis);
  all.outcomes ??= [];
  Promise.resolve(args)
    .then(act)
    .then(
      (value) => all.outcomes.push([id, { value }]),
      (error) => all.outcomes.push([id, { error: String(error?.stack ?? error) }]),
    );
}
const TAKE_OUTCOMES = 'JSON.stringify((globalThis.outcomes ?? []).splice(0))';

/** @param {string} root */
const isReady = async (root) => {
  const status = await fetch(`${root}/status`).then(
    (response) => response.json(),
    () => null,
  );
  return status?.value?.ready === true;
};

/** @param {string} url @param {object} [body] @param {string} [method] @returns {Promise<any>} */
async function send(url, body, method = 'POST') {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
  return value;
}

/** @param {string | undefined} session @param {import('node:child_process').ChildProcess} driver */
async function end(session, driver) {
  if (session !== undefined) await send(session, undefined, 'DELETE').catch(() => {});
  if (driver.exitCode !== null || driver.pid === undefined) return;
  const ended = new Promise((resolve) => driver.once('exit', resolve));
  // With what it started: a screen, a browser.
  process.kill(-driver.pid);
  await ended;
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
