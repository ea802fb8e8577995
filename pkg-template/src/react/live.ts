import { useEffect } from 'react';
import type { DatabaseClient } from '../client.js';
import type { SubscriptionHandle, TableName } from '../realtime-types.js';
import { overlaysOf } from './overlays.js';
import { useClient } from './provider.js';
import type { QueryState } from './query.js';

/** How long a subscription outlives its last component, so that a component that is mounted again soon reuses it. */
const LINGER_MS = 500;

type Read = Pick<QueryState<unknown>, 'data' | 'error'>;

interface Shared {
  table: TableName;
  scope: string | undefined;
  filter: string | undefined;
  handle: SubscriptionHandle | undefined;
  users: number;
}

/**
 * Keeps the cached rows up to date while the component is mounted. Without a table, or with an empty `scope`, it does
 * nothing; without a `scope`, it subscribes to all rows that the user may see and that match `filter`.
 *
 * It starts after the component's own read. A subscription reads its scope too; if that overtook the component's
 * read, the read would have to be repeated.
 */
export function useLive(
  table: TableName | undefined,
  scope: string | undefined,
  read: Read,
  isOn = true,
  filter?: string,
): void {
  const client = useClient();
  // Do not reopen a closed client; a read shows when it is configured again.
  const isLive = isOn && scope !== '' && isOver(read) && read.error?.code !== 'NOT_CONFIGURED';
  useEffect(
    () => (isLive && table ? join(client, table, scope, filter) : undefined),
    [client, table, scope, filter, isLive],
  );
}

/** Whether the read has a result or an error. */
export function isOver(read: Read): boolean {
  return read.data !== undefined || read.error !== null;
}

function join(
  client: DatabaseClient,
  table: TableName,
  scope: string | undefined,
  filter: string | undefined,
): () => void {
  const all = subscriptionsOf(client);
  const name = `${table} ${scope ?? ''} ${filter ?? ''}`;
  const shared = all.get(name) ?? { table, scope, filter, handle: undefined, users: 0 };
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
    const { table, scope, filter } = shared;
    const options = { ...(scope !== undefined && { scope }), ...(filter !== undefined && { filter }) };
    // A delete frame contains only the member's id. The handler makes the engine keep the rows, where it finds the user
    // whose membership ended.
    const handler = table === 'workflow_members' ? () => {} : undefined;
    shared.handle = client.realtime.open(table, options, handler);
    shared.handle.onStatus = (status) => {
      if (status === 'live') overlaysOf(client).recovered();
    };
  } catch {
    // The scope is not an id; the read reports it.
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
