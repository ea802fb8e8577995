import { configure, createClient, db, useSyncStatus } from 'workflow-db/react';
import type {
  DatabaseError,
  OutboxActions,
  OutboxEntry,
  SyncState,
  UseSyncStatusResult,
} from 'workflow-db/react';
import {
  clearPersisted,
  getOutbox,
  offline,
  type OfflineOptions,
  type OfflinePart,
  type Outbox,
} from 'workflow-db/offline';

export async function configured(): Promise<void> {
  const options: OfflineOptions = {
    name: 'workflow-db-other',
    maxAgeMs: 1000,
    maxBytes: 1000,
    onSignOut: 'discard',
  };
  const part: OfflinePart = offline(options);
  configure({ url: 'https://xyz.supabase.co', key: 'k', offline: part });
  const client = createClient({ url: 'https://xyz.supabase.co', key: 'k', offline: offline() });
  const outbox: Outbox = getOutbox(client);
  const actions: OutboxActions = outbox;
  const stop: () => void = outbox.subscribe(() => {});
  stop();
  for (const { id, state } of outbox.list()) {
    if (state === 'failed') await actions.retry(id);
    if (state === 'blocked') await actions.discard(id);
  }
  await getOutbox().flush();
  await db.with({ queue: true }).updateWorkflow('id', { name: 'x' });
  await clearPersisted();
}

export function shown(): string {
  const result: UseSyncStatusResult = useSyncStatus();
  const { pending, failed, blocked, isOnline, isFlushing, error }: SyncState = result;
  const entries: readonly OutboxEntry[] = result.list();
  const reason: DatabaseError | undefined = entries[0]?.error ?? error;
  return [pending, failed, blocked, isOnline, isFlushing, reason?.code].join();
}

// @ts-expect-error -- a sign-out keeps or discards
offline({ onSignOut: 'keep' });
// @ts-expect-error -- entries are not for changing
getOutbox().list()[0].state = 'pending';
