import { invalid } from './errors.js';
import type { CacheMirror } from './cache-mirror.js';
import type { Client } from './generated/bindings.js';
import { isWellFormed } from './stringify.js';

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
  /** As `get`, but neither counted nor taken as a use: for those who follow an entry with `observe`. */
  peek<T>(key: string): T | null;
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
  /**
   * Calls `listener` after every change of the entry under `key`: stored, patched, dropped, or known to be outdated
   * before it could be stored. The result ends that. Variants of the key are entries of their own.
   */
  observe(key: string, listener: () => void): () => void;
  /**
   * Calls `listener` whenever everything was dropped because it was another user's, or another server's: what is shown
   * of it must go too. The result ends that.
   */
  onReset(listener: () => void): () => void;
}

type Counters = [number, number, number, number, number, number, number];

export function createCache(client: () => Client, mirror: CacheMirror): CacheManager {
  return {
    get: <T>(key: string) =>
      (mirror.read(key) ?? mirror.handedOut(client().cacheGet(text(key))) ?? null) as T | null,
    peek: <T>(key: string) => (mirror.peek(named(key)) ?? null) as T | null,
    set: (key, data, ttlMs) => client().cacheSet(text(key), data, positive(ttlMs)),
    invalidate: (key) => {
      mirror.rendered.forget();
      client().cacheInvalidate(text(key));
    },
    invalidatePattern: (regexSource) => {
      const pattern = regularExpression(regexSource);
      const keys = [...(client().cacheKeys() as string[]), ...(client().readKeys() as string[])];
      mirror.rendered.forget();
      client().cacheInvalidateKeys(keys.filter((key) => pattern.test(key)));
    },
    clear: () => {
      mirror.rendered.forget();
      client().cacheClear();
    },
    getStats: () => {
      const entries = client().cacheKeys() as string[];
      const counters = client().cacheCounters() as unknown as Counters;
      return {
        size: entries.length,
        maxSize: counters[0],
        entries,
        hits: counters[1] + mirror.hits,
        misses: counters[2],
        evictions: counters[3],
        expirations: counters[4],
        coalesced: counters[5],
        inFlight: counters[6],
      };
    },
    observe: (key, listener) => mirror.observe(named(key), callable(listener)),
    onReset: (listener) => mirror.onReset(callable(listener)),
  };
}

function text(key: unknown): string {
  if (typeof key === 'string' && isWellFormed(key)) return key;
  throw invalid('key', 'a string without half of a surrogate pair');
}

/** A key that is only looked up: one that cannot be stored has no entry. */
function named(key: unknown): string {
  if (typeof key === 'string') return key;
  throw invalid('key', 'a string');
}

function callable(listener: () => void): () => void {
  if (typeof listener === 'function') return listener;
  throw invalid('listener', 'a function');
}

function positive(ttlMs: unknown): number | undefined {
  if (ttlMs === undefined || (typeof ttlMs === 'number' && ttlMs >= 0)) return ttlMs;
  throw invalid('ttlMs', 'a number, 0 or more');
}

function regularExpression(source: unknown): RegExp {
  if (typeof source !== 'string') throw invalid('pattern', 'the source of a regular expression');
  try {
    return new RegExp(source);
  } catch (error) {
    throw invalid('pattern', 'the source of a regular expression', error);
  }
}
