/// <reference lib="esnext.disposable" preserve="true" />
import type { DatabaseError } from './errors.js';
import type { Tables } from './generated/rows.js';

export type { Tables };

export type TableName = keyof Tables;

/** What became of a row. */
export type ChangeType = 'INSERT' | 'UPDATE' | 'DELETE';

/** A change of a row, as the handlers of `open` are told. */
export interface Change<Row> {
  type: ChangeType;
  table: string;
  /** The row as it is now; of a deleted one, what was last known of it, at least its primary key. */
  record: Row;
  /** The row as it was last known, where it was known; of a deleted one the same as `record`. */
  old: Row | null;
  /** When the change was committed, as the server says; null for what a resync found. */
  commitTimestamp: string | null;
  /** Whether the server sent it, or it was found by reading the scope again after a gap. */
  origin: 'live' | 'resync';
}

/** A change of a row, as the handlers of `subscribe` are told. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the table is a string, and handlers know their rows
export type RealtimeEvent = Change<any>;

export type RealtimeEventHandler = (event: RealtimeEvent) => void;

/**
 * How a subscription stands. `connecting` until the server says that changes flow; `live` from then on; `reconnecting`
 * while the connection is down (what is missed is found when it is back); `closed` for good.
 *
 * `error` when it does not work and that is no hiccup: the server refuses the connection, the token or the subscription,
 * or the token provider throws, three times in a row; or there has been no connection for 8 seconds. Attempts go on, with
 * growing pauses of up to half a minute (10 minutes for a filter or table that the server refuses). When one succeeds, the
 * status is `live` without a further call.
 */
export type SubscriptionStatus = 'connecting' | 'live' | 'reconnecting' | 'closed' | 'error';

/** One of the subscriptions that there are. */
export interface ActiveSubscription {
  id: string;
  table: string;
  /** The id that it is scoped by. */
  scope: string | undefined;
  filter: string | undefined;
  status: SubscriptionStatus;
  /** How many changes its handler was told. */
  events: number;
  /** How many of them were found by reading again after a gap. */
  resyncs: number;
}

/** Which changes of a table are wanted. */
export interface OpenOptions {
  /** The id of the user, workflow or execution whose rows are meant; all that the user may see unless given. */
  scope?: string;
  /** A condition on one column, such as `status=eq.running`. */
  filter?: string;
  /** Kinds of changes; all unless given. */
  events?: readonly ChangeType[];
}

/** A subscription made by `open`. */
export interface SubscriptionHandle {
  readonly id: string;
  readonly status: SubscriptionStatus;
  /**
   * Why it does not work: while `status` is `error`, or when something other than `unsubscribe` closed it. Its `status` is
   * the HTTP status of a refused connection, which browsers do not tell: there the code is NETWORK.
   */
  readonly error: DatabaseError | null;
  /**
   * Fulfilled when changes flow for the first time. Rejected with `error` when `status` becomes `error` before that, or
   * with ABORTED when the subscription is ended. After a rejection, `onStatus` tells when changes flow after all; `ready`
   * is another promise then, which is fulfilled.
   */
  readonly ready: Promise<void>;
  /**
   * Set it to hear that changes may have been missed and were not looked for: the scope has too many rows to compare.
   * Whatever is shown of it should be read again; the cache has dropped it.
   */
  onGap: (() => void) | undefined;
  /** Set it to hear of changes of `status`. */
  onStatus: ((status: SubscriptionStatus) => void) | undefined;
  /** Ends it at once. The handler is not called again. */
  readonly unsubscribe: () => void;
  /** The same, for `using handle = realtime.open(…)`. */
  [Symbol.dispose](): void;
}

/** Changes of the database as they happen. */
export interface RealtimeManager {
  /**
   * Calls `handler` with every change of the rows of `table` that belong to `scopeId`: a user, a workflow or an
   * execution. Answers the subscription's id at once. An id in use is answered as it is: its first handler stays.
   *
   * @throws DatabaseError INVALID_INPUT when there is no such table, or `scopeId` is no uuid.
   */
  subscribe(table: string, scopeId: string, handler: RealtimeEventHandler, subscriptionId?: string): string;
  /** Ends a subscription. An unknown id is none. */
  unsubscribe(subscriptionId: string): Promise<void>;
  /** Ends every subscription of a table. */
  unsubscribeFromTable(table: string): Promise<void>;
  /** Ends every subscription, and the connection. */
  unsubscribeAll(): Promise<void>;
  getActiveSubscriptions(): ActiveSubscription[];
  /**
   * As `subscribe`, with the rows typed by the table, and a handle to follow how the subscription stands. Without a
   * handler it only keeps what is cached of these rows right, which takes one request less.
   *
   * @throws DatabaseError INVALID_INPUT when the table is unknown or the scope or filter is malformed.
   */
  open<Table extends TableName>(
    table: Table,
    options: OpenOptions,
    handler?: (change: Change<Tables[Table]>) => void,
  ): SubscriptionHandle;
}
