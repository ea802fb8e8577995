import { inspectorOf, type DatabaseClient } from '../client.js';
import type { DbFunctions } from '../db.js';
import type { DatabaseError } from '../errors.js';
import { toDatabaseError } from './errors.js';
import { overlaysOf, type Overlays } from './overlays.js';
import { initialState, isAwaited, isUnderWay, transition, type Event, type State } from './query-state.js';
import { isSame } from './same.js';

/** What a hook reads, and how it shows the result. */
export interface QuerySpec<T> {
  /** The cache key of the result. Empty if nothing is to be read. */
  key: string;
  read: (db: DbFunctions) => Promise<T>;
  /** The result with the effect of the writes in flight. Should keep the identity of rows without changes. */
  show: (answer: T, overlays: Overlays) => T;
  /**
   * The key of the row's own entry, if `key` covers more than the row. Its changes show that a missing row was created.
   */
  rowKey?: string;
  /** Whether to send a request even if the cache has the result: for pages. */
  isAlwaysAsked?: boolean;
  /** Queries of the same subject, such as pages of one list, show each other's result until they have their own. */
  subject?: string;
}

/** The state of a hook's query. */
export interface QueryState<T> {
  /** Undefined until there is a result. */
  data: T | undefined;
  error: DatabaseError | null;
  /** Reading because the application waits for it: initially, or after a refresh. */
  loading: boolean;
  /** Reading, for any reason. */
  isFetching: boolean;
}

const IDLE: QueryState<never> = { data: undefined, error: null, loading: false, isFetching: false };
const WAITING: QueryState<never> = { data: undefined, error: null, loading: true, isFetching: true };

/**
 * Spreads the retries of pages that failed at the same time. The components of one page share it, so that they share
 * a request. Created on first use, because some servers allow no randomness outside a request.
 */
let jitter = 0;

/**
 * One component's view of a cache entry: passes events to `transition` and performs the actions of the new state.
 *
 * It is created during rendering, where nothing may happen, and is idle until it is subscribed to.
 */
export class Query<T> {
  readonly spec: QuerySpec<T>;
  private readonly client: DatabaseClient;
  private readonly overlays: Overlays;
  private readonly listeners = new Set<() => void>();
  private stops: (() => void)[] = [];

  private state: State<T>;
  /** The generation (number of user changes) that `state` belongs to. */
  private generation: number;
  private shown: QueryState<T>;

  /** Resolves with the latest read. */
  private asked: Promise<void> | undefined;
  private stopWaiting = () => {};
  private publishing: ReturnType<typeof setTimeout> | undefined;

  constructor(client: DatabaseClient, spec: QuerySpec<T>, before?: Query<T>) {
    this.client = client;
    this.spec = spec;
    this.overlays = overlaysOf(client);
    this.generation = this.overlays.generation;
    this.state = initialState(spec, this.stored(), this.borrowed(before));
    this.shown = this.derived(undefined);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.listeners.size === 1 && this.spec.key !== '') this.start();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.stop();
    };
  };

  readonly snapshot = (): QueryState<T> => {
    this.forgetOthers();
    return this.shown;
  };

  /**
   * The result on the server and in the browser's first render: no rows, so that one user's rows are never sent to
   * another.
   */
  readonly serverSnapshot = (): QueryState<T> => (this.spec.key === '' ? IDLE : WAITING);

  /** Asks the server. Never rejects; errors are in `error`. */
  readonly refresh = async (): Promise<void> => {
    this.dispatch({ type: 'refreshed', isAwaited: true });
    await this.asked;
  };

  /** Asks the server in the background. */
  readonly refetch = (): void => this.dispatch({ type: 'refreshed', isAwaited: false });

  private start(): void {
    const { cache } = this.client;
    const { key, rowKey } = this.spec;
    this.forgetOthers();
    this.stops = [
      cache.observe(key, () => this.dispatch({ type: 'entryChanged' })),
      cache.onReset(() => {
        this.forget();
        this.tell();
      }),
      this.overlays.observe({
        onChange: this.publish,
        onSuccess: () => this.move({ type: 'written', data: this.data() }),
        onRecovery: () => this.dispatch({ type: 'recovered' }),
      }),
    ];
    if (rowKey !== undefined) {
      this.stops.push(cache.observe(rowKey, () => this.dispatch({ type: 'rowChanged' })));
    }
    this.move({ type: 'observed' });
    this.publish();
  }

  private stop(): void {
    this.stops.splice(0).forEach((stop) => stop());
    clearTimeout(this.publishing);
    this.publishing = undefined;
    this.move({ type: 'unobserved' });
  }

  private stored(): T | undefined {
    return this.client.cache.peek<T>(this.spec.key) ?? undefined;
  }

  /** The result of the previously shown query, if it may be shown here for now. */
  private borrowed(before: Query<T> | undefined): T | undefined {
    const { subject } = this.spec;
    if (subject === undefined || before?.spec.subject !== subject) return undefined;
    const isSameUser = before.client === this.client && before.generation === this.generation;
    return isSameUser ? before.state.answer?.data : undefined;
  }

  /** A component that is hidden, or not mounted yet, is not notified when the user changes. */
  private forgetOthers(): void {
    if (this.generation !== this.overlays.generation) this.forget();
  }

  private forget(): void {
    this.generation = this.overlays.generation;
    this.move({ type: 'userChanged' });
    this.shown = this.derived(undefined);
  }

  /** Applies an event and shows the new state. */
  private dispatch(event: Event<T>): void {
    const wasAwaited = isAwaited(this.state.activity);
    this.move(event);
    const { activity } = this.state;
    // A background read may finish within this task; then there is one update instead of two.
    if (isUnderWay(activity) && (wasAwaited || !isAwaited(activity)))
      this.publishing ??= setTimeout(this.publish);
    else this.publish();
  }

  /** Applies an event and performs the actions of the new state. */
  private move(event: Event<T>): void {
    const before = this.state;
    const isRestored = inspectorOf(this.client)?.isRestored(this.spec.key) ?? false;
    this.state = transition(before, event, { stored: this.stored(), isRestored, nowMs: performance.now() });
    const { activity, reads } = this.state;
    if (activity === before.activity) return;
    this.stopWaiting();
    if (activity.status === 'waiting') this.wait(activity.waitMs);
    if (activity.status === 'failed' && activity.waitMs !== undefined) {
      jitter ||= 0.5 + Math.random() / 2;
      this.wait(jitter * activity.waitMs);
    }
    if (activity.status === 'reading' && reads !== before.reads)
      this.asked = this.ask(reads, activity.isFresh);
  }

  private wait(ms: number): void {
    this.stopWaiting = after(ms, () => this.dispatch({ type: 'waited' }));
  }

  private async ask(read: number, isFresh: boolean): Promise<void> {
    const { db } = this.client;
    const event = await outcomeOf(read, () => this.spec.read(isFresh ? db.with({ fresh: true }) : db));
    this.move(event);
    this.publish();
  }

  private readonly publish = (): void => {
    clearTimeout(this.publishing);
    this.publishing = undefined;
    const next = this.derived(this.shown.data);
    if (isSame(next, this.shown)) return;
    this.shown = next;
    this.tell();
  };

  private tell(): void {
    this.listeners.forEach((listener) => listener());
  }

  /** The result with the effect of the writes in flight. */
  private data(): T | undefined {
    const { answer } = this.state;
    return answer && this.spec.show(answer.data, this.overlays);
  }

  private derived(shown: T | undefined): QueryState<T> {
    const { activity, error } = this.state;
    const data = this.data();
    const loading = isAwaited(activity);
    return {
      data: isSame(data, shown) ? shown : data,
      error,
      loading,
      isFetching: loading || isUnderWay(activity),
    };
  }
}

async function outcomeOf<T>(read: number, run: () => Promise<T>): Promise<Event<T>> {
  let isAtOnce = true;
  const nextTask = setTimeout(() => (isAtOnce = false));
  try {
    const data = await run();
    return { type: 'answered', read, data, isAtOnce };
  } catch (error) {
    return { type: 'failed', read, error: toDatabaseError(error) };
  } finally {
    clearTimeout(nextTask);
  }
}

/** Calls `run` after `ms` milliseconds, or within this task if that is 0. Returns a function that cancels it. */
function after(ms: number, run: () => void): () => void {
  if (ms > 0) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  }
  let isCancelled = false;
  queueMicrotask(() => isCancelled || run());
  return () => (isCancelled = true);
}
