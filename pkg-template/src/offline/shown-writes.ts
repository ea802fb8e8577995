import { DatabaseError } from '../errors.js';
import type { OutboxEntry } from '../outbox.js';
import type { View } from './engine.js';
import type { Overlay } from './host.js';

/** How far the writes are. */
export interface Status extends Omit<View, 'writes'> {
  readonly entries: readonly OutboxEntry[];
}

/** A place in the order of the writes, and what is shown of the write there; null if nothing is. */
export type OverlayChange = readonly [place: number, overlay: Overlay | null];

interface Write {
  readonly place: number;
  readonly entry: OutboxEntry;
  readonly overlay: Overlay | null;
}

/** What is shown of an outbox that has no writes. */
export const NOTHING: Status = { pending: 0, failed: 0, blocked: 0, isSending: false, entries: [] };

/** The writes of one user as they are shown. They follow the outbox a little later if it changes often. */
export class ShownWrites {
  status = NOTHING;
  /** By id, in order. */
  private writes = new Map<string, Write>();
  /** What changed since: null for a write that is gone. */
  private changes = new Map<string, View['writes'][number] | null>();
  private counts: Omit<View, 'writes'> = NOTHING;
  /** Whether `changes` are all writes. */
  private isWhole = false;

  /** These are all writes. */
  replaced(view: View): void {
    this.changes.clear();
    this.isWhole = true;
    this.changed(view, []);
  }

  /** A step changed these writes, and these are gone. */
  changed({ writes, ...counts }: View, gone: readonly string[]): void {
    for (const id of gone) this.changes.set(id, null);
    for (const write of writes) this.changes.set(write.entry.id, write);
    this.counts = counts;
  }

  /** Shows what changed. Returns the overlays that did. */
  update(): OverlayChange[] {
    const before = this.writes;
    // A place may be used again after its write is gone.
    const overlays = new Map<number, Overlay | null>();
    if (this.isWhole) this.writes = new Map();
    const gone = this.isWhole ? before.keys() : this.changes.keys();
    for (const id of gone) {
      const known = before.get(id);
      if (known === undefined || this.changes.get(id)) continue;
      this.writes.delete(id);
      if (known.overlay !== null) overlays.set(known.place, null);
    }
    for (const [id, write] of this.changes) {
      if (write === null) continue;
      const known = before.get(id);
      const { place, overlay } = write;
      this.writes.set(id, { place, overlay, entry: described(write.entry) });
      if (!isSame(known?.overlay ?? null, overlay)) overlays.set(place, overlay);
    }
    this.changes.clear();
    this.isWhole = false;
    this.status = { ...this.counts, entries: Array.from(this.writes.values(), ({ entry }) => entry) };
    return [...overlays];
  }

  /** All overlays. */
  overlays(): OverlayChange[] {
    return Array.from(this.writes.values(), ({ place, overlay }) => [place, overlay] as const);
  }
}

function isSame(one: Overlay | null, other: Overlay | null): boolean {
  return one?.json === other?.json && one?.effect === other?.effect;
}

function described({ error, ...entry }: View['writes'][number]['entry']): OutboxEntry {
  if (error === undefined) return entry;
  const { code, message, ...rest } = error;
  return { ...entry, error: Object.assign(new DatabaseError(code, message), rest) };
}
