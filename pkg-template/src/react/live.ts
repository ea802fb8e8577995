import { useEffect } from 'react';
import type { DatabaseClient } from '../client.js';
import type { RealtimeManager, SubscriptionHandle, TableName } from '../realtime-types.js';
import { useClient } from './provider.js';

/** A subscription outlives its last component for so long: one that is mounted again in a moment finds it open. */
const LINGER_MS = 100;

interface Shared {
  handle: SubscriptionHandle;
  users: number;
}

const ofClients = new WeakMap<DatabaseClient, Map<string, Shared>>();

/**
 * Keeps what is cached of these rows right while the component is mounted, whoever changes them. No rows are meant
 * when `scope` is empty.
 */
export function useLive(table: TableName, scope: string, isOn = true): void {
  const client = useClient();
  const isLive = isOn && scope !== '';
  useEffect(() => (isLive ? join(client, table, scope) : undefined), [client, table, scope, isLive]);
}

function join(client: DatabaseClient, table: TableName, scope: string): (() => void) | undefined {
  const realtime = realtimeOf(client);
  if (realtime === undefined) return undefined;
  const all = ofClients.get(client) ?? new Map<string, Shared>();
  ofClients.set(client, all);
  const name = `${table} ${scope}`;
  const shared = all.get(name) ?? open(realtime, table, scope);
  if (shared === undefined) return undefined;
  all.set(name, shared);
  shared.users += 1;
  return () => {
    shared.users -= 1;
    setTimeout(() => {
      if (shared.users > 0 || all.get(name) !== shared) return;
      all.delete(name);
      shared.handle.unsubscribe();
    }, LINGER_MS);
  };
}

function open(realtime: RealtimeManager, table: TableName, scope: string): Shared | undefined {
  try {
    // The engine patches what is cached; there is nothing left to do for a handler.
    return { handle: realtime.open(table, { scope }, () => {}), users: 0 };
  } catch {
    // The scope is no id: the read says so.
    return undefined;
  }
}

/** A client's live updates; none where they are not supported. */
function realtimeOf(client: DatabaseClient): RealtimeManager | undefined {
  return (client as { realtime?: RealtimeManager }).realtime;
}
