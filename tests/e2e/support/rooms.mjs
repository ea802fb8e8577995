// @ts-check
import assert from 'node:assert/strict';
import { afterEach, beforeEach } from 'node:test';
import { until } from './until.mjs';
import { useWorld } from './world.mjs';

/** @typedef {import('./world.mjs').Tab} Tab */
/** @typedef {import('./fixtures.mjs').User} User */

/** Pages of three people who share a workflow, and helpers for its room. */
export async function useRooms() {
  const world = await useWorld({ seed: true, members: true });
  const { stack } = world;
  const [ada, grace, mary] = stack.users.map((user) => ({
    ...user,
    token: stack.signToken({ sub: user.id, email: user.email }),
  }));
  /** A workflow that Ada owns, Grace edits and Mary views, and another of Ada's. Created for each test. */
  const workflows = { shared: '', alone: '' };

  beforeEach(async () => {
    const rows = await stack.sql(
      'insert into workflows (user_id, name) select $1, gen_random_uuid() from generate_series(1, 2) returning id',
      [ada.id],
    );
    [workflows.shared, workflows.alone] = rows.map(({ id }) => id);
    await world.newMember(workflows.shared, grace, 'editor');
    await world.newMember(workflows.shared, mary, 'viewer');
  });

  afterEach(() => stack.settings.change({ realtimeSilenceMs: 60_000 }));

  /** @param {{ id: string, email: string, token: string }} user */
  const open = (user, options = {}) =>
    world.open({ as: /** @type {User} */ (/** @type {any} */ (user)), options });

  /**
   * Joins a room in a page and makes it global as `room`. Records its statuses, the events of the client and the number of calls.
   *
   * @param {Tab} tab
   * @param {object} options
   */
  const join = (tab, options, workflowId = workflows.shared, isLive = true) =>
    tab.run(async ([workflowId, options, isLive]) => {
      const room = wdb.getRealtimeManager().joinRoom(workflowId, options);
      /** @type {any} */
      const seen = { statuses: [], told: 0, messages: [] };
      room.subscribe(() => {
        seen.told += 1;
        if (seen.statuses.at(-1) !== room.status) seen.statuses.push(room.status);
      });
      room.on('wave', (payload) => seen.messages.push(payload));
      Object.assign(globalThis, { room, seen });
      while (isLive && room.status !== 'live') await new Promise((resolve) => setTimeout(resolve, 10));
    }, /** @type {const} */ ([workflowId, options, isLive]));

  /** The other people that a page sees: the name and state of each. @param {Tab} tab @returns {Promise<[string, any][]>} */
  const others = (tab) =>
    tab.run(() => room.others.map((/** @type {any} */ { name, state }) => [name, state]));

  /** @param {Tab} tab @param {[string, any][]} expected */
  async function sees(tab, expected) {
    const wanted = JSON.stringify(expected);
    await until(async () => JSON.stringify(await others(tab)) === wanted).catch(async () => {
      assert.deepEqual(await others(tab), expected);
    });
  }

  /** @param {Tab} tab @param {object} patch */
  const setState = (tab, patch) => tab.run((patch) => room.setState(patch), patch);

  /** The frames that a page sends, with their event. @param {import('playwright-core').Page} page */
  function framesOf(page) {
    /** @type {{ event: string, payload: any, at: number }[]} */
    const sent = [];
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload: text }) => {
        const [, , , event, payload] = JSON.parse(String(text));
        sent.push({ event, payload, at: performance.now() });
      }),
    );
    return sent;
  }

  return { world, stack, ada, grace, mary, workflows, open, join, others, sees, setState, framesOf };
}
