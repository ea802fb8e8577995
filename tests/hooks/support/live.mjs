// @ts-check
import assert from 'node:assert/strict';
import { until } from '../../e2e/support/until.mjs';

/** @typedef {import('../../e2e/support/world.mjs').Tab} Tab */

const byId = (/** @type {any} */ a, /** @type {any} */ b) => (a.id < b.id ? -1 : 1);
const sorted = (/** @type {any} */ value) => (Array.isArray(value) ? [...value].sort(byId) : value);

/**
 * Helpers for changes by other clients in hooks.
 *
 * @param {{ stack: import('../../e2e/support/fixtures.mjs').Stack }} world
 */
export function createLive({ stack }) {
  /** Waits until `count` subscriptions of the page are live. @param {Tab} tab @param {number} count */
  const isLive = (tab, count = 1) =>
    tab.run(
      (count) =>
        until(() => {
          const active = react.getRealtimeManager().getActiveSubscriptions();
          return active.length === count && active.every(({ status }) => status === 'live');
        }),
      count,
    );

  /**
   * Waits until this part of a hook's result is as expected; rows in any order.
   *
   * @param {Tab} tab
   * @param {string} name
   * @param {string} path such as `workflow.nodes`; empty for the whole result
   * @param {unknown} expected
   */
  async function shows(tab, name, path, expected) {
    let shown;
    const isShown = async () => {
      shown = sorted(part(await tab.run((name) => view(name), name), path));
      try {
        assert.deepEqual(shown, sorted(expected));
        return true;
      } catch {
        return false;
      }
    };
    await until(isShown).catch(() => assert.deepEqual(shown, sorted(expected)));
  }

  /** Sets a column with SQL. @param {string} table @param {string} id @param {string} column @param {unknown} value */
  const change = (table, id, column, value) =>
    stack.sql(`update public.${table} set ${column} = $1 where id = $2`, [value, id]);

  /** @param {string} table @param {string} id */
  const remove = (table, id) => stack.sql(`delete from public.${table} where id = $1`, [id]);

  /** The channels that these users have joined. @param {...{ id: string }} users */
  const channelsOf = (...users) =>
    stack.realtime.inspect().channels.filter(({ sub }) => users.some(({ id }) => id === sub));

  return { isLive, shows, change, remove, channelsOf };
}

/** @param {any} value @param {string} path */
export function part(value, path) {
  return path === '' ? value : path.split('.').reduce((inner, name) => inner?.[name], value);
}
