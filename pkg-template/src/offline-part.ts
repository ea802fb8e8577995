import type { CacheMirror } from './cache-mirror.js';
import type { DatabaseClient } from './client.js';
import type { Client } from './generated/bindings.js';
import type { SocketConstructor } from './socket-driver.js';

// The seam between a client and `workflow-db/offline`. Only types: a client without `offline` pays nothing for it.

/** Returns the user's token. The engine passes the token that the server rejected, if there is one. */
type TokenProvider = ((rejected?: string) => unknown) | undefined;

/** The result of `offline()`: what `configure` connects to a client. */
export interface OfflinePart {
  /**
   * Wraps the token provider of a client. While the browser is offline, null is an error: the user is still signed in.
   *
   * @throws DatabaseError INVALID_INPUT if another client uses this.
   */
  provider(client: DatabaseClient, ask: TokenProvider): TokenProvider;
  /** Wraps the constructor of sockets, so that all tabs share one. Undefined if there is none. */
  sockets(own: SocketConstructor | undefined): SocketConstructor | undefined;
  attach(parts: ClientParts): Attached;
}

/** The parts of a client that the offline part works with. */
export interface ClientParts {
  readonly client: DatabaseClient;
  /** The address of the project. */
  readonly url?: string;
  readonly engine: () => Client;
  readonly mirror: CacheMirror;
  /** The wrapped token provider. */
  readonly accessToken?: TokenProvider;
}

/** What a client calls. */
export interface Attached {
  /** The id of the user who counts as signed in: the last known one while the token provider cannot answer. */
  readonly userId: string | undefined;
  /**
   * Whether writes can be made durable here. Resolves when that is known: hooks send their writes directly where it is
   * false.
   */
  isUsable(): Promise<boolean>;
  /** The entry `base` under `key` with the effect of the waiting writes. Undefined: there is no such row. */
  shown(key: string, base: unknown): unknown;
  /** Makes the read `ask` of `db[name](...args)`, and answers from an earlier visit if the server cannot be reached. */
  read(
    name: string,
    args: readonly unknown[],
    ask: () => Promise<unknown>,
    isFresh: boolean,
  ): Promise<unknown>;
  /**
   * Makes the write `db[name](...args)` durable, and resolves then with the row as it will look. Rejects with a
   * DatabaseError if that is impossible, or if `signal` is aborted before. A write that cannot wait is sent by `send`.
   */
  queue(
    name: string,
    args: readonly unknown[],
    send: () => Promise<unknown>,
    signal: AbortSignal | undefined,
  ): Promise<unknown>;
  /** The entry under `key` was stored, patched or dropped. Called often, so it only notes the key. */
  entryChanged(key: string): void;
  /** Another user is signed in, or no user is. Nothing of the previous user may be used any more. */
  userChanged(): void;
  /**
   * A change that this page made or heard: `row` is null if it is gone, undefined if it is unknown, and false if it is
   * unknown because the server did not answer a write, or because changes were missed.
   */
  rowChanged(table: string, id: string | undefined, row: unknown): void;
  /** Ends everything. What is on disk stays there. */
  detach(): void;
}
