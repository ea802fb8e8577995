import type { DatabaseClient } from '../client.js';
import { DatabaseError } from '../errors.js';
import type { TableName, Tables } from '../realtime-types.js';
import type { PaginatedResponse, Workflow, WorkflowMember } from '../types.js';
import { idOf } from './ids.js';

/** The effect of a write in flight on a row; null if it deletes the row. */
type Effect<Row> = (row: Row) => Row | null;

/** A write in flight. */
export interface Change<Table extends TableName> {
  table: Table;
  /** The affected rows: those with these values. */
  rows: Partial<Record<keyof Tables[Table], string>>;
  effect: Effect<Tables[Table]>;
}

interface Overlay {
  table: TableName;
  rows: [column: string, value: unknown][];
  /** Rows are immutable, so each result is computed once and shared by all components. */
  effect: (row: object) => object | null;
}

interface OverlayListener {
  /** A write began or ended. */
  onChange: () => void;
  /**
   * A write, now the only one shown, is about to succeed. Queries that would not receive its result otherwise keep it.
   */
  onSuccess: () => void;
  /** A subscription is live again: failed reads may succeed now. */
  onRecovery: () => void;
}

/**
 * The writes in flight, shown on top of the stored rows.
 *
 * They do not modify the stored rows: if a write fails, its overlay is removed, and changes by others that arrived in
 * the meantime remain.
 */
export class Overlays {
  /** How often the user changed. */
  generation = 0;
  private overlays: readonly Overlay[] = [];
  /** The last write to each row, while it is in flight. */
  private readonly lastWrites = new Map<string, Promise<unknown>>();
  private readonly listeners = new Set<OverlayListener>();

  constructor(client: DatabaseClient) {
    client.cache.onReset(() => {
      this.generation += 1;
      this.set([]);
    });
  }

  /**
   * Shows a write on top of the affected rows. Returns a function that removes it; its argument states whether the
   * write succeeded.
   */
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

  /**
   * Runs a write after the earlier writes to the same rows. If they were sent together, they might be applied in
   * another order.
   */
  async inTurn<T, Table extends TableName>(
    { table, rows }: Change<Table>,
    write: () => Promise<T>,
  ): Promise<T> {
    const name = JSON.stringify([table, rows]);
    const { generation } = this;
    const writeNow = () => {
      if (generation === this.generation) return write();
      throw new DatabaseError('ABORTED', 'The user changed before the write was sent');
    };
    const own = this.lastWrites.get(name)?.then(writeNow, writeNow) ?? write();
    this.lastWrites.set(name, own);
    try {
      return await own;
    } finally {
      if (this.lastWrites.get(name) === own) this.lastWrites.delete(name);
    }
  }

  /** Reports that a subscription is live again. */
  recovered(): void {
    this.listeners.forEach((listener) => listener.onRecovery());
  }

  observe(listener: OverlayListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** A row with the effect of all writes in flight; null if it is being deleted. Without a write, the row itself. */
  row<Row extends object>(table: TableName, row: Row): Row | null {
    return this.overlays.reduce<Row | null>((shown, overlay) => {
      if (shown === null || overlay.table !== table) return shown;
      const values = shown as Record<string, unknown>;
      const isMeant = overlay.rows.every(([column, value]) => values[column] === value);
      return isMeant ? (overlay.effect(shown) as Row | null) : shown;
    }, row);
  }

  /**
   * A list with the effect of all writes in flight, without rows that are being deleted. Without a write, the list
   * itself.
   */
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

/** The values that a patch sets. If the patch is missing, the write rejects it. */
export function valuesOf(patch: object | null | undefined): [string, unknown][] {
  return Object.entries(patch ?? {}).filter(([, value]) => value !== undefined);
}

/** Sets values on a row. Returns the row itself if it already has them. */
export function patching<Row extends object>(patch: object): Effect<Row> {
  const values = valuesOf(patch);
  return (row) => {
    const known = row as Record<string, unknown>;
    const isThere = values.every(([name, value]) => Object.is(known[name], value));
    return isThere ? row : { ...row, ...Object.fromEntries(values) };
  };
}

/** Uses the local clock until the database's time is known. */
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

/** Shows a row. */
export function shownRow<Row extends object>(table: TableName) {
  return (row: Row | null, overlays: Overlays): Row | null => row && overlays.row(table, row);
}

/** Shows the members of a workflow. */
export function shownMembers(members: WorkflowMember[], overlays: Overlays): WorkflowMember[] {
  return overlays.rows('workflow_members', members);
}

/** Shows a page. */
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

/** The writes in flight of a client's hooks. */
export function overlaysOf(client: DatabaseClient): Overlays {
  const known = ofClients.get(client) ?? new Overlays(client);
  ofClients.set(client, known);
  return known;
}
