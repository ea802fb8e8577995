import { useEffect } from 'react';
import type { DatabaseClient } from '../client.js';
import type { SubscriptionHandle, TableName } from '../realtime-types.js';
import { overlaysOf } from './overlays.js';
import { useClient } from './provider.js';
import type { QueryState } from './query.js';

/** A subscription outlives its last component for so long: one that is mounted again in a moment finds it open. */
const LINGER_MS = 500;

type Read = Pick<QueryState<unknown>, 'data' | 'error'>;

interface Shared {
  table: TableName;
  scope: string | undefined;
  handle: SubscriptionHandle | undefined;
  users: number;
}

/**
 * Keeps what is cached of these rows right while the component is mounted, whoever changes them. No rows are meant
 * without a table, or when `scope` is empty; all that the user may see when it is undefined.
 *
 * It begins when the component's own read is over. A subscription reads its scope too, and a read that is overtaken by
 * that may be the older one of the two: it would be asked again.
 */
export function useLive(
  table: TableName | undefined,
  scope: string | undefined,
  read: Read,
  isOn = true,
): void {
  const client = useClient();
  // A closed client is not opened again; a read tells when it is configured.
  const isLive = isOn && scope !== '' && isOver(read) && read.error?.code !== 'NOT_CONFIGURED';
  useEffect(() => (isLive && table ? join(client, table, scope) : undefined), [client, table, scope, isLive]);
}

/** Whether there was an answer, or a failure. */
export function isOver(read: Read): boolean {
  return read.data !== undefined || read.error !== null;
}

function join(client: DatabaseClient, table: TableName, scope: string | undefined): () => void {
  const all = subscriptionsOf(client);
  const name = `${table} ${scope ?? ''}`;
  const shared = all.get(name) ?? { table, scope, handle: undefined, users: 0 };
  all.set(name, shared);
  shared.users += 1;
  keepOpen(client, shared);
  return () => {
    shared.users -= 1;
    setTimeout(() => {
      if (shared.users > 0 || all.get(name) !== shared) return;
      all.delete(name);
      shared.handle?.unsubscribe();
    }, LINGER_MS);
  };
}

function keepOpen(client: DatabaseClient, shared: Shared): void {
  if (shared.handle !== undefined && shared.handle.status !== 'closed') return;
  try {
    const { table, scope } = shared;
    shared.handle = client.realtime.open(table, scope === undefined ? {} : { scope });
    shared.handle.onStatus = (status) => {
      if (status === 'live') overlaysOf(client).recovered();
    };
  } catch {
    // The scope is no id: the read says so.
  }
}

const ofClients = new WeakMap<DatabaseClient, Map<string, Shared>>();

function subscriptionsOf(client: DatabaseClient): Map<string, Shared> {
  const known = ofClients.get(client);
  if (known !== undefined) return known;
  const made = new Map<string, Shared>();
  ofClients.set(client, made);
  return made;
}
