// @ts-check
import { until } from '../../e2e/support/until.mjs';
import { FAULTS } from './faults.mjs';
import { OPERATIONS } from './operations.mjs';

/** @typedef {import('../../e2e/support/world.mjs').World} World */
/** A page in which functions run. @typedef {Pick<import('../../e2e/support/world.mjs').Tab, 'run'>} Page */

/**
 * One fault and one operation. `once`: only the first request is affected; `always`: every request is.
 *
 * @typedef {{ fault: string, operation: string, times: 'once' | 'always' }} Cell
 */

/**
 * The result of a cell.
 *
 * @typedef {object} Result
 * @property {string} outcome `value`, or the code of the error
 * @property {string | null} cause for RETRY_EXHAUSTED, the code of the last error
 * @property {number} requests counted by the server
 * @property {number | null} rows in the database after the write; null if the operation writes nothing
 * @property {number} entries in the cache afterwards
 * @property {string} said the error's texts
 * @property {number | null} events reported for one change; null except for subscriptions
 * @property {string[]} statuses of the subscription, in order; empty except for subscriptions
 * @property {string[]} told the row's names in the reported changes
 */

/** The timeout of an attempt, for faults in which it would never end. */
const SHORT_TIMEOUT_MS = 4000;
/** How long a subscription may take: only a heartbeat detects a dead connection. */
const LIVE_MS = 90_000;
const ATTEMPTS = 3;
const QUICK = { maxAttempts: ATTEMPTS, initialBackoffMs: 1, maxBackoffMs: 2 };
/** Enough attempts for a server that takes a few seconds to restart. */
const PATIENT = { maxAttempts: 200, initialBackoffMs: 100, maxBackoffMs: 200 };

/**
 * Prepares a cell: a user with a workflow, and a client with its own host name for the stack. Faults and counts are
 * selected by that name, and it gives each cell its own connections (a browser opens only six to one host).
 *
 * @param {World} world
 * @param {Page} tab
 * @param {Cell} cell
 */
export async function prepareCell({ stack, newUser, newWorkflow, rows }, tab, cell) {
  const { rule, kind } = FAULTS[cell.fault];
  const operation = OPERATIONS[cell.operation];
  const user = await newUser();
  const workflow = await newWorkflow(user);
  const host = `cell-${user.id}.localhost`;
  const requests = () =>
    stack.requests.all().filter((entry) => entry.host.startsWith(host) && entry.method !== 'OPTIONS');

  // Dead connections are simulated by the test, for all cells at once.
  const isFrozen = cell.fault === 'dead socket' && operation.kind === 'subscribe';
  if (rule && !isFrozen) {
    const isSubscription = operation.kind === 'subscribe';
    // A subscription never stops retrying, so it meets the fault as often as a call would.
    const all = isSubscription ? ATTEMPTS : 'always';
    const path = isSubscription ? '/realtime/v1' : '/rest/v1';
    stack.faults.add({ match: { header: { host }, path }, times: cell.times === 'once' ? 1 : all, ...rule });
  }
  const isEndless = rule?.action === 'hang' || rule?.action === 'hangAfterCommit';
  await tab.run(
    ([host, token, options]) => {
      const url = new URL(env.url);
      url.hostname = host;
      const accessToken = () => token;
      const client = wdb.createClient({ url: url.origin, key: env.key, accessToken, ...options });
      const all = /** @type {any} */ (globalThis);
      all.clients = { ...all.clients, [host]: client };
    },
    /** @type {[string, string, any]} */ ([
      host,
      user.token,
      {
        retry: kind === 'restart' ? PATIENT : QUICK,
        ...(isEndless ? { timeoutMs: SHORT_TIMEOUT_MS } : {}),
      },
    ]),
  );

  /** @returns {Promise<Result>} */
  async function call() {
    const [name, ...args] = operation.call(user, workflow);
    const { isValue, error, entries } = await tab.run(
      async ([host, name, args]) => {
        const { db, cache } = /** @type {any} */ (globalThis).clients[host];
        const { error } = await outcome(db[name](...args));
        return { isValue: error === undefined, error, entries: cache.getStats().size };
      },
      /** @type {[string, string, unknown[]]} */ ([host, String(name), args]),
    );
    const [table, where] = operation.rows ?? [];
    return {
      outcome: isValue ? 'value' : error.code,
      cause: error?.cause?.code ?? null,
      requests: requests().length,
      rows: table ? (await rows(table, where, [workflow.id, user.id])).length : null,
      entries,
      said: isValue ? '' : [error.message, error.hint, error.cause?.message, error.cause?.hint].join(' '),
      events: null,
      statuses: [],
      told: [],
    };
  }

  /** Opens a subscription and counts the events for one change. @returns {Promise<Result>} */
  async function subscribe() {
    await open();
    return changeIsTold();
  }

  /** Resolves once it is live. `ready` may have rejected before, because a subscription continues to try. */
  async function open() {
    await tab.run(async (host) => {
      const all = /** @type {any} */ (globalThis);
      const told = (all.told = { ...all.told, [host]: [] })[host];
      const { realtime } = all.clients[host];
      const handle = realtime.open('workflows', {}, (/** @type {any} */ change) =>
        told.push(change.record?.name),
      );
      all.handles = { ...all.handles, [host]: handle };
      const statuses = (all.statuses = { ...all.statuses, [host]: [] })[host];
      handle.onStatus = (/** @type {string} */ status) => statuses.push(status);
      await outcome(handle.ready);
    }, host);
    const status = () => tab.run((host) => /** @type {any} */ (globalThis).handles[host].status, host);
    await until(async () => (await status()) === 'live', LIVE_MS);
  }

  /** @returns {Promise<Result>} */
  async function changeIsTold() {
    const told = () => tab.run((host) => /** @type {any} */ (globalThis).told[host], host);
    // Changes are reported in order: once the second is reported, all reports of the first have arrived.
    for (const name of ['changed', 'last']) {
      await stack.sql('update workflows set name = $1 where id = $2', [name, workflow.id]);
      await until(async () => (await told()).includes(name), LIVE_MS);
    }
    const { entries, statuses } = await tab.run((host) => {
      const { clients, statuses } = /** @type {any} */ (globalThis);
      return { entries: clients[host].cache.getStats().size, statuses: statuses[host] };
    }, host);
    const names = await told();
    return {
      outcome: 'value',
      cause: null,
      requests: requests().filter(({ path }) => path.startsWith('/realtime/v1')).length,
      rows: null,
      entries,
      said: '',
      events: names.filter((/** @type {string} */ name) => name === 'changed').length,
      statuses,
      told: names,
    };
  }

  return {
    requests,
    open,
    changeIsTold,
    run: operation.kind === 'subscribe' ? subscribe : call,
    close: () => tab.run((host) => /** @type {any} */ (globalThis).clients[host].close(), host),
  };
}
