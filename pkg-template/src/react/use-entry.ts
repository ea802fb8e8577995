import { useInsertionEffect, useMemo, useRef } from 'react';
import type { DbFunctions } from '../db.js';
import type { TableName } from '../realtime-types.js';
import { idOf } from './ids.js';
import { useLive } from './live.js';
import type { RefetchOptions } from './provider.js';
import type { ReadState } from './results.js';
import { useQuery, useRefresh } from './use-query.js';

export interface UseEntryOptions extends RefetchOptions {
  /** Keeps the entry up to date with changes of these rows made elsewhere. Off by default. */
  realtime?: EntryRows | undefined;
}

/** The rows that an entry consists of. */
export interface EntryRows {
  table: TableName;
  /** The id of the user, workflow or execution that the rows belong to; by default all rows that the user may see. */
  scope?: string | undefined;
}

export interface UseEntryResult<T> extends ReadState {
  /** The result, also while it is being read again; undefined until there is one. */
  data: T | undefined;
  /** Asks the server. Never rejects; errors are in `error`. */
  refresh: () => Promise<void>;
}

const show = <T>(answer: T): T => answer;

/**
 * Subscribes to one cache entry, for reads without a hook of their own. Returns the entry under `key`, and calls `read`
 * if there is none. Writes and live changes that affect the entry are shown, and components with the same key share one
 * request. With an empty key, null or undefined, nothing is read.
 *
 * `key` is the entry that `read` fills; `cacheKeys` returns it. Everything that `read` depends on must be part of the
 * key.
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
