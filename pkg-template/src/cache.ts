import { DatabaseError } from './errors.js';
import type { Front } from './front.js';
import type { Client } from './generated/bindings.js';

/** What the cache did and holds. */
export interface CacheStats {
  size: number;
  maxSize: number;
  /** Every key, most recently used first. */
  entries: string[];
  hits: number;
  misses: number;
  /** Entries that left because there were too many. */
  evictions: number;
  /** Entries that left because of their age. */
  expirations: number;
  /** Reads that joined another one under way instead of asking. */
  coalesced: number;
  /** Reads under way. */
  inFlight: number;
}

/** The cache itself. What it holds is shared and read-only: copy a row before changing it. */
export interface CacheManager {
  /** What is stored under `key`, or null when there is nothing or it is past its time. */
  get<T>(key: string): T | null;
  /** Stores `data` under `key`, for `ttlMs` milliseconds or the default time. */
  set<T>(key: string, data: T, ttlMs?: number): void;
  /** Drops `key` and its variants. Answers that are on their way are handed to their callers but not stored. */
  invalidate(key: string): void;
  /**
   * Drops every key in which the regular expression finds something.
   * @throws DatabaseError INVALID_INPUT when it is no regular expression.
   */
  invalidatePattern(regexSource: string): void;
  /** Drops everything. */
  clear(): void;
  getStats(): CacheStats;
  /** Calls `listener` after every change of the entry under `key`: stored, patched or dropped. The result ends that. */
  observe(key: string, listener: () => void): () => void;
}

export function createCache(client: () => Client, front: Front): CacheManager {
  return {
    get: <T>(key: string) => client().cacheGet(key) as T | null,
    set: (key, data, ttlMs) => client().cacheSet(key, data, ttlMs),
    invalidate: (key) => client().cacheInvalidate(key),
    invalidatePattern: (regexSource) => client().cacheInvalidatePattern(regularExpression(regexSource)),
    clear: () => client().cacheClear(),
    getStats: () => {
      const stats = client().cacheStats() as CacheStats;
      return { ...stats, hits: stats.hits + front.hits };
    },
    observe: (key, listener) => front.observe(key, listener),
  };
}

function regularExpression(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch (error) {
    throw new DatabaseError('INVALID_INPUT', 'pattern: expected the source of a regular expression', error);
  }
}
