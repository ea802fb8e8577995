import type { CacheManager } from './cache.js';
import { ConfigurableClient, type DatabaseClient } from './client.js';
import type { Db } from './db.js';
import { defaultClient } from './default-client.js';
import type { CacheConfig, ClientOptions } from './options.js';
import type { RealtimeManager } from './realtime-types.js';

export type { CacheManager, CacheStats } from './cache.js';
export type { DatabaseClient } from './client.js';
export type { Db, DbFunctions } from './db.js';
export { DatabaseError } from './errors.js';
export { cacheKeys } from './keys.js';
export {
  DEFAULT_RETRY_CONFIG,
  type CacheConfig,
  type CallOptions,
  type ClientEvent,
  type ClientOptions,
  type ClientSettings,
  type RealtimeConfig,
  type SupabaseLike,
} from './options.js';
export type {
  ActiveSubscription,
  Change,
  ChangeType,
  OpenOptions,
  RealtimeEvent,
  RealtimeEventHandler,
  RealtimeManager,
  SubscriptionHandle,
  SubscriptionStatus,
  TableName,
  Tables,
} from './realtime-types.js';
export type * from './types.js';
export { ready, type WasmSource } from './wasm.js';
export type { SocketConstructor, SocketLike } from './socket-driver.js';

/**
 * Sets the server, and whatever else `options` holds, for the package's own `db`.
 *
 * Called again with an equal address, key and schema it only replaces functions and settings: nothing is dropped. With
 * others, every call under way ends with ABORTED and the cache is emptied.
 *
 * @throws DatabaseError INVALID_INPUT naming the option and what was expected.
 */
export function configure(options: ClientOptions): void {
  defaultClient.configure(options);
}

/**
 * A client of its own. Servers make one for each request, so that no user's rows are in another's cache.
 *
 * Close it when it is no longer needed: that ends its calls and subscriptions, and frees its rows at once. A client that
 * nothing refers to is collected with its rows, unless it follows something or has a call under way.
 *
 * @throws DatabaseError INVALID_INPUT naming the option and what was expected.
 */
export function createClient(options: ClientOptions): DatabaseClient {
  const client = new ConfigurableClient();
  client.configure(options);
  return client;
}

/**
 * Tells that the signed-in user may have changed. The token provider is asked; when the user is another one, every
 * cached row of the old one goes, and calls still under way end with ABORTED. With `configure({ supabase })` it is
 * called for you.
 */
export function authChanged(): void {
  defaultClient.authChanged();
}

/** Every function of the database. Usable after `configure`; before it, every call rejects with NOT_CONFIGURED. */
export const db: Db = defaultClient.db;

/** The cache. `config` counts at the first call, and where `configure` is not given another one. */
export function getCacheManager(config?: CacheConfig): CacheManager {
  if (config !== undefined) defaultClient.configureCache(config);
  return defaultClient.cache;
}

/** Changes of the database as they happen. A subscription made before `configure` waits for it. */
export function getRealtimeManager(): RealtimeManager {
  return defaultClient.realtime;
}
