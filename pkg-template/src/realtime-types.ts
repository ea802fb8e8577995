/// <reference lib="esnext.disposable" preserve="true" />
import type { DatabaseError } from './errors.js';
import type { Tables } from './generated/rows.js';
import type { Room, RoomOptions } from './room-types.js';

export type { Tables };

export type TableName = keyof Tables;

/** The type of a change. */
export type ChangeType = 'INSERT' | 'UPDATE' | 'DELETE';

/** A change of a row, as passed to the handlers of `open`. */
export interface Change<Row> {
  type: ChangeType;
  table: string;
  /** The new row. For a delete, the last known state, at least the primary key. */
  record: Row;
  /** The previous row, if it was known. For a delete, the same as `record`. */
  old: Row | null;
  /** When the change was committed, according to the server; null for changes found by a resync. */
  commitTimestamp: string | null;
  /** Whether the server sent the change, or reading the scope again found it. */
  origin: 'live' | 'resync';
}

/** A change of a row, as passed to the handlers of `subscribe`. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the table is a string, and handlers know their rows
export type RealtimeEvent = Change<any>;

export type RealtimeEventHandler = (event: RealtimeEvent) => void;

/**
 * The status of a subscription. `connecting` until the server confirms that changes are delivered; `live` from then on;
 * `reconnecting` while the connection is down (missed changes are found when it is back); `closed` for good.
 *
 * `error` if it keeps failing: the server refuses the connection, the token or the subscription, or
 * the token provider throws, three times in a row; or there has been no connection for 8 seconds. Retries continue with
 * growing pauses of up to half a minute (10 minutes for a filter or table that the server refuses). When one succeeds,
 * the status becomes `live` by itself.
 */
export type SubscriptionStatus = 'connecting' | 'live' | 'reconnecting' | 'closed' | 'error';

/** An active subscription. */
export interface ActiveSubscription {
  id: string;
  table: string;
  /** The id of its scope. */
  scope: string | undefined;
  filter: string | undefined;
  status: SubscriptionStatus;
  /** The number of changes that its handler has received. */
  events: number;
  /** The number of those that were found by reading again after a gap. */
  resyncs: number;
}

/** Selects the changes of a table. */
export interface OpenOptions {
  /** The id of the user, workflow or execution that the rows belong to; by default all rows that the user may see. */
  scope?: string;
  /** A condition on one column, such as `status=eq.running`. */
  filter?: string;
  /** Types of changes; all by default. */
  events?: readonly ChangeType[];
}

/** A subscription made by `open`. */
export interface SubscriptionHandle {
  readonly id: string;
  readonly status: SubscriptionStatus;
  /**
   * The reason, while `status` is `error`, or if something other than `unsubscribe` closed it. Its `status` is the HTTP
   * status of a refused connection, which browsers do not report: there the code is NETWORK.
   */
  readonly error: DatabaseError | null;
  /**
   * Resolves when it becomes live for the first time. Rejects with `error` if `status` becomes `error` before that, or
   * with ABORTED if the subscription ends. After a rejection, `onStatus` reports when it becomes live after all, and
   * `ready` becomes another, resolved promise.
   */
  readonly ready: Promise<void>;
  /**
   * Called when changes may have been missed and were not determined, because the scope has too many rows to compare.
   * Read the shown rows again; the cache has dropped them.
   */
  onGap: (() => void) | undefined;
  /** Called when `status` changes. */
  onStatus: ((status: SubscriptionStatus) => void) | undefined;
  /** Ends the subscription immediately. The handler is not called again. */
  readonly unsubscribe: () => void;
  /** The same, for `using handle = realtime.open(…)`. */
  [Symbol.dispose](): void;
}

/** Live changes of the database. */
export interface RealtimeManager {
  /**
   * Calls `handler` with every change of the rows of `table` that belong to `scopeId`: a user, a workflow or an
   * execution. Returns the subscription's id. For an existing id it does nothing: the first handler stays.
   *
   * @throws DatabaseError INVALID_INPUT if there is no such table, or `scopeId` is not a uuid.
   * @example const id = realtime.subscribe('workflows', userId, ({ type, record }) => console.log(type, record));
   */
  subscribe(table: string, scopeId: string, handler: RealtimeEventHandler, subscriptionId?: string): string;
  /**
   * Ends a subscription. Ignores an unknown id.
   *
   * @example await realtime.unsubscribe(subscriptionId);
   */
  unsubscribe(subscriptionId: string): Promise<void>;
  /**
   * Ends all subscriptions of a table.
   *
   * @example await realtime.unsubscribeFromTable('workflows');
   */
  unsubscribeFromTable(table: string): Promise<void>;
  /**
   * Ends all subscriptions and closes the connection.
   *
   * @example await realtime.unsubscribeAll();
   */
  unsubscribeAll(): Promise<void>;
  /**
   * The active subscriptions.
   *
   * @example const tables = realtime.getActiveSubscriptions().map(({ table }) => table);
   */
  getActiveSubscriptions(): ActiveSubscription[];
  /**
   * Like `subscribe`, but with typed rows and a handle that reports the subscription's status. Without a handler it
   * only keeps the cached rows up to date, which takes one request less.
   *
   * @throws DatabaseError INVALID_INPUT if the table is unknown, or the scope or filter is malformed.
   * @example
   * const handle = realtime.open('workflow_executions', { scope: workflowId, filter: 'status=eq.failed' }, ({ record }) =>
   *   console.log(record.error_message),
   * );
   * await handle.ready;
   */
  open<Table extends TableName>(
    table: Table,
    options: OpenOptions,
    handler?: (change: Change<Tables[Table]>) => void,
  ): SubscriptionHandle;
  /**
   * Joins the room of a workflow, to see who else works on it and to be seen. `status` reports whether the server has
   * admitted the user. Needs `supabase/optional/20260301000000_workflow_members.sql`, which opens a room to the
   * workflow's owner and members.
   *
   * @throws DatabaseError INVALID_INPUT if `workflowId` is not a uuid, or the state exceeds 1024 bytes of JSON.
   * @example
   * const room = realtime.joinRoom(workflowId, { state: { x: 0, y: 0 } });
   * room.subscribe(() => console.log(room.others.map(({ name }) => name)));
   * room.setState({ x: 10 });
   */
  joinRoom<State extends object = Record<string, unknown>>(
    workflowId: string,
    options?: RoomOptions<State>,
  ): Room<State>;
}
