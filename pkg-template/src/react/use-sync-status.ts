import { useMemo, useSyncExternalStore } from 'react';
import { outboxOf, type OutboxActions, type SyncState } from '../outbox.js';
import { useClient } from './provider.js';

/** The result of `useSyncStatus`. */
export interface UseSyncStatusResult extends SyncState, OutboxActions {}

/**
 * The unsent writes of the signed-in user, live: how many there are, and whether they are being sent. Without
 * `configure({ offline })` there are none.
 *
 * @example
 * ```tsx
 * function Banner() {
 *   const { pending, failed, isOnline } = useSyncStatus();
 *   if (failed > 0) return <p>{failed} changes were refused</p>;
 *   if (pending > 0) return <p>{pending} changes to send</p>;
 *   return <p>{isOnline ? 'Everything is saved' : 'Offline'}</p>;
 * }
 * ```
 */
export function useSyncStatus(): UseSyncStatusResult {
  const outbox = outboxOf(useClient());
  const state = useSyncExternalStore(outbox.subscribe, outbox.state, outbox.serverState);
  return useMemo(() => {
    const { entries: _entries, ...status } = state;
    const { list, flush, retry, discard } = outbox;
    return { ...status, list, flush, retry, discard };
  }, [outbox, state]);
}
