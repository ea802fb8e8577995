import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from 'idb';
import { DatabaseError } from '../errors.js';
import type { OutboxRecord, ShelfEntry } from './engine.js';
import { within } from './within.js';

/** The layout of the database. A tab with a newer version makes this one step aside. */
const VERSION = 1;
/** Some browsers never answer when they are asked to open a database. */
const OPEN_MS = 3000;

export interface Schema extends DBSchema {
  /** Persisted entries, by scope and cache key. */
  rows: { key: [scope: string, key: string]; value: StoredEntry };
  /** What is known of each without reading it. */
  shelf: { key: [scope: string, key: string]; value: Omit<ShelfEntry, 'key'> };
  outbox: {
    key: string;
    value: OutboxRecord;
    indexes: { order: [scope: string, seq: number] };
  };
  /** Single values by name. */
  meta: { key: string; value: unknown };
}

export interface StoredEntry {
  readonly json: string;
  readonly storedAt: number;
  /** The call that read it, as JSON. Says what the entry contains. */
  readonly reading?: string | undefined;
}

export type Store = StoreNames<Schema>;
export type Transaction<Mode extends IDBTransactionMode> = IDBPTransaction<Schema, Store[], Mode>;
export type AnyTransaction = Transaction<'readonly'> | Transaction<'readwrite'>;

interface StorageListener {
  /** `error` has changed. */
  changed(): void;
  /**
   * The database is being deleted by a tab, or the browser closed it, for example because the user cleared the site's data.
   * The next transaction opens it again, or makes a new one.
   */
  erased(): void;
  /** A newer version of the app has taken over the database. */
  replaced(): void;
}

/** Whether this runtime has a database at all: servers have none. */
export function hasStorage(): boolean {
  return typeof indexedDB !== 'undefined';
}

/** The IndexedDB database of one name: its connection, and why there is none. */
export class Storage {
  /** Why there is no connection. */
  private connectionError: DatabaseError | undefined;
  /** Why the last write failed although there is one: there is no space left. */
  private spaceError: DatabaseError | undefined;
  private opening: Promise<Database> | undefined;
  /** The open connection. */
  private database: Database | undefined;
  /** Whether another version of the app owns the database. */
  private isReplaced = false;

  constructor(
    readonly name: string,
    private readonly listener: StorageListener,
  ) {}

  read<Result>(
    stores: Store[],
    run: (transaction: Transaction<'readonly'>) => Promise<Result>,
  ): Promise<Result> {
    return this.transact(stores, 'readonly', run);
  }

  /** Resolves when the changes are on disk. Nothing has changed if it rejects. */
  write<Result>(
    stores: Store[],
    run: (transaction: Transaction<'readwrite'>) => Promise<Result>,
  ): Promise<Result> {
    return this.transact(stores, 'readwrite', run);
  }

  /**
   * Closes the connection after its last transaction, because it would keep the page out of the back/forward cache. The
   * next transaction opens another one.
   */
  close(): void {
    this.database?.close();
    this.disconnected();
  }

  /** Why nothing can be stored, or undefined. */
  get error(): DatabaseError | undefined {
    return this.connectionError ?? this.spaceError;
  }

  /** A write failed. Returns why, and remembers it if there is no space. */
  failed(cause: unknown): DatabaseError {
    if (cause instanceof DatabaseError) return cause;
    const error = unavailable(reasonOf(cause), cause);
    if (isQuotaExceeded(cause)) this.tell(this.connectionError, error);
    return error;
  }

  /** There is space again. */
  succeeded(): void {
    this.tell(this.connectionError, undefined);
  }

  private async transact<Mode extends 'readonly' | 'readwrite', Result>(
    stores: Store[],
    mode: Mode,
    run: (transaction: Transaction<Mode>) => Promise<Result>,
  ): Promise<Result> {
    const transaction = await this.begin(stores, mode);
    // Handled below; a rejection without a handler would be reported.
    transaction.done.catch(() => {});
    try {
      const result = await run(transaction);
      await transaction.done;
      return result;
    } catch (error) {
      abort(transaction);
      // A failed commit says more than the request that it ended.
      throw transaction.error ?? error;
    }
  }

  /** Without waiting if there is a connection: a page that is being left has no time. */
  private async begin<Mode extends 'readonly' | 'readwrite'>(
    stores: Store[],
    mode: Mode,
  ): Promise<Transaction<Mode>> {
    const begun = (database: Database) => database.transaction(stores, mode, { durability: 'strict' });
    if (this.database !== undefined) {
      try {
        return begun(this.database);
      } catch {
        // The browser closed the connection without saying so.
        this.close();
      }
    }
    return begun(await this.open());
  }

  private async open(): Promise<Database> {
    if (this.isReplaced) throw this.connectionError;
    try {
      const opening = (this.opening ??= this.connect());
      const database = await within(opening, OPEN_MS, () => unavailable('IndexedDB does not answer'));
      this.tell(undefined, this.spaceError);
      return database;
    } catch (cause) {
      const error = cause instanceof DatabaseError ? cause : unavailable(reasonOf(cause), cause);
      this.tell(error, this.spaceError);
      throw error;
    }
  }

  private async connect(): Promise<Database> {
    if (!hasStorage()) throw unavailable('This runtime has no IndexedDB');
    try {
      const database = await this.connection().catch((error: unknown) => {
        // While it clears the site's data, the browser also ends what is being opened.
        if (nameOf(error) === 'AbortError') return this.connection();
        throw error;
      });
      // It was closed before it was open.
      if (this.opening === undefined) database.close();
      return (this.database = database);
    } catch (error) {
      this.opening = undefined;
      this.isReplaced = nameOf(error) === 'VersionError';
      throw error;
    }
  }

  private connection(): Promise<Database> {
    return openDB<Schema>(this.name, VERSION, {
      upgrade: createStores,
      blocking: (_current, next) => this.replaced(next),
      terminated: () => this.terminated(),
    });
  }

  /** Another tab wants to upgrade the database to version `next`, or to delete it. */
  private replaced(next: number | null): void {
    this.close();
    if (next === null) return this.listener.erased();
    this.isReplaced = true;
    this.listener.replaced();
    this.tell(unavailable(REPLACED), this.spaceError);
  }

  /** The browser closed the connection. What is on disk may be gone. */
  private terminated(): void {
    this.disconnected();
    this.listener.erased();
  }

  private disconnected(): void {
    this.opening = this.database = undefined;
  }

  private tell(connectionError: DatabaseError | undefined, spaceError: DatabaseError | undefined): void {
    const before = this.error?.message;
    this.connectionError = connectionError;
    this.spaceError = spaceError;
    if (this.error?.message !== before) this.listener.changed();
  }
}

type Database = IDBPDatabase<Schema>;

const REPLACED = 'Another tab has loaded a newer version of the app. Reload this page';

function createStores(database: IDBPDatabase<Schema>): void {
  database.createObjectStore('rows');
  database.createObjectStore('shelf');
  database.createObjectStore('outbox', { keyPath: 'id' }).createIndex('order', ['scope', 'seq']);
  database.createObjectStore('meta');
}

function abort(transaction: Transaction<'readonly' | 'readwrite'>): void {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
}

/** The name of the version of a scope's outbox. Whatever changes the outbox replaces or deletes that, too. */
export function versionKey(scope: string): string {
  return `outbox ${scope}`;
}

/** The writes of a scope in the index `order`. */
export function orderOf(scope: string): IDBKeyRange {
  return IDBKeyRange.bound([scope, -Infinity], [scope, Infinity]);
}

export function unavailable(reason: string, cause?: unknown): DatabaseError {
  const message = `Nothing can be stored in this browser. ${reason}`;
  return new DatabaseError('STORAGE_UNAVAILABLE', message, cause);
}

export function isQuotaExceeded(error: unknown): boolean {
  return nameOf(error) === 'QuotaExceededError';
}

function nameOf(error: unknown): unknown {
  return (error as Partial<Error> | null | undefined)?.name;
}

function reasonOf(cause: unknown): string {
  if (isQuotaExceeded(cause)) return 'The storage of this site is full';
  return nameOf(cause) === 'VersionError' ? REPLACED : 'IndexedDB is blocked or broken';
}
