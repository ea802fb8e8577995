// @ts-check
import { afterEach } from 'node:test';
import { until } from './until.mjs';

/** @typedef {import('./world.mjs').World} World */
/** @typedef {import('./world.mjs').Tab} Tab */
/** @typedef {import('../../../pkg/index.js').OpenOptions} OpenOptions */
/**
 * A change that a handler in a page received.
 *
 * @typedef {{ type: string, table: string, record: any, old: any, commitTimestamp: string | null, origin: string }} Told
 */

/** The default behavior of the server. */
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
 * Subscriptions in pages. Resets the server's behavior after each test.
 *
 * @param {World} world
 */
export function useLive(world) {
  const { stack, rest } = world;
  afterEach(() => stack.settings.change(DEFAULTS));

  /**
   * Opens a subscription, waits until it is live and caught up, and records its reports under `name`.
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

  /** Like `follow`, without waiting. @param {Tab} tab @param {string} table @param {object} options @param {string} [name] */
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

  /** Everything reported so far. @param {Tab} tab @param {string} [name] @returns {Promise<Told[]>} */
  const told = (tab, name = 'first') => tab.run((name) => following[name].told, name);

  /** The kinds of the reported changes. @param {Tab} tab @param {string} [name] */
  const kinds = async (tab, name = 'first') => (await told(tab, name)).map(({ type }) => type);

  /** Waits until `count` changes were reported, and returns all of them. @param {Tab} tab @param {number} count @param {string} [name] */
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

  /** The status of the subscription. @param {Tab} tab @param {string} [name] @returns {Promise<string>} */
  const status = (tab, name = 'first') => tab.run((name) => following[name].handle.status, name);

  /** Waits until the subscription has this status. @param {Tab} tab @param {string} wanted @param {string} [name] */
  const stands = (tab, wanted, name = 'first', timeoutMs = 15_000) =>
    until(async () => (await status(tab, name)) === wanted, timeoutMs);

  /** Hides the tab and shows it again after `hiddenMs`. @param {Tab} tab @param {number} hiddenMs */
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

  /** Changes a row with SQL. @param {string} table @param {string} id @param {string} column @param {unknown} value */
  const change = (table, id, column, value) =>
    stack.sql(`update public.${table} set ${column} = $1 where id = $2`, [value, id]);

  /** @param {string} table @param {string} id */
  const remove = (table, id) => stack.sql(`delete from public.${table} where id = $1`, [id]);

  return { follow, begin, told, kinds, hears, rest, status, stands, hideAndShow, change, remove };
}
