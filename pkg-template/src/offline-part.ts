import type { DatabaseClient } from './client.js';
import type { ClientEvent } from './options.js';

// The seam between a client and `workflow-db/offline`. Only types: a client without `offline` pays nothing for it.

/** A write as the engine validated it, to be kept and sent later. Everything in it can be stored as JSON. */
export interface Plan {
  readonly action: 'insert' | 'update' | 'delete' | 'upsert' | 'ensure' | 'save';
  readonly table: string;
  /** Names the row together with `table`; equal for all writes to that row. */
  readonly key: string;
  readonly rowId: string | null;
  /** The rows that this row belongs to, each as `table key`. */
  readonly refs: readonly string[];
  /** JSON of the new row, the changed columns or the graph; empty for a delete. Keeps numbers as they are spelt. */
  readonly body: string;
  /** What else the engine needs to send it. */
  readonly rest: string;
  readonly ifUpdatedAt: string | null;
}

/** The result of `offline()`: what `configure` connects to a client. */
export interface OfflinePart {
  attach(host: OfflineHost): Attached;
}

/** What a client calls. */
export interface Attached {
  /**
   * Whether writes can be made durable here. Resolves when that is known: hooks send their writes directly where it is
   * false.
   */
  isUsable(): Promise<boolean>;
  /**
   * The JSON of a persisted entry of the current user. Waits until the user is known and the pending writes are shown.
   * Never rejects.
   */
  restore(key: string): Promise<string | undefined>;
  /**
   * The entry under `key` was stored, patched or dropped. Called often, so it only notes the key. Not called for an entry
   * that was just restored.
   */
  entryChanged(key: string): void;
  /**
   * A token named a user, or the provider said that there is none (undefined), for the first time or differently than
   * before. Nothing of the previous user may be used any more.
   */
  userChanged(userId: string | undefined): void;
  /** A change that this tab made or received: `row` null = deleted, undefined = unknown, drop what it may concern. */
  rowChanged(table: string, id: string | undefined, row: unknown): void;
  /** Makes the write durable, and resolves then. Rejects with a DatabaseError if that is impossible. */
  queue(plan: Plan): Promise<void>;
  /** Wraps the token provider: null while the browser is offline is an error, because the user is still signed in. */
  provider(ask: (rejected?: string) => unknown): (rejected?: string) => Promise<unknown>;
  /** Ends everything. What is on disk stays there. */
  detach(): void;
}

/** What the offline part calls of its client. */
export interface OfflineHost {
  readonly client: DatabaseClient;
  /** The address of the project. */
  readonly url: string;
  /** The user that a token named, or that was assumed. */
  userId(): string | undefined;
  /**
   * Asks the token provider who is signed in, unless that is known, and resolves after `Attached.userChanged` was called
   * if it has changed. Rejects if the provider cannot answer.
   */
  identify(): Promise<unknown>;
  /** Takes the last known user as signed in until a token says otherwise. Does nothing if one has already. */
  assumeUser(userId: string): void;
  /**
   * The JSON of the entry as the server sent it, without overlays; undefined if there is none, or if it must not be
   * persisted.
   */
  stored(key: string): string | undefined;
  /** Replaces the writes that are shown on top of all entries. `at`: when they were made, in milliseconds since 1970. */
  setOverlays(overlays: readonly { plan: Plan; at: number }[]): void;
  /**
   * Sends a write of the current user. `isResent`: it may have been made already. Rejects with a DatabaseError; ABORTED
   * if the user changes meanwhile.
   */
  send(plan: Plan, isResent: boolean): Promise<unknown>;
  /** Another tab's change, see `Attached.rowChanged`. */
  applyChange(table: string, id: string | undefined, row: unknown): void;
  /** The server can be reached again: reads that failed or were answered from disk are made again. */
  recovered(): void;
  event(event: ClientEvent): void;
}
