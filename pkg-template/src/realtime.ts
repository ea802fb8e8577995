import { DatabaseError, invalid } from './errors.js';
import { guarded } from './guarded.js';
import type { Client } from './generated/bindings.js';
import { Keeper } from './lifetime.js';
import type { ClientEvent } from './options.js';
import type {
  Change,
  ChangeType,
  OpenOptions,
  RealtimeEvent,
  RealtimeManager,
  SubscriptionHandle,
  SubscriptionStatus,
  TableName,
} from './realtime-types.js';
import { afterStep } from './step.js';
import { isWellFormed } from './stringify.js';
import type { Followers } from './socket-driver.js';

type Handler = (change: RealtimeEvent) => void;

const EVENTS: readonly ChangeType[] = ['INSERT', 'UPDATE', 'DELETE'];

/** A subscriber: a handler, and the subscription that it uses. */
class Follower implements SubscriptionHandle {
  status: SubscriptionStatus = 'connecting';
  error: DatabaseError | null = null;
  /** The number of changes that the handler has received. */
  events = 0;
  /** The number of those that were found by reading again after a gap. */
  resyncs = 0;
  /** Whether changes may have been missed that nothing will find, and `onGap` was not called for that yet. */
  private hasGap = false;
  onGap: (() => void) | undefined;
  onStatus: ((status: SubscriptionStatus) => void) | undefined;
  ready: Promise<void>;
  private settle!: { resolve: () => void; reject: (error: unknown) => void };

  constructor(
    readonly id: string,
    /** The number of the subscription that it uses. */
    public subscription: number,
    readonly table: string,
    readonly options: OpenOptions,
    private readonly handler: Handler | undefined,
    private readonly end: (follower: Follower) => void,
  ) {
    this.ready = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // Prevents an unhandled rejection if the application does not use `ready`.
    this.ready.catch(() => {});
  }

  /** Whether there is a handler for changes. */
  get isTold(): boolean {
    return this.handler !== undefined;
  }

  // A property instead of a method, so that an effect can return it.
  readonly unsubscribe = (): void => {
    if (this.status === 'closed') return;
    this.settle.reject(new DatabaseError('ABORTED', 'The subscription was ended before it was live'));
    this.stands('closed', undefined);
    this.end(this);
  };

  [Symbol.dispose](): void {
    this.unsubscribe();
  }

  stands(status: SubscriptionStatus, error: DatabaseError | undefined): void {
    if (this.status === status || this.status === 'closed') return;
    this.status = status;
    this.error = error ?? null;
    if (status === 'live') {
      this.settle.resolve();
      // The promise may have been rejected.
      this.ready = Promise.resolve();
    }
    if (status === 'error' || status === 'closed') this.settle.reject(error);
    guarded(() => this.onStatus?.(status));
    if (status === 'live' && this.hasGap) this.gap();
  }

  gap(): void {
    this.hasGap = false;
    guarded(() => this.onGap?.());
  }

  /** The engine that knew the last reported state is gone, so changes since then cannot be found. */
  lose(): void {
    this.hasGap ||= this.status === 'live' || this.status === 'reconnecting';
    if (this.status === 'live') this.stands('reconnecting', undefined);
  }

  told(change: RealtimeEvent): void {
    // A handler called before this one may have ended it.
    if (this.status === 'closed') return;
    if (!(this.options.events?.includes(change.type) ?? true)) return;
    this.events += 1;
    if (change.origin === 'resync') this.resyncs += 1;
    guarded(() => this.handler?.(change));
  }
}

/** The subscribers of one client, each with its handler, on top of the engine's subscriptions. */
export class Subscriptions implements RealtimeManager, Followers {
  private readonly all = new Map<string, Follower>();
  private readonly bySubscription = new Map<number, Set<Follower>>();
  private lastNumber = 0;
  /** Keeps the client in memory while there are subscribers. */
  private readonly keeper = new Keeper(this);

  constructor(
    private readonly client: () => Client,
    private readonly happened: (event: ClientEvent) => void,
    readonly joinRoom: RealtimeManager['joinRoom'],
  ) {}

  readonly subscribe = (
    table: string,
    scopeId: string,
    handler: Handler,
    subscriptionId?: string,
  ): string => {
    if (typeof handler !== 'function') throw invalid('handler', 'a function');
    if (typeof (subscriptionId ?? '') !== 'string') throw invalid('subscriptionId', 'a string, or nothing');
    const id = subscriptionId ?? this.newId(table);
    // Without an id there is nothing to subscribe to yet: components mount before they know the user.
    if (scopeId && !this.all.has(id)) this.add(id, table, { scope: scopeId }, handler);
    return id;
  };

  readonly open = <Table extends TableName>(
    table: Table,
    options: OpenOptions = {},
    handler?: (change: Change<never>) => void,
  ): SubscriptionHandle => this.add(this.newId(table), table, options, handler as Handler | undefined);

  readonly unsubscribe = (subscriptionId: string): Promise<void> => {
    this.all.get(subscriptionId)?.unsubscribe();
    return Promise.resolve();
  };

  readonly unsubscribeFromTable = (table: string): Promise<void> =>
    this.endWhere((follower) => follower.table === table);

  readonly unsubscribeAll = (): Promise<void> => this.endWhere(() => true);

  readonly getActiveSubscriptions = () =>
    [...this.all.values()].map((follower) => ({
      id: follower.id,
      table: follower.table,
      scope: follower.options.scope,
      filter: follower.options.filter,
      status: follower.status,
      events: follower.events,
      resyncs: follower.resyncs,
    }));

  private newId(table: string): string {
    if (typeof table !== 'string') throw invalid('table', 'the name of a table');
    let id;
    do id = `${table}:${++this.lastNumber}`;
    while (this.all.has(id));
    return id;
  }

  private add(id: string, table: string, given: OpenOptions, handler: Handler | undefined): Follower {
    const options = plainOptions(given);
    const isTold = handler !== undefined;
    if (isTold && typeof handler !== 'function') throw invalid('handler', 'a function, or nothing');
    for (const name of ['scope', 'filter'] as const) {
      const value: unknown = options[name];
      if (value !== undefined && typeof value !== 'string') throw invalid(name, 'a string');
      if (value !== undefined && !isWellFormed(value))
        throw invalid(name, 'text without half of a surrogate pair');
    }
    const subscription = this.follow(table, options, isTold);
    const follower = new Follower(id, subscription, table, options, handler, (ended) => this.end(ended));
    const other = this.of(subscription)[0];
    if (other !== undefined) follower.stands(other.status, other.error ?? undefined);
    this.attach(follower);
    this.all.set(id, follower);
    this.keeper.keep(true);
    return follower;
  }

  private follow(table: string, options: OpenOptions, isTold: boolean): number {
    return this.client().follow(table, options.scope, options.filter, isTold);
  }

  private attach(follower: Follower): void {
    const others = this.bySubscription.get(follower.subscription) ?? new Set();
    this.bySubscription.set(follower.subscription, others.add(follower));
  }

  /** The engine is gone, and its subscriptions with it. */
  detachAll(): void {
    this.bySubscription.clear();
    this.all.forEach((follower) => afterStep(() => follower.lose()));
  }

  /** Subscribes again in the next engine. */
  reattachAll(): void {
    for (const follower of this.all.values()) {
      follower.subscription = this.follow(follower.table, follower.options, follower.isTold);
      this.attach(follower);
    }
  }

  private end(follower: Follower): void {
    this.forget(follower);
    this.client().unfollow(follower.subscription);
  }

  private forget(follower: Follower): void {
    this.all.delete(follower.id);
    const others = this.bySubscription.get(follower.subscription);
    others?.delete(follower);
    if (others?.size === 0) this.bySubscription.delete(follower.subscription);
    this.keeper.keep(this.all.size > 0);
  }

  private endWhere(picked: (follower: Follower) => boolean): Promise<void> {
    [...this.all.values()].filter(picked).forEach((follower) => follower.unsubscribe());
    return Promise.resolve();
  }

  row(
    subscription: number,
    type: ChangeType,
    table: string,
    record: unknown,
    old: unknown,
    commitTimestamp: string | null,
  ): void {
    const origin = commitTimestamp === null ? 'resync' : 'live';
    this.happened({ type: 'change', table, change: type, origin });
    const change: RealtimeEvent = { type, table, record, old, commitTimestamp, origin };
    this.of(subscription).forEach((follower) => follower.told(change));
  }

  stands(subscription: number, status: SubscriptionStatus, error: DatabaseError | undefined): void {
    const followers = this.of(subscription);
    if (status === 'closed') followers.forEach((follower) => this.forget(follower));
    const first = followers[0];
    if (first !== undefined) {
      this.happened({ type: 'subscription', table: first.table, status, code: error?.code });
    }
    followers.forEach((follower) => follower.stands(status, error));
  }

  gap(subscription: number): void {
    const followers = this.of(subscription);
    const first = followers[0];
    if (first !== undefined) this.happened({ type: 'gap', table: first.table });
    followers.forEach((follower) => follower.gap());
  }

  unable(error: DatabaseError): void {
    this.all.forEach((follower) => follower.stands('error', error));
  }

  isEmpty(): boolean {
    return this.all.size === 0;
  }

  private of(subscription: number): Follower[] {
    return [...(this.bySubscription.get(subscription) ?? [])];
  }
}

/** A copy, because reading the options may run the application's code, which may also change them later. */
function plainOptions(given: OpenOptions): OpenOptions {
  // An id or a handler in this position would select all rows.
  if (typeof given !== 'object') throw invalid('options', 'an object');
  const options = { ...given };
  const events: unknown = options.events;
  if (events === undefined) return options;
  const isKnown = (name: ChangeType) => EVENTS.includes(name);
  const copy: ChangeType[] | undefined = Array.isArray(events) ? Array.from(events) : undefined;
  if (copy === undefined || !copy.every(isKnown)) {
    throw invalid('events', `a list with some of ${EVENTS.join(', ')}`);
  }
  return { ...options, events: copy };
}
