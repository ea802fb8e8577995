import type { CacheManager } from './cache.js';
import { ConfigurableClient, type DatabaseClient } from './client.js';
import type { Db } from './db.js';
import { defaultClient } from './default-client.js';
import type { CacheConfig, ClientOptions } from './options.js';
import type { RealtimeManager } from './realtime-types.js';

export type { CacheManager, CacheStats } from './cache.js';
export type { DatabaseClient } from './client.js';
export type { Db, DbFunctions } from './db.js';
export type { ServiceFunctions, ServiceInit } from './service.js';
export { DatabaseError } from './errors.js';
export { cacheKeys } from './keys.js';
export { mergeGraphs, type GraphMerge } from './merge.js';
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
export type { Member, Room, RoomOptions } from './room-types.js';
export type * from './types.js';
export { ready, type WasmSource } from './wasm.js';
export type { SocketConstructor, SocketLike } from './socket-driver.js';

/**
 * Sets the server and all other `options` of the package's own client.
 *
 * Calling it again with the same URL, key and schema only replaces functions and settings. Otherwise all calls end
 * with ABORTED and the cache is emptied.
 *
 * @throws DatabaseError INVALID_INPUT, naming the invalid option.
 * @example configure({ url: 'https://xyz.supabase.co', key: 'sb_publishable_…' });
 */
export function configure(options: ClientOptions): void {
  defaultClient.configure(options);
}

/**
 * Creates a separate client. On a server, create one per request, so that users never share a cache.
 *
 * Close it when it is no longer needed: that ends its calls and subscriptions and frees its rows. An unreferenced
 * client is garbage-collected with its rows, unless it has subscriptions or calls in flight.
 *
 * @throws DatabaseError INVALID_INPUT, naming the invalid option.
 * @example
 * const client = createClient({ url, key, accessToken: () => token });
 * const workflows = await client.db.getWorkflows(userId);
 * client.close();
 */
export function createClient(options: ClientOptions): DatabaseClient {
  const client = new ConfigurableClient();
  client.configure(options);
  return client;
}

/**
 * Tells the package that the signed-in user may have changed. It then asks the token provider. If the user is another
 * one, all cached rows are dropped and calls in flight end with ABORTED. With `configure({ supabase })` this happens
 * automatically.
 *
 * @example authChanged();
 */
export function authChanged(): void {
  defaultClient.authChanged();
}

/**
 * The functions of the database. Before `configure`, every call rejects with NOT_CONFIGURED.
 *
 * @example const workflows = await db.getWorkflows(userId);
 */
export const db: Db = defaultClient.db;

/**
 * The cache. `config` is used by the first call only, unless `configure` sets the cache's limits.
 *
 * @example const cache = getCacheManager();
 */
export function getCacheManager(config?: CacheConfig): CacheManager {
  if (config !== undefined) defaultClient.configureCache(config);
  return defaultClient.cache;
}

/**
 * Live changes of the database. Subscriptions made before `configure` wait for it.
 *
 * @example const realtime = getRealtimeManager();
 */
export function getRealtimeManager(): RealtimeManager {
  return defaultClient.realtime;
}
