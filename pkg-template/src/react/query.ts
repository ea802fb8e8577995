import type { DatabaseClient } from '../client.js';
import type { DbFunctions } from '../db.js';
import type { DatabaseError } from '../errors.js';
import { toDatabaseError } from './errors.js';
import { overlaysOf, type Overlays } from './overlays.js';
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
  /** Whether it is asked even if the cache has the answer: pages. */
  isAlwaysAsked?: boolean;
  /** Questions of the same subject, such as pages of one list, show each other's answer until they have their own. */
  subject?: string;
}

/** What a hook knows of its question. */
export interface QueryState<T> {
  /** Undefined until there is an answer. */
  data: T | undefined;
  error: DatabaseError | null;
  /** Reading because somebody waits for it: for the first time, or explicitly. */
  loading: boolean;
  /** Reading, for whatever reason. */
  isFetching: boolean;
}

const IDLE: QueryState<never> = { data: undefined, error: null, loading: false, isFetching: false };
const WAITING: QueryState<never> = { data: undefined, error: null, loading: true, isFetching: true };

/** Entries that are dropped again and again are asked for again ever more slowly, up to this. */
const MAX_WAIT_MS = 2_000;
const FIRST_WAIT_MS = 50;
/** An entry that was left alone for so long may be asked for again at once. */
const CALM_MS = 1_000;
/** After a failure it is asked again: first after so long, then ever more slowly, up to the second. */
const FIRST_RETRY_MS = 2_000;
const MAX_RETRY_MS = 60_000;
/**
 * Pages that failed together do not ask together again. The components of one page do: they share a request.
 * Made at first use: some servers allow no randomness before there is a request.
 */
let jitter = 0;
/** Asking again would not change these: the question is wrong, or nobody can be asked, or this user may not. */
const FINAL_CODES = ['INVALID_INPUT', 'NOT_CONFIGURED', '42501'];

/**
 * One component's look at one cache entry.
 *
 * It is made during rendering, where nothing may happen, and does nothing until it is subscribed to.
 */
export class Query<T> {
  readonly spec: QuerySpec<T>;
  private readonly client: DatabaseClient;
  private readonly overlays: Overlays;
  private readonly listeners = new Set<() => void>();
  private stops: (() => void)[] = [];

  private answer: T | undefined;
  private generation: number;
  /** Whether `answer` is that of another page or filter. */
  private isBorrowed = false;
  private state: QueryState<T>;

  /** The number of the latest read: what an earlier one brings does not count. */
  private latest = 0;
  private isReading = false;
  private isLoading: boolean;
  private error: DatabaseError | null = null;
  /** Whether it was asked since all was forgotten. */
  private wasAsked = false;
  /** Whether the entry left during the read: its answer was overtaken. */
  private isOvertaken = false;
  /** Whether what is shown changed during the read: an answer that was overtaken may be the older one. */
  private isNewer = false;
  /** A read to come: of an entry that left, or after a failure. */
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private publishing: ReturnType<typeof setTimeout> | undefined;
  private waitMs = 0;
  private rereadAt = -Infinity;

  constructor(client: DatabaseClient, spec: QuerySpec<T>, before?: Query<T>) {
    this.client = client;
    this.spec = spec;
    this.overlays = overlaysOf(client);
    this.generation = this.overlays.generation;
    this.answer = this.stored();
    if (this.answer === undefined && before !== undefined) this.borrow(before);
    this.isLoading = this.isEnabled && this.mustAsk();
    this.state = this.isEnabled ? this.derived(undefined) : IDLE;
  }

  private get isEnabled(): boolean {
    return this.spec.key !== '';
  }

  private mustAsk(): boolean {
    return this.answer === undefined || this.isBorrowed || this.spec.isAlwaysAsked === true;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.listeners.size === 1 && this.isEnabled) this.start();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.stop();
    };
  };

  readonly snapshot = (): QueryState<T> => {
    this.forgetOthers();
    return this.state;
  };

  /** What the server renders, and the browser at first: no rows, so that nothing of one user is sent to another. */
  readonly serverSnapshot = (): QueryState<T> => (this.isEnabled ? WAITING : IDLE);

  /** Really asks. Never rejects: `error` tells. */
  readonly refresh = async (): Promise<void> => {
    if (this.isEnabled) await this.read(true, this.client.db.with({ fresh: true }));
  };

  /** Really asks, in the background. */
  readonly refetch = (): void => {
    if (this.isEnabled && !this.isReading) void this.read(false, this.client.db.with({ fresh: true }));
  };

  private start(): void {
    const { cache } = this.client;
    this.forgetOthers();
    this.stops = [
      cache.observe(this.spec.key, this.onEntry),
      cache.onReset(this.onReset),
      this.overlays.observe({
        onChange: this.publish,
        onSuccess: this.onSuccess,
        onRecovery: this.onRecovery,
      }),
    ];
    if (this.spec.rowKey !== undefined) this.stops.push(cache.observe(this.spec.rowKey, this.onRow));
    const stored = this.stored();
    if (stored !== undefined) this.own(stored);
    this.isLoading &&= this.isReading || this.mustAsk();
    // It may have been read before, when the component was mounted once already.
    if (!this.isReading && (stored === undefined || (!this.wasAsked && this.mustAsk()))) {
      void this.read(this.isLoading, this.client.db);
    }
    this.publish();
  }

  private stop(): void {
    this.stops.splice(0).forEach((stop) => stop());
    clearTimeout(this.publishing);
    this.publishing = undefined;
    this.stopWaiting();
  }

  private stopWaiting(): void {
    if (this.waiting === undefined) return;
    clearTimeout(this.waiting);
    this.waiting = undefined;
    this.isReading = false;
  }

  private stored(): T | undefined {
    return this.client.cache.peek<T>(this.spec.key) ?? undefined;
  }

  private borrow(before: Query<T>): void {
    const { subject } = this.spec;
    if (subject === undefined || before.spec.subject !== subject || before.client !== this.client) return;
    if (before.generation !== this.generation) return;
    this.answer = before.answer;
    this.isBorrowed = this.answer !== undefined;
  }

  private own(answer: T): void {
    this.answer = answer;
    this.isBorrowed = false;
    this.failures = 0;
  }

  private readonly onEntry = (): void => {
    const stored = this.stored();
    if (stored !== undefined) {
      this.own(stored);
      this.error = null;
      this.isNewer = true;
      this.stopWaiting();
      // The read under way ends in a moment if this was its answer: then there is one change to show, not two.
      if (this.isReading) this.publishSoon();
      else this.publish();
    } else if (this.isReading) {
      this.isOvertaken = true;
    } else {
      this.readAgain();
    }
  };

  private readonly onRow = (): void => {
    if (this.answer === null && !this.isReading) this.readAgain();
  };

  /** What is not stored is read again; until that is here, what was written stays shown. */
  private readonly onSuccess = (): void => {
    const { answer } = this;
    if (answer !== undefined && this.stored() === undefined) {
      this.answer = this.spec.show(answer, this.overlays);
      this.isNewer ||= !isSame(this.answer, answer);
    }
    if (answer !== null) this.readMissing();
  };

  private readonly onRecovery = (): void => {
    if (this.error !== null) this.readMissing();
  };

  /** What is neither stored nor being read hears of no change. */
  private readMissing(): void {
    if (!this.isReading && !this.isFinal && this.stored() === undefined) this.readAgain();
  }

  private get isFinal(): boolean {
    return this.error !== null && FINAL_CODES.includes(this.error.code);
  }

  private readonly onReset = (): void => {
    this.forget();
    this.isReading = true;
    this.listeners.forEach((listener) => listener());
    this.readSoon(true, 0);
  };

  /** Nobody tells a component that is hidden, or not mounted yet, of another user. */
  private forgetOthers(): void {
    if (this.isEnabled && this.generation !== this.overlays.generation) this.forget();
  }

  /** What is known is another user's. */
  private forget(): void {
    this.stopWaiting();
    this.generation = this.overlays.generation;
    this.answer = undefined;
    this.error = null;
    this.latest += 1;
    this.failures = 0;
    this.wasAsked = false;
    this.isReading = false;
    this.isLoading = true;
    this.state = WAITING;
  }

  /** The entry left, and is shown. */
  private readAgain(): void {
    const sinceLastMs = performance.now() - this.rereadAt;
    const isCalm = sinceLastMs > CALM_MS + 2 * this.waitMs;
    this.waitMs = isCalm ? 0 : Math.min(Math.max(2 * this.waitMs, FIRST_WAIT_MS), MAX_WAIT_MS);
    this.stopWaiting();
    this.isReading = true;
    this.publishSoon();
    this.rereadAt = performance.now() + this.waitMs;
    this.readSoon(false, this.waitMs);
  }

  /** The read failed. Nobody would tell of an entry that there is not. */
  private retrySoon(): void {
    if (this.listeners.size === 0 || this.isFinal || this.stored() !== undefined) return;
    jitter ||= 0.5 + Math.random() / 2;
    this.readSoon(false, jitter * Math.min(FIRST_RETRY_MS * 2 ** this.failures, MAX_RETRY_MS));
    this.failures += 1;
  }

  /** Not at once: when a user signs out every entry goes, and then the component does too. */
  private readSoon(isAwaited: boolean, waitMs: number): void {
    const number = this.latest;
    const read = () => {
      if (number !== this.latest) return;
      if (this.listeners.size > 0) void this.read(isAwaited, this.client.db);
      else this.isReading = false;
    };
    if (waitMs > 0) this.waiting = setTimeout(read, waitMs);
    else queueMicrotask(read);
  }

  private async read(isAwaited: boolean, db: DbFunctions): Promise<void> {
    const number = ++this.latest;
    this.stopWaiting();
    this.isReading = true;
    this.wasAsked = true;
    this.isOvertaken = false;
    this.isNewer = false;
    this.isLoading ||= isAwaited;
    if (this.isLoading) this.publish();
    else this.publishSoon();
    const task = this.publishing;
    const outcome = await settled(() => this.spec.read(db));
    if (number !== this.latest) return;
    // What took no task was put together from other entries, and may be again at any time.
    if (task !== undefined && task === this.publishing) this.rereadAt = -Infinity;
    this.isReading = false;
    if ('answer' in outcome) {
      this.error = null;
      const isShown = this.take(outcome.answer);
      const isUnknown = this.isOvertaken && this.stored() === undefined && this.listeners.size > 0;
      // What a component waits for is not over before it is shown.
      this.isLoading &&= isUnknown && !isShown;
      if (isUnknown) this.readAgain();
    } else {
      this.error = outcome.error;
      this.isLoading = false;
      this.retrySoon();
    }
    this.publish();
  }

  /**
   * What is stored is newer than an answer that was overtaken. Without that the answer is shown, although it will be
   * read again: under steady changes each is overtaken. Says whether one of them is shown.
   */
  private take(answer: T): boolean {
    const stored = this.stored();
    if (stored !== undefined) this.own(stored);
    else if (!this.isOvertaken || !this.isNewer || this.isBorrowed) this.own(answer);
    else return false;
    return true;
  }

  /** A change that the next task may make obsolete. */
  private publishSoon(): void {
    this.publishing ??= setTimeout(this.publish);
  }

  private readonly publish = (): void => {
    clearTimeout(this.publishing);
    this.publishing = undefined;
    const next = this.derived(this.state.data);
    if (isSame(next, this.state)) return;
    this.state = next;
    this.listeners.forEach((listener) => listener());
  };

  private derived(shown: T | undefined): QueryState<T> {
    const data = this.answer === undefined ? undefined : this.spec.show(this.answer, this.overlays);
    return {
      data: isSame(data, shown) ? shown : data,
      error: this.error,
      loading: this.isLoading,
      isFetching: this.isReading || this.isLoading,
    };
  }
}

async function settled<T>(read: () => Promise<T>): Promise<{ answer: T } | { error: DatabaseError }> {
  try {
    return { answer: await read() };
  } catch (error) {
    return { error: toDatabaseError(error) };
  }
}
