// Everything of realtime, and what must not compile.
/* eslint-disable @typescript-eslint/no-unused-vars -- the annotations are what is tested */
import { configure, getRealtimeManager } from 'workflow-db';
import type {
  ActiveSubscription,
  Change,
  ChangeType,
  ClientOptions,
  DatabaseClient,
  DatabaseError,
  OpenOptions,
  RealtimeConfig,
  RealtimeEvent,
  RealtimeEventHandler,
  RealtimeManager,
  SocketConstructor,
  SocketLike,
  SubscriptionHandle,
  SubscriptionStatus,
  TableName,
  Tables,
  Workflow,
} from 'workflow-db';

const id = '00000000-0000-4000-8000-000000000000';

export async function everyFunction(client: DatabaseClient): Promise<void> {
  const manager: RealtimeManager = getRealtimeManager();
  const managers: RealtimeManager[] = [manager, client.realtime];
  const handler: RealtimeEventHandler = (event: RealtimeEvent) => {
    const type: ChangeType = event.type;
    const names: string[] = [event.table, event.record.name, event.old?.name];
    const when: string | null = event.commitTimestamp;
    const origin: 'live' | 'resync' = event.origin;
  };
  const first: string = manager.subscribe('workflows', id, handler);
  const second: string = manager.subscribe('workflows', id, handler, 'mine');
  await manager.unsubscribe(first).catch(() => {});
  await manager.unsubscribeFromTable('workflows');
  await manager.unsubscribeAll();
  const active: ActiveSubscription[] = manager.getActiveSubscriptions();
  const counts: number[] = active.flatMap(({ events, resyncs }) => [events, resyncs]);
  const scopes: (string | undefined)[] = active.flatMap(({ scope, filter }) => [scope, filter]);
}

export async function everyHandle(table: TableName): Promise<void> {
  const options: OpenOptions = { scope: id, filter: 'name=eq.x', events: ['INSERT', 'DELETE'] };
  const onChange = (change: Change<Tables['workflows']>): Workflow[] =>
    change.old === null ? [change.record] : [change.record, change.old];
  using handle: SubscriptionHandle = getRealtimeManager().open('workflows', options, onChange);
  handle.onGap = () => {};
  handle.onStatus = (status: SubscriptionStatus) => void status;
  await handle.ready;
  const status: 'connecting' | 'live' | 'reconnecting' | 'closed' | 'error' = handle.status;
  const error: DatabaseError | null = handle.error;
  handle.unsubscribe();
  getRealtimeManager().open('execution_node_results', {}, ({ record }) => record.execution_id.length);
  getRealtimeManager().open(table, {}, ({ record }) => record.id);
  getRealtimeManager().open(table, { scope: id }).unsubscribe();
}

class Socket implements SocketLike {
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  constructor(readonly url: string) {}
  send(text: string): void {}
  close(): void {}
}

export function everyOption(): void {
  const realtime: RealtimeConfig = { deletes: 'unfiltered', resyncMs: 60_000 };
  const sockets: SocketConstructor[] = [Socket, WebSocket as unknown as SocketConstructor];
  const options: ClientOptions = { url: 'u', key: 'k', realtime, WebSocket: Socket };
  configure(options);
}

export function neverCalled(manager: RealtimeManager, handle: SubscriptionHandle): void {
  // @ts-expect-error -- no such table
  manager.open('nothing', {}, () => {});
  // @ts-expect-error -- no such kind of change
  manager.open('workflows', { events: ['TRUNCATE'] }, () => {});
  // @ts-expect-error -- a workflow has a name, no title
  manager.open('workflows', {}, ({ record }) => record.title);
  // @ts-expect-error -- the scope is missing
  manager.subscribe('workflows', () => {});
  // @ts-expect-error -- read-only
  handle.status = 'live';
  // @ts-expect-error -- either with or without filters
  configure({ url: 'u', key: 'k', realtime: { deletes: 'none' } });
}
