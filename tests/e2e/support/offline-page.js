// @ts-check
// Runs in the page: the package with its offline entry, served by a service worker while there is no network.
import '/page.js';
import * as offlineEntry from '/pkg/offline/index.js';

/**
 * Configures the default client to persist, as an app does at its start. The events of the offline part, and every state of
 * the outbox, are kept.
 *
 * @param {object} [options] of `offline`
 * @param {object} [more] of `configure`
 */
function start(options, more) {
  const { url, key } = env;
  /** @type {unknown[]} */
  const events = [];
  const onEvent = (/** @type {import('../../../pkg/index.js').ClientEvent} */ event) => {
    if (event.type === 'offline') events.push(event.error.message);
  };
  const accessToken = () => env.token;
  const retry = { initialBackoffMs: 20, maxBackoffMs: 100 };
  wdb.configure({ url, key, accessToken, retry, onEvent, offline: offlineEntry.offline(options), ...more });
  Object.assign(globalThis, { events, outbox: offlineEntry.getOutbox() });
}

/** The state of the outbox, in a form that leaves the page. */
function outboxView() {
  const { pending, failed, blocked, isOnline, isFlushing, error } = offlineEntry.getOutbox();
  const entries = offlineEntry.getOutbox().list();
  const list = entries.map(({ table, action, state, error }) =>
    [table, action, state, error?.code].join(' ').trim(),
  );
  return { pending, failed, blocked, isOnline, isFlushing, error: error?.message, list };
}

/** Waits until everything is on the server, or was refused by it. */
async function sent() {
  // This waits until the outbox of an earlier visit was read.
  await offlineEntry.getOutbox().flush();
  await until(() => offlineEntry.getOutbox().pending === 0);
}

try {
  const saved = localStorage.getItem('env');
  if (saved) Object.assign(globalThis, { env: JSON.parse(saved) });
} catch {
  // Storage is blocked.
}
Object.assign(globalThis, { offlineEntry, start, outboxView, sent });
