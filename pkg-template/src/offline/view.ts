import { DatabaseError } from '../errors.js';
import type { Shown } from '../generated/offline-bindings.js';
import type { ClientParts } from '../offline-part.js';
import type { Host } from './host.js';
import { KeptRows } from './kept-rows.js';
import type { OverlayChange } from './shown-writes.js';

/** The `until` of copies that are shown while the server is asked. */
const RESTORED = -1;
/** The slot of copies that are not the engine's. */
const NO_SLOT = 0xffffffff;

/**
 * What the app sees: the client's entries with the effect of the waiting writes, and entries from earlier visits until the
 * server answers.
 */
export class View {
  /** How many reads of each key are in flight. */
  private readonly reads = new Map<string, number>();
  private readonly kept: KeptRows;
  /** The keys of the entries that stand for rows which the server does not know yet, by the places of their writes. */
  private readonly made = new Map<number, string[]>();

  /** `restore` returns the JSON that an earlier visit of the current user stored under a key. It never rejects. */
  constructor(
    private readonly parts: ClientParts,
    private readonly host: Host,
    private readonly planner: Shown,
    private readonly restore: (key: string) => Promise<string | undefined>,
  ) {
    this.kept = new KeptRows((known, fresh) => planner.reuse(known, fresh));
  }

  /** The entry `base` under `key` with the effect of the waiting writes. Undefined: there is no such row. */
  shown(key: string, base: unknown): unknown {
    const before = this.parts.mirror.copies.get(key);
    if (before?.slot === NO_SLOT && before.base !== base) this.kept.note(before.base, base);
    return this.planner.shown(key, this.kept.of(base), 0);
  }

  /** Changes what is shown of the waiting writes. */
  changeOverlays(changes: readonly OverlayChange[]): void {
    if (changes.length === 0) return;
    const plain = changes.map(([place, overlay]) => {
      if (overlay === null) return [place, null];
      const { effect, table, match, json } = overlay;
      return [place, [effect, table, match, json === '' ? null : this.host.parse(json)]];
    });
    const { copies } = this.parts.mirror;
    const keys = [...copies.keys()];
    const [from, made, concerned] = this.planner.change(plain, keys) as [
      from: number,
      made: [place: number, key: string, base: unknown][],
      concerned: number[],
    ];
    for (const index of concerned) this.reshow(keys[index]!, from);
    this.replaceMade(changes, made);
  }

  /** No writes wait any more. */
  clearOverlays(): void {
    const places = [...this.made.keys()];
    this.planner.clear();
    for (const key of [...this.parts.mirror.copies.keys()]) this.reshow(key, 0);
    this.replaceMade(
      places.map((place) => [place, null]),
      [],
    );
  }

  /** Replaces the entries that the changed writes make. */
  private replaceMade(changes: readonly OverlayChange[], made: readonly [number, string, unknown][]): void {
    const before = new Set(changes.flatMap(([place]) => this.made.get(place) ?? []));
    for (const [place] of changes) this.made.delete(place);
    for (const [place, key] of made) this.made.set(place, [...(this.made.get(place) ?? []), key]);
    for (const [, key, base] of made) {
      // What was made of an earlier state of the row is made again.
      const isOwn = before.delete(key) && this.parts.mirror.isRestored(key) && !Array.isArray(base);
      if (isOwn || this.baseOf(key) === undefined) this.putRestored(key, base);
    }
    for (const key of before) if (!this.isMade(key)) this.dropRestored(key);
  }

  /** Whether the entry represents a row that the server does not know yet. */
  private isMade(key: string): boolean {
    return [...this.made.values()].some((keys) => keys.includes(key));
  }

  /** Makes the read `ask`, and answers from an earlier visit if the server cannot be reached. */
  async read(
    name: string,
    args: readonly unknown[],
    ask: () => Promise<unknown>,
    isFresh: boolean,
  ): Promise<unknown> {
    const { mirror } = this.parts;
    const key = this.host.keyOf(name, args);
    if (key === undefined) return ask();
    this.reads.set(key, (this.reads.get(key) ?? 0) + 1);
    if (!isFresh && this.baseOf(key) === undefined) void this.restoreTo(key, () => this.reads.has(key));
    try {
      const answer = await ask();
      if (answer === null) this.forgetMissing(key);
      return this.shownOf(key, answer) ?? null;
    } catch (error) {
      if (isFresh || !isUnreachable(error)) throw error;
      const base = this.baseOf(key) ?? (await this.restoreTo(key, () => true));
      const shown = this.shown(key, base);
      if (base === undefined && shown === undefined) throw error;
      return mirror.handedOut(shown ?? null);
    } finally {
      const others = (this.reads.get(key) ?? 1) - 1;
      if (others > 0) this.reads.set(key, others);
      else this.reads.delete(key);
      this.host.trimReadings((key) => this.reads.has(key));
    }
  }

  /** The server has no row for `key`: forgets that of an earlier visit, and the entries that it could be composed of again. */
  private forgetMissing(key: string): void {
    const { mirror } = this.parts;
    for (const own of [key, ...(this.host.partsOf(key) ?? [])]) {
      // On disk, there may be one that is not shown. A row that waits to be created stays.
      if (this.baseOf(own) === undefined) mirror.offline?.entryChanged(own);
      else if (!this.isMade(own)) this.dropRestored(own);
    }
  }

  /** Applies a change to the entries of earlier visits. The engine applies it to its own. */
  rowChanged(table: string, id: string | undefined, row: unknown): void {
    const { mirror } = this.parts;
    for (const [key, { base }] of [...mirror.copies]) {
      if (!mirror.isRestored(key) || base === undefined) continue;
      const next: unknown = this.planner.patched(key, base, table, id, row);
      if (next === undefined) this.dropRestored(key);
      else if (next !== base) this.putRestored(key, next);
    }
  }

  /** Forgets everything of the previous user. */
  forget(): void {
    this.made.clear();
    this.planner.clear();
    // Also those that were withdrawn: they are not the engine's, which drops its own. On disk, they are still right.
    const { mirror } = this.parts;
    for (const [key, { slot }] of [...mirror.copies]) {
      if (slot !== NO_SLOT) continue;
      mirror.copies.delete(key);
      mirror.notify(key);
    }
  }

  /** What the server sent as the entry under `key`. */
  baseOf(key: string): unknown {
    return this.parts.mirror.copies.get(key)?.base;
  }

  /** What is shown of a result, which is the entry under `key` as the server sent it. */
  private shownOf(key: string, base: unknown): unknown {
    const copy = this.parts.mirror.copies.get(key);
    return copy !== undefined && copy.base === base ? copy.data : this.shown(key, base);
  }

  /** Shows an entry again, because other writes wait: those from place `from` on, or others before them if that is 0. */
  private reshow(key: string, from: number): void {
    const { mirror } = this.parts;
    const copy = mirror.copies.get(key);
    if (copy === undefined) return;
    const data: unknown = from > 0 ? this.planner.shown(key, copy.data, from) : this.shown(key, copy.base);
    if (data === copy.data) return;
    mirror.copies.set(key, { ...copy, data, promise: undefined, usedAt: 0 });
    mirror.notify(key);
  }

  private putRestored(key: string, base: unknown): void {
    const { mirror } = this.parts;
    const before = mirror.copies.get(key);
    const copy = { data: this.shown(key, base), base, since: Date.now(), promise: undefined };
    mirror.copies.set(key, { ...copy, until: RESTORED, slot: NO_SLOT, usedAt: 0 });
    if (before?.data !== copy.data) mirror.notify(key);
  }

  /** Drops the entry under `key`, unless the server has sent it in the meantime. */
  private dropRestored(key: string): void {
    if (this.parts.mirror.isRestored(key)) this.parts.mirror.drop(key);
  }

  /** Shows the entry of an earlier visit if it `isWanted` when it arrives, and returns it. */
  private async restoreTo(key: string, isWanted: () => boolean): Promise<unknown> {
    const json = await this.restore(key);
    if (json === undefined || !isWanted()) return undefined;
    if (this.baseOf(key) === undefined) this.putRestored(key, this.host.parse(json));
    return this.baseOf(key);
  }
}

/** Whether the server could not be reached, rather than refused the call. */
function isUnreachable(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  const last = error.code === 'RETRY_EXHAUSTED' ? error.originalError : error;
  return last instanceof DatabaseError && (last.code === 'NETWORK' || last.code === 'TIMEOUT');
}
