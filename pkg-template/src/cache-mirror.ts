import type { Calls } from './calls.js';
import { DatabaseError } from './errors.js';
import { deepFreeze } from './freeze.js';
import { guarded } from './guarded.js';
import type { ClientEvent } from './options.js';
import { Spellings } from './spellings.js';
import { afterStep, notify } from './step.js';
import { UsedPromises } from './used-promises.js';

/** A stored entry, ready to be handed out. */
interface Copy {
  readonly data: unknown;
  /** When it became this, by the wall clock. */
  readonly since: number;
  /** Settled with `data`; made at the first hit, then handed to everybody. */
  promise: Promise<unknown> | undefined;
  /** From this time on (wall clock) the engine must be asked. */
  until: number;
  /** By this number the engine is told of hits. */
  readonly slot: number;
  /** Its place in the order of use since the engine was told of uses; 0 while it was not used. */
  usedAt: number;
}

/**
 * Copies of the engine's entries, so that a hit costs a look into a Map and no call into WebAssembly.
 *
 * The engine decides what is here and until when; this class only answers, remembers in which order, and tells
 * whoever follows an entry that it changed.
 */
export class CacheMirror {
  /** Hits answered here. */
  hits = 0;
  /** Called when the first one wants to hear of events, and when no one does any more. */
  onHeard: (isHeard: boolean) => void = () => {};
  /** Whether rows are frozen before they are handed out. */
  isDebug = false;
  /** Called when the wall clock shows less than before: until when copies answer has to be said anew. */
  onClockSetBack: () => void = () => {};

  /** Answers that no copy can give, for React. */
  readonly rendered = new UsedPromises();

  readonly spellings = new Spellings();

  private readonly copies = new Map<string, Copy>();
  private readonly listeners = new Map<string, Set<() => void>>();
  /** Entries that changed and have listeners that were not called yet. */
  private readonly changed = new Set<string>();
  private readonly resetListeners = new Set<() => void>();
  private readonly followers = new Set<(event: ClientEvent) => void>();
  /** The copies that were used since the engine was told of uses, each once. */
  private used: Copy[] = [];
  private uses = 0;
  /** What the wall clock showed last. */
  private latest = 0;

  constructor(private readonly calls: Calls) {}

  /** Told of every text that rows are parsed from. */
  learn(json: string): void {
    this.spellings.learn(json);
  }

  /**
   * What the application gets to see of a value. Never within a step: what the application stored may be a Proxy.
   */
  handedOut<Value>(value: Value): Value {
    return this.isDebug ? deepFreeze(value) : value;
  }

  /** Call `number` of `db` ended well. */
  settled(number: number, value: unknown): void {
    afterStep(() => this.calls.resolve(number, this.handedOut(value)));
  }

  /** Call `number` of `db` failed. */
  failed(number: number, error: unknown): void {
    afterStep(() => this.calls.reject(number, error));
  }

  /** A promise settled with the entry under `key`, or undefined when the engine must be asked. */
  answer(key: string): Promise<unknown> | undefined {
    const copy = this.hit(key);
    return copy === undefined ? undefined : (copy.promise ??= Promise.resolve(this.handedOut(copy.data)));
  }

  /** The entry under `key`, or undefined when the engine must be asked. */
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

  /** The copy under `key`, if it may be answered. */
  private copyOf(key: string): Copy | undefined {
    const now = this.now();
    const copy = this.copies.get(key);
    return copy === undefined || now >= copy.until ? undefined : copy;
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

  put(key: string, data: unknown, until: number, slot: number): void {
    const before = this.copies.get(key);
    const isNews = before?.data !== data;
    // Published again as it was, it is no younger.
    const now = Date.now();
    this.latest = Math.max(this.latest, now);
    const since = before !== undefined && !isNews && until <= before.until ? before.since : now;
    this.copies.set(key, { data, since, promise: undefined, until, slot, usedAt: 0 });
    if (isNews) this.notify(key);
  }

  /** There is no entry under `key`: none any more, or an answer to it was outdated before it could be stored. */
  drop(key: string): void {
    this.copies.delete(key);
    this.notify(key);
  }

  /** Nothing is answered until it is put again. Who shows an entry keeps it until it is dropped, and is told then. */
  withdraw(): void {
    for (const copy of this.copies.values()) copy.until = copy.usedAt = 0;
    // Nothing keeps the rows: they may be another user's from now on.
    this.used = [];
    this.rendered.clear();
  }

  /** The entry under `key`, without counting as a use. */
  peek(key: string): unknown {
    const copy = this.copyOf(key);
    return copy && this.handedOut(copy.data);
  }

  /** Calls `listener` after every change of the entry under `key`. The result ends that. */
  observe(key: string, listener: () => void): () => void {
    const listeners = this.listeners.get(key) ?? new Set();
    this.listeners.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.listeners.get(key) === listeners) this.listeners.delete(key);
    };
  }

  /** Calls `listener` after everything was dropped because it was another user's or server's. The result ends that. */
  onReset(listener: () => void): () => void {
    // A function of its own, so that one who listens twice hears of it twice.
    const own = () => listener();
    this.resetListeners.add(own);
    return () => this.resetListeners.delete(own);
  }

  /** Nothing of what was known counts any more. */
  reset(): void {
    this.spellings.clear();
    this.resetListeners.forEach(notify);
  }

  /** The engine lost every entry. */
  clear(): void {
    for (const key of this.copies.keys()) this.drop(key);
    this.used = [];
  }

  happened(type: 'hit', key: string): void;
  happened(type: 'userChanged'): void;
  happened(type: 'hit' | 'userChanged', key?: string): void {
    this.event({ type, key } as ClientEvent);
    if (type === 'userChanged') this.reset();
  }

  /** Since when there is an entry under `key` as it is now, and how many follow it. */
  inspect(key: string): { since: number | undefined; observers: number } {
    return { since: this.copies.get(key)?.since, observers: this.listeners.get(key)?.size ?? 0 };
  }

  /** Whether anybody wants to hear of events. */
  get isHeard(): boolean {
    return this.followers.size > 0;
  }

  /** Calls `follower` with every event. The result ends that. */
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
  ): DatabaseError {
    return Object.assign(new DatabaseError(code, message, originalError), {
      status,
      details,
      hint,
      attempts,
      retryable,
    });
  }

  /** Tells whoever wants to hear of events. */
  event(event: ClientEvent): void {
    this.followers.forEach((follower) => notify(() => follower(event)));
  }

  private notify(key: string): void {
    this.rendered.forget();
    if (this.changed.has(key)) return;
    this.changed.add(key);
    const isComing = notify(() => {
      this.changed.delete(key);
      this.listeners.get(key)?.forEach(guarded);
    });
    if (!isComing) this.changed.delete(key);
  }
}
