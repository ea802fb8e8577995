import { useInsertionEffect, useMemo, useRef } from 'react';
import type { DbFunctions } from '../db.js';
import type { TableName } from '../realtime-types.js';
import { idOf } from './ids.js';
import { useLive } from './live.js';
import type { RefetchOptions } from './provider.js';
import type { ReadState } from './results.js';
import { useQuery, useRefresh } from './use-query.js';

export interface UseEntryOptions extends RefetchOptions {
  /** Keeps the entry right while changes are made elsewhere to these rows. Not live unless given. */
  realtime?: EntryRows | undefined;
}

/** Rows that an entry is made of. */
export interface EntryRows {
  table: TableName;
  /** The id of the user, workflow or execution whose rows they are; all that the user may see unless given. */
  scope?: string | undefined;
}

export interface UseEntryResult<T> extends ReadState {
  /** The answer, also while it is read again; undefined until there is one. */
  data: T | undefined;
  /** Really asks. Never rejects: `error` tells. */
  refresh: () => Promise<void>;
}

const show = <T>(answer: T): T => answer;

/**
 * Follows one cache entry, for reads without a hook of their own: answers what is stored under `key`, and calls `read`
 * while nothing is. Every write and live change that concerns the entry shows up, and components with the same key share
 * one request. An empty key, null or undefined reads nothing.
 *
 * `key` is the entry that `read` fills: `cacheKeys` names it. All that `read` depends on belongs in the key.
 *
 * @example
 * ```tsx
 * function Favorites({ userId }: { userId: string }) {
 *   const { data, loading, error, refresh } = useEntry(
 *     cacheKeys.favorites(userId),
 *     (db) => db.getFavorites(userId),
 *     { realtime: { table: 'workflow_favorites', scope: userId } },
 *   );
 *   if (error && !data) return <button onClick={refresh}>Try again</button>;
 *   if (!data) return <p>Loading…</p>;
 *   return <p aria-busy={loading}>{data.length} favorites</p>;
 * }
 * ```
 */
export function useEntry<T>(
  key: string | null | undefined,
  read: (db: DbFunctions) => Promise<T>,
  options: UseEntryOptions = {},
): UseEntryResult<T> {
  const latestRead = useRef(read);
  useInsertionEffect(() => {
    latestRead.current = read;
  });
  const [state, query] = useQuery<T>({ key: key ?? '', read: (db) => latestRead.current(db), show }, options);
  const { table, scope } = options.realtime ?? {};
  useLive(table, scope === undefined ? scope : idOf(scope), state);
  const refresh = useRefresh([query]);
  const { data, loading, error, isFetching } = state;
  return useMemo(
    () => ({ data, loading, error, isFetching, refresh }),
    [data, loading, error, isFetching, refresh],
  );
}
