import type { CacheMirror } from './cache-mirror.js';
import type { Calls } from './calls.js';
import type { DatabaseClient } from './client.js';
import type { Client } from './generated/bindings.js';

// The seam between a client and `workflow-db/offline`. Only types: a client without `offline` pays nothing for it.

/** The result of `offline()`: what `configure` connects to a client. */
export interface OfflinePart {
  attach(parts: ClientParts): Attached;
}

/** The parts of a client that the offline part works with. */
export interface ClientParts {
  readonly client: DatabaseClient;
  /** The address of the project. */
  readonly url: string;
  readonly engine: () => Client;
  readonly mirror: CacheMirror;
  readonly calls: Calls;
}

/** What a client calls. */
export interface Attached {
  /**
   * Whether writes can be made durable here. Resolves when that is known: hooks send their writes directly where it is
   * false.
   */
  isUsable(): Promise<boolean>;
  /** The entry that an earlier visit of the current user stored under `key`, or undefined. */
  restore(key: string): Promise<unknown>;
  /** The entry under `key` was stored, patched or dropped. Called often, so it only notes the key. */
  entryChanged(key: string): void;
  /** Another user is signed in, or no user is. Nothing of the previous user may be used any more. */
  userChanged(): void;
  /** A change that this page made or received: `row` is null if it is gone, and undefined if it is unknown. */
  rowChanged(table: string, id: string | undefined, row: unknown): void;
  /**
   * Makes the write durable, and resolves then with the row as it will look. `plan` is what the engine's `plan` returned.
   * Rejects with a DatabaseError if that is impossible.
   */
  queue(plan: unknown): Promise<unknown>;
  /** Asks the token provider. While the browser is offline, null is an error: the user is still signed in. */
  token(ask: (rejected?: string) => unknown, rejected?: string): Promise<unknown>;
  /** The engine started, or started again after a failure, and shows no waiting writes yet. */
  engineStarted(): void;
  /** Ends everything. What is on disk stays there. */
  detach(): void;
}
