import { invalid } from './errors.js';
import type { CacheMirror } from './cache-mirror.js';
import type { Client } from './generated/bindings.js';
import { isWellFormed } from './stringify.js';

/** Counters and content of the cache. */
export interface CacheStats {
  size: number;
  maxSize: number;
  /** All keys, most recently used first. */
  entries: string[];
  hits: number;
  misses: number;
  /** Entries removed because there were too many. */
  evictions: number;
  /** Entries removed because of their age. */
  expirations: number;
  /** Reads that joined another one in flight. */
  coalesced: number;
  /** Reads in flight. */
  inFlight: number;
}

/** Access to the cache. Its rows are shared and read-only: copy a row before you change it. */
export interface CacheManager {
  /**
   * The fresh entry under `key`, or null.
   *
   * @example const workflow = cache.get<{ name: string }>(cacheKeys.workflow(workflowId));
   */
  get<T>(key: string): T | null;
  /**
   * Like `get`, but does not count as a hit or a use. For code that follows an entry with `observe`.
   *
   * @example const workflow = cache.peek<{ name: string }>(cacheKeys.workflow(workflowId));
   */
  peek<T>(key: string): T | null;
  /**
   * Stores `data` under `key`, for `ttlMs` milliseconds or the default lifetime.
   *
   * @example cache.set(cacheKeys.workflow(workflowId), workflow, 60_000);
   */
  set<T>(key: string, data: T, ttlMs?: number): void;
  /**
   * Drops `key` and its variants. Responses to earlier requests are returned to their callers but not stored.
   *
   * @example cache.invalidate(cacheKeys.workflows(userId));
   */
  invalidate(key: string): void;
  /**
   * Drops the keys that match the regular expression.
   *
   * @throws DatabaseError INVALID_INPUT if it is not a regular expression.
   * @example cache.invalidatePattern('^workflow');
   */
  invalidatePattern(regexSource: string): void;
  /**
   * Drops everything.
   *
   * @example cache.clear();
   */
  clear(): void;
  /**
   * The cache's counters and keys.
   *
   * @example const { hits, misses, size } = cache.getStats();
   */
  getStats(): CacheStats;
  /**
   * Calls `listener` after each change of the entry under `key`: stored, patched, dropped, or outdated before it
   * could be stored. Returns a function that stops it. Variants of the key are separate entries.
   *
   * @example const stop = cache.observe(cacheKeys.workflow(workflowId), () => console.log('changed'));
   */
  observe(key: string, listener: () => void): () => void;
  /**
   * Calls `listener` when everything was dropped because the user or the server changed, so that views can drop their
   * rows too. Returns a function that stops it.
   *
   * @example const stop = cache.onReset(() => location.reload());
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

/** A key for a lookup. A key that cannot be stored has no entry. */
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
