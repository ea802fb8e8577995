import type { DatabaseError } from './errors.js';
import type { RetryConfig } from './generated/rows.js';
import { DEFAULT_RETRY } from './generated/timing.js';
import type { OfflinePart } from './offline-part.js';
import type { ChangeType, SubscriptionStatus } from './realtime-types.js';
import type { SocketConstructor } from './socket-driver.js';

/** The cache's limits. */
export interface CacheConfig {
  /** The lifetime of an entry, in milliseconds; 300 000 by default. */
  defaultTTL?: number;
  /** Maximum number of entries; 1 000 by default. Beyond it, the least recently used entry is evicted. */
  maxSize?: number;
  /** Age in milliseconds after which an entry is still served but refreshed in the background. Off by default. */
  staleMs?: number;
}

/** Realtime options. */
export interface RealtimeConfig {
  /**
   * Which delete events to subscribe to; `filtered` by default. `unfiltered` receives the deletes of all users' rows,
   * which contain only keys. It is for databases whose tables lack `replica identity full` (the package's migrations
   * set it), where filtered subscriptions receive no deletes.
   */
  deletes?: 'filtered' | 'unfiltered';
  /**
   * How often subscribed rows are read again and compared without a sign of a gap, in milliseconds; 900 000 (15
   * minutes) by default. A server may lose changes silently. The interval is shortened randomly, so that clients do not
   * read at the same time, and pauses while the page is hidden.
   */
  resyncMs?: number;
}

/** The parts of a supabase-js client that are used: URL, key and session. */
export interface SupabaseLike {
  readonly auth: {
    getSession(): Promise<SessionAnswer>;
    refreshSession?(): Promise<SessionAnswer>;
    onAuthStateChange(callback: (event: string, session: { access_token: string } | null) => void): {
      data: { subscription: { unsubscribe(): void } };
    };
  };
}

/** The result of supabase-js's `getSession`. */
export interface SessionAnswer {
  data: { session: { access_token: string } | null };
  error?: unknown;
}

/** The project, as its URL and key or as a supabase-js client. */
export type ClientOptions = ClientSettings &
  (
    | {
        /** The project's URL, such as `https://xyz.supabase.co`. */
        url: string;
        /** The project's publishable (or anon) key. Never pass a secret key: it is sent from the browser. */
        key: string;
        /** Returns the signed-in user's token, or null if no user is signed in. Called before every request. */
        accessToken?: () => string | null | undefined | Promise<string | null | undefined>;
        supabase?: undefined;
      }
    | {
        /** A supabase-js client. Its session is followed through sign-in, refresh and sign-out. */
        supabase: SupabaseLike;
        url?: undefined;
        key?: undefined;
        accessToken?: undefined;
      }
  );

/** Options besides the server. */
export interface ClientSettings {
  cache?: CacheConfig;
  retry?: Partial<RetryConfig>;
  /** Timeout of one attempt in milliseconds, including the token provider's time; 15 000 by default. */
  timeoutMs?: number;
  /** The database schema; `public` by default. */
  schema?: string;
  /** Replaces the global `fetch`. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Replaces the global `WebSocket`. */
  WebSocket?: SocketConstructor;
  realtime?: RealtimeConfig;
  /** Called with every hit, attempt and change of an entry. Events never contain a row's value or a secret. */
  onEvent?: (event: ClientEvent) => void;
  /** Keeps rows and writes beyond the page: `offline()` of `workflow-db/offline`. */
  offline?: OfflinePart;
  /** Freezes every row, so that code that modifies one throws. */
  debug?: boolean;
}

/** An event of a client, for logs and devtools. */
export type ClientEvent =
  /** A read was answered from the cache. */
  | { type: 'hit'; key: string }
  /** A read was not in the cache and asks the server. */
  | { type: 'miss'; key: string }
  /** A read joined another one in flight. */
  | { type: 'joined'; key: string }
  /** An entry was stored or patched. */
  | { type: 'stored'; key: string }
  /** An entry was removed. */
  | { type: 'dropped'; key: string }
  /** An attempt of a request began. */
  | {
      type: 'sent';
      /** The request's number, shared by all of its attempts. */
      request: number;
      method: string;
      /** The table or database function. */
      table: string;
      attempt: number;
      /** The number of reads that the response is for. */
      reads: number;
    }
  /** An attempt ended. */
  | {
      type: 'attempt';
      request: number;
      method: string;
      table: string;
      attempt: number;
      /** HTTP status, if there was a response. */
      status: number | undefined;
      /** The error's code, if it failed. */
      code: string | undefined;
      durationMs: number;
    }
  /** The status of a subscription to a table changed. */
  | {
      type: 'subscription';
      table: string;
      status: SubscriptionStatus;
      /** The error's code, if there is one. */
      code: string | undefined;
    }
  /** The status of a workflow's room changed. */
  | { type: 'room'; workflowId: string; status: SubscriptionStatus; code: string | undefined }
  /** A change was delivered to the handlers of the table's subscriptions. */
  | { type: 'change'; table: string; change: ChangeType; origin: 'live' | 'resync' }
  /** Changes of the table may have been missed and were not determined. */
  | { type: 'gap'; table: string }
  /** The engine failed and was restarted: calls in flight rejected with `error`, and the cache is empty. */
  | { type: 'engineRestarted'; error: DatabaseError }
  /** The user changed or signed out; no rows of the previous user are left. */
  | { type: 'userChanged' }
  /** Nothing can be persisted from now on, because of `error`. The client works as without `offline`. */
  | { type: 'offline'; error: DatabaseError };

/** Options of a single call, see `db.with`. */
export interface CallOptions {
  /** Aborts the call, which rejects with ABORTED. */
  signal?: AbortSignal;
  /** Bypasses the cache. Observers keep their data until the response arrives. */
  fresh?: boolean;
  /**
   * Resolves a write as soon as it is stored on this device, with the expected row, and sends it later. Needs
   * `configure({ offline })`. Writes that contain a secret, or that need a result from the server, are sent now.
   */
  queue?: boolean;
  /** How long the result is cached, in milliseconds. */
  ttlMs?: number;
  /** Timeout of one attempt, in milliseconds. */
  timeoutMs?: number;
}

/**
 * The default retry policy.
 *
 * @example configure({ url, key, retry: { maxAttempts: DEFAULT_RETRY_CONFIG.maxAttempts + 2 } });
 */
export const DEFAULT_RETRY_CONFIG: Readonly<RetryConfig> = Object.freeze(DEFAULT_RETRY);
