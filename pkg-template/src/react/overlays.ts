import type { DatabaseClient } from '../client.js';
import type { TableName, Tables } from '../realtime-types.js';
import type { PaginatedResponse, Workflow } from '../types.js';

/** What a write under way will make of a row; null when it deletes it. */
type Effect<Row> = (row: Row) => Row | null;

/** A write under way. */
export interface Change<Table extends TableName> {
  table: Table;
  /** The rows that it means: those with this value in this column. */
  column: keyof Tables[Table] & string;
  value: string;
  effect: Effect<Tables[Table]>;
}

interface Overlay {
  table: TableName;
  column: string;
  value: string;
  /** Rows never change, so each is worked out once, and is one object for all who show it. */
  effect: (row: object) => object | null;
}

interface OverlayListener {
  /** A write began or ended. */
  onChange: () => void;
  /** A write is about to end well: whoever shows it, and does not hear of its outcome otherwise, keeps it. */
  onSuccess: () => void;
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
  private readonly listeners = new Set<OverlayListener>();

  constructor(client: DatabaseClient) {
    client.cache.onReset(() => {
      this.generation += 1;
      this.set([]);
    });
  }

  /** Shows a write over the rows that it means. The result ends that, and is told whether the write succeeded. */
  add<Table extends TableName>({ table, column, value, effect }: Change<Table>): (isDone: boolean) => void {
    const overlay = { table, column, value, effect: remembered(effect as unknown as Overlay['effect']) };
    this.set([...this.overlays, overlay]);
    return (isDone) => {
      if (isDone) this.listeners.forEach((listener) => listener.onSuccess());
      this.set(this.overlays.filter((other) => other !== overlay));
    };
  }

  observe(listener: OverlayListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** A row as it will be; null when it is being deleted. The row itself when no write means it. */
  row<Row extends object>(table: TableName, row: Row): Row | null {
    return this.overlays.reduce<Row | null>((shown, overlay) => {
      if (shown === null || overlay.table !== table) return shown;
      const isMeant = (shown as Record<string, unknown>)[overlay.column] === overlay.value;
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

/** New values over a row. A row that has them already is left as it is: the write arrived. */
export function patching<Row extends object>(patch: object): Effect<Row> {
  const values = Object.entries(patch).filter(([, value]) => value !== undefined);
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
  return { table, column: 'id' as Change<Table>['column'], value: id, effect };
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
