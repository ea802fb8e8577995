import type { DatabaseClient } from '../client.js';
import type { DbFunctions } from '../db.js';
import type { DatabaseError } from '../errors.js';
import { toDatabaseError } from './errors.js';
import { overlaysOf, type Overlays } from './overlays.js';
import { initialState, isAwaited, isUnderWay, transition, type Event, type State } from './query-state.js';
import { isSame } from './same.js';

/** What a hook asks, and how it shows the answer. */
export interface QuerySpec<T> {
  /** The cache entry of the answer. Empty for a question that is not to be asked. */
  key: string;
  read: (db: DbFunctions) => Promise<T>;
  /** The answer with the writes under way. It may keep the rows that it has no change for, and should. */
  show: (answer: T, overlays: Overlays) => T;
  /** The entry of the row itself, where `key` names more than that: tells when there is a row that there was not. */
  rowKey?: string;
  /** Whether the server is asked even if the cache has the answer: pages. */
  isAlwaysAsked?: boolean;
  /** Questions of the same subject, such as pages of one list, show each other's answer until they have their own. */
  subject?: string;
}

/** What a hook knows of its question. */
export interface QueryState<T> {
  /** Undefined until there is an answer. */
  data: T | undefined;
  error: DatabaseError | null;
  /** Reading because the application waits for it: for the first time, or explicitly. */
  loading: boolean;
  /** Reading, for whatever reason. */
  isFetching: boolean;
}

const IDLE: QueryState<never> = { data: undefined, error: null, loading: false, isFetching: false };
const WAITING: QueryState<never> = { data: undefined, error: null, loading: true, isFetching: true };

/**
 * Pages that failed together do not ask together again. The components of one page do: they share a request.
 * Made at first use: some servers allow no randomness before there is a request.
 */
let jitter = 0;

/**
 * One component's look at one cache entry: brings the events to `transition`, and does what the state asks for.
 *
 * It is made during rendering, where nothing may happen, and does nothing until it is subscribed to.
 */
export class Query<T> {
  readonly spec: QuerySpec<T>;
  private readonly client: DatabaseClient;
  private readonly overlays: Overlays;
  private readonly listeners = new Set<() => void>();
  private stops: (() => void)[] = [];

  private state: State<T>;
  /** The user, or rather the change of user, that `state` belongs to. */
  private generation: number;
  private shown: QueryState<T>;

  /** Ends with the latest read. */
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

  /** What the server renders, and the browser at first: no rows, so that nothing of one user is sent to another. */
  readonly serverSnapshot = (): QueryState<T> => (this.spec.key === '' ? IDLE : WAITING);

  /** Really asks. Never rejects: `error` tells. */
  readonly refresh = async (): Promise<void> => {
    this.dispatch({ type: 'refreshed', isAwaited: true });
    await this.asked;
  };

  /** Really asks, in the background. */
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

  /** The answer of the query that was shown before, if it may be shown here for now. */
  private borrowed(before: Query<T> | undefined): T | undefined {
    const { subject } = this.spec;
    if (subject === undefined || before?.spec.subject !== subject) return undefined;
    const isSameUser = before.client === this.client && before.generation === this.generation;
    return isSameUser ? before.state.answer?.data : undefined;
  }

  /** A component that is hidden, or not mounted yet, is not told that the user changed. */
  private forgetOthers(): void {
    if (this.generation !== this.overlays.generation) this.forget();
  }

  private forget(): void {
    this.generation = this.overlays.generation;
    this.move({ type: 'userChanged' });
    this.shown = this.derived(undefined);
  }

  /** Takes the state that follows, and shows it. */
  private dispatch(event: Event<T>): void {
    const wasAwaited = isAwaited(this.state.activity);
    this.move(event);
    const { activity } = this.state;
    // What goes on in the background may end in this task: then there is one change to show, not two.
    if (isUnderWay(activity) && (wasAwaited || !isAwaited(activity)))
      this.publishing ??= setTimeout(this.publish);
    else this.publish();
  }

  /** Takes the state that follows, and does what it asks for. */
  private move(event: Event<T>): void {
    const before = this.state;
    this.state = transition(before, event, { stored: this.stored(), nowMs: performance.now() });
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

  /** The answer with the writes under way. */
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

/** Calls `run` after `ms` milliseconds; in this task when that is 0. The result cancels it. */
function after(ms: number, run: () => void): () => void {
  if (ms > 0) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  }
  let isCancelled = false;
  queueMicrotask(() => isCancelled || run());
  return () => (isCancelled = true);
}
