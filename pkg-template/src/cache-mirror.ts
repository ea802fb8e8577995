import type { Calls } from './calls.js';
import { DatabaseError } from './errors.js';
import { deepFreeze } from './freeze.js';
import { guarded } from './guarded.js';
import type { Attached } from './offline-part.js';
import type { ClientEvent } from './options.js';
import { Spellings } from './spellings.js';
import type { ServiceCall } from './service.js';
import { afterStep, notify } from './step.js';
import { stringify } from './stringify.js';
import { UsedPromises } from './used-promises.js';

/** How much earlier than the wall clock the engine may find an entry expired, by the monotonic one. */
const EXPIRY_LEEWAY_MS = 1000;

/** A copy of an entry, ready to be returned. */
export interface Copy {
  readonly data: unknown;
  /** The entry as the server sent it, without the effect of pending writes. */
  readonly base: unknown;
  /** When it last changed, by the wall clock. */
  readonly since: number;
  /** A promise of `data`, created at the first hit and shared by all callers. */
  promise: Promise<unknown> | undefined;
  /**
   * Until when the copy may be served (wall clock); after that the engine must be asked. Negative: it is from an
   * earlier visit, or represents a row that the server has not stored yet.
   */
  until: number;
  /** The number by which hits are reported to the engine. */
  readonly slot: number;
  /** Its place in the order of use since uses were last reported; 0 if it was not used since. */
  usedAt: number;
}

/**
 * Copies of the engine's entries, so that a hit costs one lookup in a Map and no call into WebAssembly.
 *
 * The engine decides which copies exist and how long they may be served. This class serves hits, records the order of
 * use, and notifies the observers of entries.
 */
export class CacheMirror {
  /** Hits served here. */
  hits = 0;
  /** Called when events get their first listener, and when the last one is removed. */
  onHeard: (isHeard: boolean) => void = () => {};
  /** Whether rows are frozen before they are returned. */
  isDebug = false;
  /** Called when the wall clock was set back: the engine must then publish again how long copies may be served. */
  onClockSetBack: () => void = () => {};

  /** Results that no copy can provide, for React. */
  readonly rendered = new UsedPromises();

  readonly spellings = new Spellings();

  /** By key. The offline part adds its own copies here. */
  readonly copies = new Map<string, Copy>();
  private readonly listeners = new Map<string, Set<() => void>>();
  /** Entries that changed and whose listeners were not called yet. */
  private readonly changed = new Set<string>();
  private readonly resetListeners = new Set<() => void>();
  private readonly followers = new Set<(event: ClientEvent) => void>();
  /** The copies used since uses were last reported, without duplicates. */
  private used: Copy[] = [];
  private uses = 0;
  /** The last reading of the wall clock. */
  private latest = 0;

  /** The storage of entries and writes beyond the page, if the client was configured with `offline`. */
  offline: Attached | undefined;

  /** The requests to services by the number of the call, while they may be sent again. */
  readonly serviceCalls = new Map<number, ServiceCall>();

  constructor(private readonly calls: Calls) {}

  /** The request to a service of call `number`. */
  serviceCall(number: number): ServiceCall | undefined {
    return this.serviceCalls.get(number);
  }

  /** Called with every text that rows are parsed from. */
  learn(json: string): void {
    this.spellings.learn(json);
  }

  /**
   * Converts a value for the application. Never called within a step, because a value that the application stored may
   * be a Proxy.
   */
  handedOut<Value>(value: Value): Value {
    return this.isDebug ? deepFreeze(value) : value;
  }

  /** Call `number` of `db` succeeded. */
  settled(number: number, value: unknown): void {
    afterStep(() => this.calls.resolve(number, this.handedOut(value)));
  }

  /** Call `number` of `db` failed. */
  failed(number: number, error: unknown): void {
    afterStep(() => this.calls.reject(number, error));
  }

  /** A promise of the entry under `key`, or undefined if the engine must be asked. */
  answer(key: string): Promise<unknown> | undefined {
    const copy = this.hit(key);
    return copy === undefined ? undefined : (copy.promise ??= Promise.resolve(this.handedOut(copy.data)));
  }

  /** The entry under `key`, or undefined if the engine must be asked. */
  read(key: string): unknown {
    return this.handedOut(this.hit(key)?.data);
  }

  private hit(key: string): Copy | undefined {
    const copy = this.copyOf(key);
    if (copy === undefined) return undefined;
    this.hits += 1;
    if (copy.usedAt === 0) this.used.push(copy);
    copy.usedAt = ++this.uses;
    if (this.isHeard) this.happened('hit', key);
    return copy;
  }

  /** The copy under `key`, if it may be served. */
  private copyOf(key: string): Copy | undefined {
    const now = this.now();
    const copy = this.copies.get(key);
    return copy === undefined || copy.data === undefined || now >= copy.until ? undefined : copy;
  }

  private now(): number {
    const now = Date.now();
    const isSetBack = now < this.latest;
    this.latest = now;
    if (isSetBack) this.onClockSetBack();
    return now;
  }

  /** The slots of the entries used since the last call, in the order of their last use. */
  takeUsed(): Uint32Array {
    const used = this.used.sort((one, other) => one.usedAt - other.usedAt);
    this.used = [];
    return Uint32Array.from(used, (copy) => {
      copy.usedAt = 0;
      return copy.slot;
    });
  }

  put(key: string, base: unknown, until: number, slot: number): void {
    const before = this.copies.get(key);
    const data = this.offline === undefined ? base : this.offline.shown(key, base);
    const isNews = before?.data !== data;
    // If it is published again unchanged, it keeps its time of change.
    const now = Date.now();
    this.latest = Math.max(this.latest, now);
    const since = before !== undefined && !isNews && until <= before.until ? before.since : now;
    this.copies.set(key, { data, base, since, promise: undefined, until, slot, usedAt: 0 });
    this.offline?.entryChanged(key);
    if (!isNews) return;
    // Other results stay true when an entry is read for the first time.
    if (before === undefined) this.callObservers(key);
    else this.notify(key);
  }

  /** Whether the entry under `key` is from an earlier visit, or represents a row that the server has not stored yet. */
  isRestored(key: string): boolean {
    return (this.copies.get(key)?.until ?? 0) < 0;
  }

  /**
   * A row changed, which other pages must be notified of: null if it is gone, undefined if it is unknown, false if it is
   * unknown because the server did not answer a write, or because changes were missed.
   */
  rowChanged(table: string, id: string | undefined, row: unknown): void {
    afterStep(() => this.offline?.rowChanged(table, id, row));
  }

  /** There is no entry under `key`: it was removed, or a response to it was outdated before it could be stored. */
  drop(key: string): void {
    const until = this.copies.get(key)?.until;
    // Entries that expired, or were withdrawn because the user may have changed, are kept for a later visit.
    const isWrong = until === undefined || until < 0 || until > Date.now() + EXPIRY_LEEWAY_MS;
    this.copies.delete(key);
    if (isWrong) this.offline?.entryChanged(key);
    this.notify(key);
  }

  /**
   * Withdraws all copies until they are published again. Observers keep their data until the entry is dropped, and are
   * notified then.
   */
  withdraw(): void {
    for (const copy of this.copies.values()) copy.until = copy.usedAt = 0;
    // Drop all references to the rows: they may be another user's from now on.
    this.used = [];
    this.rendered.clear();
  }

  /** The entry under `key`, even if it is from an earlier visit. Does not count as a use. */
  peek(key: string): unknown {
    const copy = this.isRestored(key) ? this.copies.get(key) : this.copyOf(key);
    return copy && this.handedOut(copy.data);
  }

  /** Calls `listener` after each change of the entry under `key`. Returns a function that stops it. */
  observe(key: string, listener: () => void): () => void {
    const listeners = this.listeners.get(key) ?? new Set();
    this.listeners.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.listeners.get(key) === listeners) this.listeners.delete(key);
    };
  }

  /**
   * Calls `listener` after everything was dropped because the user or the server changed. Returns a function that
   * stops it.
   */
  onReset(listener: () => void): () => void {
    // A separate function, so that a listener registered twice is called twice.
    const own = () => listener();
    this.resetListeners.add(own);
    return () => this.resetListeners.delete(own);
  }

  /** Drops everything, because the user or the server changed. */
  reset(): void {
    this.spellings.clear();
    this.resetListeners.forEach(notify);
  }

  /** The engine lost all entries. */
  clear(): void {
    for (const key of this.copies.keys()) this.drop(key);
    this.used = [];
  }

  happened(type: 'hit', key: string): void;
  happened(type: 'userChanged'): void;
  happened(type: 'hit' | 'userChanged', key?: string): void {
    this.event({ type, key } as ClientEvent);
    if (type !== 'userChanged') return;
    this.reset();
    afterStep(() => this.offline?.userChanged());
  }

  /** When the entry under `key` last changed, and how many observers it has. */
  inspect(key: string): { since: number | undefined; observers: number } {
    return { since: this.copies.get(key)?.since, observers: this.listeners.get(key)?.size ?? 0 };
  }

  /** Whether events have listeners. */
  get isHeard(): boolean {
    return this.followers.size > 0;
  }

  /** Calls `follower` with every event. Returns a function that stops it. */
  follow(follower: (event: ClientEvent) => void): () => void {
    this.followers.add(follower);
    if (this.followers.size === 1) this.onHeard(true);
    return () => {
      if (this.followers.delete(follower) && this.followers.size === 0) this.onHeard(false);
    };
  }

  sent(request: number, method: string, table: string, attempt: number, reads: number): void {
    this.event({ type: 'sent', request, method, table, attempt, reads });
  }

  attempted(
    request: number,
    method: string,
    table: string,
    attempt: number,
    status: number | undefined,
    code: string | undefined,
    durationMs: number,
  ): void {
    this.event({ type: 'attempt', request, method, table, attempt, status, code, durationMs });
  }

  error(
    code: string,
    message: string,
    originalError: unknown,
    status: number | undefined,
    details: string | undefined,
    hint: string | undefined,
    attempts: number,
    retryable: boolean,
    conflict: object | undefined,
  ): DatabaseError {
    const known = { status, details, hint, attempts, retryable };
    return Object.assign(new DatabaseError(code, message, originalError), known, conflict);
  }

  /** A value of the engine's as JSON, with numbers spelled as they were read. */
  write(value: unknown): string | undefined {
    return stringify(value, { path: 'graph', row: undefined, column: 'graph', spellings: this.spellings });
  }

  /** Reports an event to all listeners. */
  event(event: ClientEvent): void {
    this.followers.forEach((follower) => notify(() => follower(event)));
  }

  /** The entry under `key` changed. */
  notify(key: string): void {
    this.rendered.forget();
    this.callObservers(key);
  }

  private callObservers(key: string): void {
    if (this.changed.has(key)) return;
    this.changed.add(key);
    const isComing = notify(() => {
      this.changed.delete(key);
      this.listeners.get(key)?.forEach(guarded);
    });
    if (!isComing) this.changed.delete(key);
  }
}
