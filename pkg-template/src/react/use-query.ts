import { useCallback, useEffect, useInsertionEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { Mutations } from './mutations.js';
import { useSettings, type RefetchOptions } from './provider.js';
import { Query, type QuerySpec, type QueryState } from './query.js';

/** Subscribes to the result of a query. A new key is a new query. */
export function useQuery<T>(spec: QuerySpec<T>, options?: RefetchOptions): [QueryState<T>, Query<T>] {
  const settings = useSettings();
  const { client } = settings;
  const shown = useRef<Query<T> | undefined>(undefined);
  // The key contains everything that the spec depends on.
  const query = useMemo(() => new Query(client, spec, shown.current), [client, spec.key]);
  const state = useSyncExternalStore(query.subscribe, query.snapshot, query.serverSnapshot);

  useEffect(() => {
    shown.current = query;
  }, [query]);

  const onFocus = options?.refetchOnFocus ?? settings.refetchOnFocus;
  useEffect(() => (onFocus ? listen(FOCUS, query.refetch) : undefined), [onFocus, query]);
  const onReconnect = options?.refetchOnReconnect ?? settings.refetchOnReconnect;
  useEffect(() => (onReconnect ? listen(RECONNECT, query.refetch) : undefined), [onReconnect, query]);

  return [state, query];
}

/** Asks the server for all of these. The function never changes while the component is mounted, and never rejects. */
export function useRefresh(
  queries: readonly Pick<Query<unknown>, 'refresh'>[],
  mutations?: Mutations,
): () => Promise<void> {
  const latest = useRef({ queries, mutations });
  useInsertionEffect(() => {
    latest.current = { queries, mutations };
  });
  return useCallback(async () => {
    const { queries, mutations } = latest.current;
    mutations?.forgetError();
    await Promise.all(queries.map((query) => query.refresh()));
  }, []);
}

const FOCUS = ['focus', 'visibilitychange'];
const RECONNECT = ['online'];

/** Calls `refetch` after these events of the window or of the document, as soon as the page is visible. */
function listen(events: readonly string[], refetch: () => void): () => void {
  let isDue = false;
  const onEvent = ({ type }: Event) => {
    isDue ||= events.includes(type);
    if (!isDue || document.visibilityState !== 'visible') return;
    isDue = false;
    refetch();
  };
  const all = [...FOCUS, ...RECONNECT];
  for (const event of all) window.addEventListener(event, onEvent);
  return () => {
    for (const event of all) window.removeEventListener(event, onEvent);
  };
}
