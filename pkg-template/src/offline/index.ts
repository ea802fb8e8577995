import { deleteDB } from 'idb';
import { inspectorOf, type DatabaseClient } from '../client.js';
import { defaultClient } from '../default-client.js';
import { invalid, readable } from '../errors.js';
import type { OfflinePart } from '../offline-part.js';
import type { SocketConstructor } from '../socket-driver.js';
import { outboxOf, type Outbox } from '../outbox.js';
import type { Settings } from './live.js';
import { Part } from './part.js';
import { hasStorage, unavailable } from './storage.js';

export type { OfflinePart } from '../offline-part.js';
export type { Outbox, OutboxActions, OutboxEntry, SyncState } from '../outbox.js';

/** Options of `offline`. */
export interface OfflineOptions {
  /**
   * The name of the IndexedDB database; `workflow-db` by default. Choose one that begins with `workflow-db`, because
   * `clearPersisted` looks for those.
   */
  name?: string;
  /** How old a persisted entry may be to be shown, in milliseconds; 7 days by default. */
  maxAgeMs?: number;
  /**
   * How much is persisted, in bytes; 50 MB by default. Beyond that, the least recently used entries are removed. Unsent
   * writes are never removed.
   */
  maxBytes?: number;
  /**
   * What happens to unsent writes when their user signs out: they wait until the user signs in again (`keep-writes`, the
   * default), or they are lost (`discard`). Persisted rows are always erased.
   */
  onSignOut?: 'keep-writes' | 'discard';
}

const DEFAULT_NAME = 'workflow-db';
const DEFAULTS: Settings = {
  name: DEFAULT_NAME,
  maxAgeMs: 7 * 24 * 60 * 60 * 1000,
  maxBytes: 50_000_000,
  onSignOut: 'keep-writes',
};

/** The names of the databases that this page has used. */
const used = new Set([DEFAULT_NAME]);

/**
 * Makes rows and unsent writes outlive the page: pass the result to `configure` or `createClient`.
 *
 * @throws DatabaseError INVALID_INPUT, naming the invalid option.
 * @example configure({ url, key, offline: offline() });
 */
export function offline(options: OfflineOptions = {}): OfflinePart {
  const settings = settingsOf(options);
  let part: Part | undefined;
  let Real: SocketConstructor | undefined;
  return {
    provider(client, ask) {
      const isTaken = part?.isDetached === false && part.parts.client !== client;
      if (isTaken) throw invalid('offline', 'a result of offline() for each client');
      if (typeof ask !== 'function') return ask;
      // A function for each call, so that options which are refused afterwards change nothing.
      return (rejected?: string) => part?.token(ask, rejected) ?? ask(rejected);
    },
    sockets(own) {
      const Socket = (Real = own ?? (globalThis.WebSocket as SocketConstructor | undefined));
      if (Socket === undefined) return undefined;
      // A function instead of a class, because it returns the socket of a client.
      return function (url: string) {
        return part === undefined ? new Socket(url) : part.socket(Socket, url);
      } as unknown as SocketConstructor;
    },
    attach(parts) {
      used.add(settings.name);
      return (part = new Part(settings, parts, Real));
    },
  };
}

/**
 * The writes that are not on the server yet, of the package's own client or of another one.
 *
 * @example
 * const outbox = getOutbox();
 * outbox.subscribe(() => console.log(`${outbox.pending} changes to send`));
 */
export function getOutbox(client: DatabaseClient = defaultClient): Outbox {
  if (inspectorOf(client) === undefined) throw invalid('client', 'a client of this package');
  return outboxOf(client);
}

/**
 * Erases everything that the package has persisted in this browser, for all users, unsent writes too.
 *
 * @throws DatabaseError STORAGE_UNAVAILABLE if the browser blocks its storage.
 * @example await clearPersisted();
 */
export async function clearPersisted(): Promise<void> {
  if (!hasStorage()) return;
  try {
    // Where it is missing, databases of names that only earlier pages used are not found.
    const known = (await indexedDB.databases?.()) ?? [];
    const found = known.flatMap(({ name }) => (name?.startsWith(DEFAULT_NAME) ? [name] : []));
    await Promise.all([...new Set([...used, ...found])].map((name) => deleteDB(name)));
  } catch (cause) {
    throw unavailable('What was stored cannot be erased', cause);
  }
}

function settingsOf(options: OfflineOptions): Settings {
  if (Object(options) !== options) throw invalid('offline', 'an object');
  const { name, maxAgeMs, maxBytes, onSignOut } = readable('offline', () => ({
    ...DEFAULTS,
    ...defined(options),
  }));
  if (typeof name !== 'string' || name === '') throw invalid('offline.name', 'a name');
  if (!isAmount(maxAgeMs)) throw invalid('offline.maxAgeMs', 'a number of milliseconds');
  if (!isAmount(maxBytes)) throw invalid('offline.maxBytes', 'a number of bytes');
  if (onSignOut !== 'keep-writes' && onSignOut !== 'discard') {
    throw invalid('offline.onSignOut', "'keep-writes' or 'discard'");
  }
  return { name, maxAgeMs, maxBytes, onSignOut };
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

function defined(options: OfflineOptions): Partial<Settings> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
