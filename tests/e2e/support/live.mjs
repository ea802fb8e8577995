// @ts-check
import { afterEach } from 'node:test';
import { until } from './until.mjs';

/** @typedef {import('./world.mjs').World} World */
/** @typedef {import('./world.mjs').Tab} Tab */
/** @typedef {import('../../../pkg/index.js').OpenOptions} OpenOptions */
/**
 * What a handler of a page heard.
 *
 * @typedef {{ type: string, table: string, record: any, old: any, commitTimestamp: string | null, origin: string }} Told
 */

/** How the server behaves unless a test wants it otherwise. */
const DEFAULTS = {
  realtimePollMs: 0,
  realtimeColdMs: 0,
  realtimeTokenMs: 50,
  realtimeErrorMs: 5000,
  realtimeDelayMs: 0,
  realtimeDuplicates: false,
  realtimeFilteredDeletes: true,
  realtimeMaxRecordBytes: 1048576,
};

/**
 * Following rows in pages. After each test the server behaves as it did.
 *
 * @param {World} world
 */
export function useLive(world) {
  const { stack, rest } = world;
  afterEach(() => stack.settings.change(DEFAULTS));

  /**
   * Opens a subscription, waits until it is live and caught up, and remembers under `name` what it is told.
   *
   * @param {Tab} tab
   * @param {string} table
   * @param {object} options
   * @param {string} [name]
   */
  async function follow(tab, table, options, name = 'first') {
    await begin(tab, table, options, name);
    await tab.run((name) => following[name].handle.ready, name);
    await rest();
  }

  /** As `follow`, without waiting. @param {Tab} tab @param {string} table @param {object} options @param {string} [name] */
  const begin = (tab, table, options, name = 'first') =>
    tab.run(([table, options, name]) => {
      /** @type {any} */
      const own = { told: [], statuses: [], gaps: 0 };
      Object.assign(globalThis, { following: { .../** @type {any} */ (globalThis).following, [name]: own } });
      own.handle = wdb
        .getRealtimeManager()
        .open(/** @type {any} */ (table), options, (change) => own.told.push(change));
      own.handle.onStatus = (/** @type {string} */ status) => own.statuses.push(status);
      own.handle.onGap = () => (own.gaps += 1);
    }, /** @type {const} */ ([table, options, name]));

  /** Everything told so far. @param {Tab} tab @param {string} [name] @returns {Promise<Told[]>} */
  const told = (tab, name = 'first') => tab.run((name) => following[name].told, name);

  /** The kinds of what was told, or ids where that says more. @param {Tab} tab @param {string} [name] */
  const kinds = async (tab, name = 'first') => (await told(tab, name)).map(({ type }) => type);

  /** Waits until so much was told, and gives all of it. @param {Tab} tab @param {number} count @param {string} [name] */
  async function hears(tab, count, name = 'first', timeoutMs = 10_000) {
    const enough = () => tab.run(([name, count]) => following[name].told.length >= count, [name, count]);
    await until(enough, timeoutMs).catch(async () => {
      const [heard, statuses] = await tab.run(
        (name) => [following[name].told.length, following[name].statuses.join()],
        name,
      );
      throw new Error(`${count} changes were to be told, ${heard} were; ${statuses}`);
    });
    return told(tab, name);
  }

  /** How it stands. @param {Tab} tab @param {string} [name] @returns {Promise<string>} */
  const status = (tab, name = 'first') => tab.run((name) => following[name].handle.status, name);

  /** Waits until it stands so. @param {Tab} tab @param {string} wanted @param {string} [name] */
  const stands = (tab, wanted, name = 'first', timeoutMs = 15_000) =>
    until(async () => (await status(tab, name)) === wanted, timeoutMs);

  /** The tab is hidden, and shown again after so long. @param {Tab} tab @param {number} hiddenMs */
  const hideAndShow = (tab, hiddenMs) =>
    tab.run((hiddenMs) => {
      const { now } = Date;
      const turn = (/** @type {string} */ state) => {
        Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      };
      turn('hidden');
      Date.now = () => now() + hiddenMs;
      turn('visible');
      Date.now = now;
    }, hiddenMs);

  /** Changes a row by SQL. @param {string} table @param {string} id @param {string} column @param {unknown} value */
  const change = (table, id, column, value) =>
    stack.sql(`update public.${table} set ${column} = $1 where id = $2`, [value, id]);

  /** @param {string} table @param {string} id */
  const remove = (table, id) => stack.sql(`delete from public.${table} where id = $1`, [id]);

  return { follow, begin, told, kinds, hears, rest, status, stands, hideAndShow, change, remove };
}
