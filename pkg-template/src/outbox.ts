import type { DatabaseClient } from './client.js';
import { invalid, type DatabaseError } from './errors.js';
import { guarded } from './guarded.js';

/** A write that is not on the server yet. It never contains values of the row. */
export interface OutboxEntry {
  readonly id: string;
  readonly table: string;
  readonly action: 'insert' | 'update' | 'delete' | 'upsert' | 'ensure' | 'save';
  /** The id of the row, if it has one. */
  readonly rowId: string | null;
  /** When it was made, in milliseconds since 1970. */
  readonly createdAt: number;
  /**
   * `pending` is queued, `sending` is being sent, `failed` was refused by the server, and `blocked` depends on a failed
   * one.
   */
  readonly state: 'pending' | 'sending' | 'failed' | 'blocked';
  /** How often it was sent. */
  readonly attempts: number;
  /** Why the server refused it. */
  readonly error?: DatabaseError;
}

/** The state of the unsent writes of the signed-in user. */
export interface SyncState {
  /** The number of writes that are queued or being sent. */
  readonly pending: number;
  /** The number of writes that the server refused. */
  readonly failed: number;
  /** The number of writes that depend on a failed one. */
  readonly blocked: number;
  /** Whether the browser reports a network connection. */
  readonly isOnline: boolean;
  /** Whether a write is being sent, in this tab or in another one. */
  readonly isFlushing: boolean;
  /** Why nothing can be persisted here, if nothing can. */
  readonly error: DatabaseError | undefined;
}

/** The operations on the unsent writes. */
export interface OutboxActions {
  /** The unsent writes in the order in which they are sent. */
  list(): readonly OutboxEntry[];
  /** Sends now instead of waiting. Resolves when every pending write was tried, or the server cannot be reached. */
  flush(): Promise<void>;
  /** Sends a failed write again, together with the writes that depend on it. */
  retry(id: string): Promise<void>;
  /** Removes a write permanently, together with the writes that cannot succeed without it. */
  discard(id: string): Promise<void>;
}

/** The unsent writes of one client. */
export interface Outbox extends SyncState, OutboxActions {
  /** Calls `listener` after each change. Returns a function that stops it. */
  subscribe(listener: () => void): () => void;
}

/** The functions of an attached offline part. */
export interface OutboxSource extends Omit<OutboxActions, 'list'> {
  /** A new object after each change. */
  state(): SyncState & { readonly entries: readonly OutboxEntry[] };
}

const EMPTY: ReturnType<OutboxSource['state']> = {
  pending: 0,
  failed: 0,
  blocked: 0,
  isOnline: true,
  isFlushing: false,
  error: undefined,
  entries: [],
};

/** The outbox of a client, with or without an offline part attached to it. */
class ClientOutbox implements Outbox {
  private source: OutboxSource | undefined;
  private readonly listeners = new Set<() => void>();

  get pending(): number {
    return this.state().pending;
  }
  get failed(): number {
    return this.state().failed;
  }
  get blocked(): number {
    return this.state().blocked;
  }
  get isOnline(): boolean {
    return this.state().isOnline;
  }
  get isFlushing(): boolean {
    return this.state().isFlushing;
  }
  get error(): DatabaseError | undefined {
    return this.state().error;
  }

  readonly list = (): readonly OutboxEntry[] => this.state().entries;
  readonly flush = async (): Promise<void> => this.source?.flush();
  readonly retry = async (id: string): Promise<void> => this.source?.retry(id);
  readonly discard = async (id: string): Promise<void> => this.source?.discard(id);

  readonly subscribe = (listener: () => void): (() => void) => {
    if (typeof listener !== 'function') throw invalid('listener', 'a function');
    // A separate function, so that a listener registered twice is called twice.
    const own = () => listener();
    this.listeners.add(own);
    return () => this.listeners.delete(own);
  };

  /** The same object until something changes. */
  readonly state = (): ReturnType<OutboxSource['state']> => this.source?.state() ?? EMPTY;

  /** On a server, and in the browser's first render. */
  readonly serverState = (): ReturnType<OutboxSource['state']> => EMPTY;

  /** Connects the outbox to this source. */
  connect(source: OutboxSource): void {
    this.source = source;
    this.changed();
  }

  /** Disconnects the source, unless another one was connected in the meantime. */
  disconnect(source: OutboxSource): void {
    if (this.source !== source) return;
    this.source = undefined;
    this.changed();
  }

  changed(): void {
    [...this.listeners].forEach(guarded);
  }
}

export type { ClientOutbox };

const outboxes = new WeakMap<DatabaseClient, ClientOutbox>();

/** The outbox of a client. Always the same object. */
export function outboxOf(client: DatabaseClient): ClientOutbox {
  const known = outboxes.get(client);
  if (known !== undefined) return known;
  const made = new ClientOutbox();
  outboxes.set(client, made);
  return made;
}
