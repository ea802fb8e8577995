import type { DatabaseClient } from '../client.js';
import { DatabaseError } from '../errors.js';
import type { TableName, Tables } from '../realtime-types.js';
import type { PaginatedResponse, Workflow } from '../types.js';
import { idOf } from './ids.js';

/** What a write under way will make of a row; null when it deletes it. */
type Effect<Row> = (row: Row) => Row | null;

/** A write under way. */
export interface Change<Table extends TableName> {
  table: Table;
  /** The rows that it means: those with these values. */
  rows: Partial<Record<keyof Tables[Table], string>>;
  effect: Effect<Tables[Table]>;
}

interface Overlay {
  table: TableName;
  rows: [column: string, value: unknown][];
  /** Rows never change, so each is worked out once, and is one object for all who show it. */
  effect: (row: object) => object | null;
}

interface OverlayListener {
  /** A write began or ended. */
  onChange: () => void;
  /** A write, the only one shown now, is about to end well: who does not hear of its outcome otherwise keeps it. */
  onSuccess: () => void;
  /** Changes flow again: what could not be read may be readable. */
  onRecovery: () => void;
}

/**
 * Writes under way, shown over what is stored.
 *
 * What is stored is not touched by them: when a write fails its overlay is taken away, and a change by somebody else
 * that came meanwhile is still there.
 */
export class Overlays {
  /** How often everything was another user's from one moment to the next. */
  generation = 0;
  private overlays: readonly Overlay[] = [];
  /** The last write to each row, while it is under way. */
  private readonly lastWrites = new Map<string, Promise<unknown>>();
  private readonly listeners = new Set<OverlayListener>();

  constructor(client: DatabaseClient) {
    client.cache.onReset(() => {
      this.generation += 1;
      this.set([]);
    });
  }

  /** Shows a write over the rows that it means, if it says. The result ends that, and is told whether it succeeded. */
  add<Table extends TableName>(change?: Change<Table>): (isDone: boolean) => void {
    const own = change === undefined ? [] : [overlayOf(change)];
    this.set([...this.overlays, ...own]);
    return (isDone) => {
      const others = this.overlays.filter((other) => other !== own[0]);
      if (isDone) {
        this.overlays = own;
        this.listeners.forEach((listener) => listener.onSuccess());
      }
      this.set(others);
    };
  }

  /** Writes when earlier writes to the same rows have ended: sent together, the last one might not be the last. */
  async inTurn<T, Table extends TableName>(
    { table, rows }: Change<Table>,
    write: () => Promise<T>,
  ): Promise<T> {
    const name = JSON.stringify([table, rows]);
    const { generation } = this;
    const writeNow = () => {
      if (generation === this.generation) return write();
      throw new DatabaseError('ABORTED', 'The user changed before it was the turn of the write');
    };
    const own = this.lastWrites.get(name)?.then(writeNow, writeNow) ?? write();
    this.lastWrites.set(name, own);
    try {
      return await own;
    } finally {
      if (this.lastWrites.get(name) === own) this.lastWrites.delete(name);
    }
  }

  /** Tells that changes flow again. */
  recovered(): void {
    this.listeners.forEach((listener) => listener.onRecovery());
  }

  observe(listener: OverlayListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** A row as it will be; null when it is being deleted. The row itself when no write means it. */
  row<Row extends object>(table: TableName, row: Row): Row | null {
    return this.overlays.reduce<Row | null>((shown, overlay) => {
      if (shown === null || overlay.table !== table) return shown;
      const values = shown as Record<string, unknown>;
      const isMeant = overlay.rows.every(([column, value]) => values[column] === value);
      return isMeant ? (overlay.effect(shown) as Row | null) : shown;
    }, row);
  }

  /** A list as it will be, without those that are being deleted. The list itself when no write means it. */
  rows<Row extends object>(table: TableName, rows: Row[]): Row[] {
    if (!this.overlays.some((overlay) => overlay.table === table)) return rows;
    return rows.map((row) => this.row(table, row)).filter((row) => row !== null);
  }

  private set(overlays: readonly Overlay[]): void {
    if (overlays.length === 0 && this.overlays.length === 0) return;
    this.overlays = overlays;
    this.listeners.forEach((listener) => listener.onChange());
  }
}

/** What a patch sets. Who forgot the patch is told by the write. */
export function valuesOf(patch: object | null | undefined): [string, unknown][] {
  return Object.entries(patch ?? {}).filter(([, value]) => value !== undefined);
}

/** New values over a row. A row that has them already is left as it is: the write arrived. */
export function patching<Row extends object>(patch: object): Effect<Row> {
  const values = valuesOf(patch);
  return (row) => {
    const known = row as Record<string, unknown>;
    const isThere = values.every(([name, value]) => Object.is(known[name], value));
    return isThere ? row : { ...row, ...Object.fromEntries(values) };
  };
}

/** The database's clock says when; until then it is this one. */
export function archiving(): Effect<Workflow> {
  const now = new Date().toISOString().slice(0, -1);
  return (row) => (row.archived_at === null ? { ...row, archived_at: now } : row);
}

export const deleting = (): null => null;

/** A write to the row with this id. */
export function onRow<Table extends TableName>(
  table: Table,
  id: string,
  effect: Effect<Tables[Table]>,
): Change<Table> {
  return { table, rows: { id: idOf(id) } as Change<Table>['rows'], effect };
}

/** How a row is shown. */
export function shownRow<Row extends object>(table: TableName) {
  return (row: Row | null, overlays: Overlays): Row | null => row && overlays.row(table, row);
}

/** How a page is shown. */
export function shownPage<Row extends object>(table: TableName) {
  return (page: PaginatedResponse<Row>, overlays: Overlays): PaginatedResponse<Row> => {
    const data = overlays.rows(table, page.data);
    return data === page.data ? page : { ...page, data };
  };
}

function overlayOf<Table extends TableName>({ table, rows, effect }: Change<Table>): Overlay {
  return {
    table,
    rows: Object.entries(rows),
    effect: remembered(effect as unknown as Overlay['effect']),
  };
}

function remembered(effect: Overlay['effect']): Overlay['effect'] {
  const known = new WeakMap<object, object | null>();
  return (row) => {
    const before = known.get(row);
    if (before !== undefined) return before;
    const after = effect(row);
    known.set(row, after);
    return after;
  };
}

const ofClients = new WeakMap<DatabaseClient, Overlays>();

/** The writes under way of a client's hooks. */
export function overlaysOf(client: DatabaseClient): Overlays {
  const known = ofClients.get(client) ?? new Overlays(client);
  ofClients.set(client, known);
  return known;
}
