import { loadEngine, type OfflineEngine } from './engine.js';
import type { Host } from './host.js';
import { isQuotaExceeded, type Storage, type Transaction } from './storage.js';
import type { Change } from './tabs.js';

/** Limits of what is persisted. */
export interface Limits {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** The persisted entries of one user, written in batches. */
export class Persistence {
  private shelf: InstanceType<OfflineEngine['Shelf']> | undefined;
  private engine: OfflineEngine | undefined;
  /** Keys that changed since the last batch. */
  private readonly due = new Set<string>();
  /** Keys that changed in this task. */
  private readonly recent = new Set<string>();
  /** Keys of entries that were dropped, and stay on disk. */
  private readonly kept = new Set<string>();
  /** Keys of a batch that failed. */
  private missed: readonly string[] = [];
  /** Changes that are not applied to the stored entries yet. */
  private changes: Change[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Bytes that may be written before the total size must be checked again. */
  private credit = 0;
  private isEnded = false;
  /** Whether changes of the cache must not affect the stored entries. */
  private isIgnoring = false;
  /** Whether the last batch could be stored: no other user had signed in in another tab. */
  private isAllowed = true;

  /** @param mayWrite whether this user's rows may be stored, as part of the transaction that stores them */
  constructor(
    private readonly storage: Storage,
    private readonly host: Host,
    private readonly scope: string,
    private readonly limits: Limits,
    private readonly mayWrite: (transaction: Transaction<'readwrite'>) => Promise<boolean>,
  ) {
    this.start().catch(() => {});
  }

  private async start(): Promise<void> {
    this.engine = await loadEngine();
    if (this.isEnded) return;
    const shelf = (this.shelf = new this.engine.Shelf());
    this.due.forEach((key) => this.arm(shelf.changed(key)));
  }

  changed(key: string): void {
    if (this.isEnded || this.isIgnoring) return;
    this.kept.delete(key);
    if (this.recent.size === 0) queueMicrotask(() => this.recent.clear());
    this.recent.add(key);
    this.due.add(key);
    if (this.shelf !== undefined) this.arm(this.shelf.changed(key));
  }

  /** Runs a function that drops entries of the cache, and keeps them on disk. */
  without(run: () => void): void {
    this.isIgnoring = true;
    try {
      run();
    } finally {
      this.isIgnoring = false;
    }
  }

  /** A row changed. Stored entries that the cache does not hold are updated, too. */
  rowChanged(change: Change): void {
    if (change[2] === false) return this.lost();
    this.changes.push(change);
    // No entry has an empty name. This only schedules the next batch.
    this.changed('');
  }

  /**
   * The server did not answer a write, or changes were missed, which made the cache drop what may be outdated. On disk that
   * stays: until the server can be reached, there is nothing better.
   */
  private lost(): void {
    for (const key of this.recent) if (!this.host.isHeld(key)) this.kept.add(key);
  }

  /** The stored JSON of an entry. A workflow with its relations may have to be composed of entries that changed since. */
  async read(key: string): Promise<string | undefined> {
    const json = await this.readOne(key);
    const parts = json === undefined ? this.host.partsOf(key) : undefined;
    if (parts === undefined) return json;
    const [workflow, nodes, connections] = await Promise.all(parts.map((part) => this.readOne(part)));
    if (workflow === undefined || nodes === undefined || connections === undefined) return undefined;
    return `${workflow.slice(0, -1)},"nodes":${nodes},"connections":${connections}}`;
  }

  private async readOne(key: string): Promise<string | undefined> {
    const isOutdated = this.due.has(key) || this.missed.includes(key);
    if (isOutdated && !this.kept.has(key)) return this.host.stored(key);
    const row = await this.storage.read(['rows'], (transaction) =>
      transaction.objectStore('rows').get([this.scope, key]),
    );
    if (row === undefined || Date.now() - row.storedAt > this.limits.maxAgeMs) return undefined;
    this.arm(this.shelf?.used(key) ?? -1);
    return this.host.followed(key, row.json, row.reading, this.concerning(key, this.changes));
  }

  /** Writes now instead of later, because the page may be about to end. `isLast` states that it ends with this task. */
  writeNow(isLast = false): void {
    clearTimeout(this.timer);
    const { shelf, engine } = this;
    if (shelf === undefined || engine === undefined) return;
    const { changed, used } = JSON.parse(shelf.take()) as Batch;
    this.due.clear();
    if (changed.length + used.length === 0) return;
    const keys = [...new Set([...this.missed, ...changed])];
    this.missed = [];
    const rows = keys
      .filter((key) => !this.kept.has(key))
      .map((key) => [key, this.host.stored(key)] as const);
    this.kept.clear();
    const changes = new Set(isLast ? [] : this.changes);
    this.storage
      .write(['rows', 'shelf', 'meta'], (transaction) =>
        isLast
          ? this.writeLast(transaction, rows)
          : this.write(transaction, rows, used, [...changes], engine),
      )
      .then(
        // More changes may have come in the meantime.
        () => (this.changes = this.changes.filter((change) => !changes.has(change))),
        (error: unknown) => {
          // With the next batch.
          this.missed = [...this.missed, ...rows.map(([key]) => key)];
          this.failed(error);
        },
      );
  }

  end(): void {
    this.isEnded = true;
    clearTimeout(this.timer);
    this.shelf?.free();
    this.shelf = undefined;
    this.due.clear();
  }

  private arm(ms: number): void {
    if (ms >= 0) this.timer = setTimeout(() => this.writeNow(), ms);
  }

  /** If there is no space, erases rows, which can be read again, in favor of unsent writes. */
  private failed(error: unknown): void {
    if (!isQuotaExceeded(error)) return;
    this.end();
    this.storage.failed(error);
    eraseAll(this.storage).catch(() => {});
  }

  private async write(
    transaction: Transaction<'readwrite'>,
    entries: readonly Serialized[],
    used: readonly string[],
    changes: readonly Change[],
    engine: OfflineEngine,
  ): Promise<void> {
    // The user may have changed in another tab.
    if (this.isEnded || !(this.isAllowed = await this.mayWrite(transaction))) return;
    const now = Date.now();
    await this.put(transaction, entries, now);
    const shelf = transaction.objectStore('shelf');
    for (const key of used) {
      const known = await shelf.get([this.scope, key]);
      if (known !== undefined) await shelf.put({ ...known, usedAt: now }, [this.scope, key]);
    }
    if (changes.length > 0) await this.follow(transaction, changes);
    if (this.credit <= 0) await this.evict(transaction, engine, now);
  }

  /**
   * Commits without waiting for any response, because the browser aborts the transactions of a page that ends. Another user
   * may have signed in in another tab since the last batch; then the next session erases these entries.
   */
  private async writeLast(
    transaction: Transaction<'readwrite'>,
    entries: readonly Serialized[],
  ): Promise<void> {
    if (!this.isAllowed) return;
    const stored = this.put(transaction, entries, Date.now());
    transaction.commit();
    await stored;
  }

  /** Sends all requests at once. */
  private async put(
    transaction: Transaction<'readwrite'>,
    entries: readonly Serialized[],
    now: number,
  ): Promise<void> {
    const rows = transaction.objectStore('rows');
    const shelf = transaction.objectStore('shelf');
    const requests = entries.flatMap(([key, json]): Promise<unknown>[] => {
      const place: [string, string] = [this.scope, key];
      if (json === undefined) return [rows.delete(place), shelf.delete(place)];
      this.credit -= json.length;
      const entry = { json, storedAt: now, reading: this.host.readingOf(key) };
      const known = { bytes: json.length, storedAt: now, usedAt: now };
      return [rows.put(entry, place), shelf.put(known, place)];
    });
    await Promise.all(requests);
  }

  /** Applies changes to the stored entries that the cache does not hold. */
  private async follow(transaction: Transaction<'readwrite'>, changes: readonly Change[]): Promise<void> {
    const rows = transaction.objectStore('rows');
    const shelf = transaction.objectStore('shelf');
    const places = await shelf.getAllKeys(IDBKeyRange.bound([this.scope], [this.scope, []]));
    for (const place of places) {
      const [, key] = place;
      const own = this.host.isHeld(key) ? [] : this.concerning(key, changes);
      const [entry, known] = own.length > 0 ? [await rows.get(place), await shelf.get(place)] : [];
      if (entry === undefined || known === undefined) continue;
      const json = this.host.followed(key, entry.json, entry.reading, own);
      if (json === undefined) await Promise.all([rows.delete(place), shelf.delete(place)]);
      else if (json !== entry.json) {
        const bytes = json.length;
        await Promise.all([rows.put({ ...entry, json }, place), shelf.put({ ...known, bytes }, place)]);
      }
    }
  }

  private concerning(key: string, changes: readonly Change[]): Change[] {
    return changes.filter((change) => this.host.mayConcern(key, change));
  }

  private async evict(
    transaction: Transaction<'readwrite'>,
    engine: OfflineEngine,
    now: number,
  ): Promise<void> {
    const rows = transaction.objectStore('rows');
    const shelf = transaction.objectStore('shelf');
    const [places, known] = await Promise.all([shelf.getAllKeys(), shelf.getAll()]);
    const entries = known.map((entry, index) => ({ ...entry, key: String(index) }));
    const leaving = engine.evict(entries, { ...this.limits, now }).map(Number);
    for (const index of leaving) {
      const place = places[index];
      if (place !== undefined) await Promise.all([rows.delete(place), shelf.delete(place)]);
    }
    const gone = new Set(leaving);
    const bytes = known.reduce((total, entry, index) => total + (gone.has(index) ? 0 : entry.bytes), 0);
    // Other tabs write too.
    this.credit = (this.limits.maxBytes - bytes) / 2;
  }
}

/** An entry as JSON; undefined for one to delete. */
type Serialized = readonly [key: string, json: string | undefined];

interface Batch {
  readonly changed: readonly string[];
  readonly used: readonly string[];
}

/** Erases the persisted entries of all users. */
export function eraseAll(storage: Storage): Promise<void> {
  return storage.write(['rows', 'shelf'], async (transaction) => {
    await Promise.all([transaction.objectStore('rows').clear(), transaction.objectStore('shelf').clear()]);
  });
}
