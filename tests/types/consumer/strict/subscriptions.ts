// Subscriptions: rows typed by their table, and uses that must not compile.
/* eslint-disable @typescript-eslint/no-unused-vars -- the test consists of the annotations */
import { cacheKeys, configure, createClient, getRealtimeManager } from 'workflow-db';
import type {
  ActiveSubscription,
  Change,
  ChangeType,
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
  WorkflowExecution,
} from 'workflow-db';

const manager: RealtimeManager = getRealtimeManager();
const ofClient: RealtimeManager = createClient({ url: '', key: '' }).realtime;

const onChange: RealtimeEventHandler = ({ type, table, record, old, commitTimestamp, origin }) => {
  const typed: ChangeType = type;
  const name: string = record.name;
  const where: 'live' | 'resync' = origin;
  const when: string | null = commitTimestamp;
};
const id: string = manager.subscribe('workflows', 'user', onChange);
const named: string = manager.subscribe('workflows', 'user', (event: RealtimeEvent) => {}, 'mine');
const ended: Promise<void>[] = [
  manager.unsubscribe(id),
  manager.unsubscribeFromTable('workflows'),
  manager.unsubscribeAll(),
];
const active: ActiveSubscription[] = manager.getActiveSubscriptions();
const scope: string | undefined = active[0]?.scope;

const handle: SubscriptionHandle = manager.open('workflows', { scope: 'user' }, (change) => {
  const exact: Change<Workflow> = change;
  const name: string = change.record.name;
  const before: Workflow | null = change.old;
  // @ts-expect-error -- no such column in this table
  void change.record.node_count;
});
manager.open('workflow_executions', { filter: 'status=eq.running', events: ['INSERT'] }, ({ record }) => {
  const status: WorkflowExecution['status'] = record.status;
});
const options: OpenOptions = {};
// Without a handler, it only keeps cached rows up to date.
manager.open('workflow_nodes', { scope: 'workflow' }).unsubscribe();
const status: SubscriptionStatus = handle.status;
const why: DatabaseError | null = handle.error;
const ready: Promise<void> = handle.ready;
handle.onGap = () => {};
handle.onGap = undefined;
handle.onStatus = (next: SubscriptionStatus) => {};
handle.unsubscribe();
handle[Symbol.dispose]();
{
  using inBlock = manager.open('user_profiles', {}, ({ record }) => void record.email);
}

const table: TableName = 'audit_logs';
const row = (template: Tables['workflow_templates']) => cacheKeys.template(template.id);

// The browser's own class, and one with only the required members.
configure({ url: '', key: '', WebSocket });
class Socket implements SocketLike {
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
  constructor(url: string) {}
  send(text: string): void {}
  close(): void {}
}
const constructorOfSockets: SocketConstructor = Socket;
const config: RealtimeConfig = { deletes: 'unfiltered', resyncMs: 60_000 };
configure({ url: '', key: '', WebSocket: Socket, realtime: config });

// @ts-expect-error -- no such table
manager.open('workflow', {}, () => {});
// @ts-expect-error -- no such type of change
manager.open('workflows', { events: ['UPSERT'] }, () => {});
// @ts-expect-error -- read-only
handle.status = 'live';
// @ts-expect-error -- the id is missing
manager.subscribe('workflows', () => {});
// @ts-expect-error -- the scope is a single id
manager.open('workflows', { scope: ['user'] }, () => {});
// @ts-expect-error -- no such value
configure({ url: '', key: '', realtime: { deletes: 'none' } });
