import type { DatabaseError } from './errors.js';
import type { RetryConfig } from './generated/rows.js';
import { DEFAULT_RETRY } from './generated/timing.js';
import type { ChangeType, SubscriptionStatus } from './realtime-types.js';
import type { SocketConstructor } from './socket-driver.js';

/** How much the cache keeps, for how long. */
export interface CacheConfig {
  /** Milliseconds for which an entry answers reads; 300 000 unless given. */
  defaultTTL?: number;
  /** Entries; one more, and the least recently used leaves. 1 000 unless given. */
  maxSize?: number;
  /** Milliseconds after which an entry is still answered at once, and refreshed in the background. Off unless given. */
  staleMs?: number;
}

/** How realtime behaves. */
export interface RealtimeConfig {
  /**
   * `unfiltered` asks for everybody's deletes of a table, which carry keys alone: for databases whose tables lack
   * `replica identity full` (the package's migrations set it), where deletes pass no filter. `filtered` unless given.
   */
  deletes?: 'filtered' | 'unfiltered';
  /**
   * Milliseconds after which what is followed is read again and compared, without any sign that something was missed.
   * A server may lose changes without a sign. A little earlier by chance, so that clients do not read together; not while
   * the page is hidden. 900 000 (15 minutes) unless given.
   */
  resyncMs?: number;
}

/** The part of a supabase-js client that is used: its address, its key, and its session. */
export interface SupabaseLike {
  readonly auth: {
    getSession(): Promise<SessionAnswer>;
    refreshSession?(): Promise<SessionAnswer>;
    onAuthStateChange(callback: (event: string, session: { access_token: string } | null) => void): {
      data: { subscription: { unsubscribe(): void } };
    };
  };
}

/** What supabase-js answers when it is asked for its session. */
export interface SessionAnswer {
  data: { session: { access_token: string } | null };
  error?: unknown;
}

/** Where the project is: its address and key, or a supabase-js client that knows them. */
export type ClientOptions = ClientSettings &
  (
    | {
        /** The project's address, such as `https://xyz.supabase.co`. */
        url: string;
        /** The project's publishable (or anonymous) key. Never a secret key: it is sent from the browser. */
        key: string;
        /** The signed-in user's token, or null for nobody. Asked before every request. */
        accessToken?: () => string | null | undefined | Promise<string | null | undefined>;
        supabase?: undefined;
      }
    | {
        /** A supabase-js client, whose session is followed through sign-in, refresh and sign-out. */
        supabase: SupabaseLike;
        url?: undefined;
        key?: undefined;
        accessToken?: undefined;
      }
  );

/** What may be set besides the server. */
export interface ClientSettings {
  cache?: CacheConfig;
  retry?: Partial<RetryConfig>;
  /** Milliseconds for one attempt, the token provider's time included; 15 000 unless given. */
  timeoutMs?: number;
  /** The database schema; `public` unless given. */
  schema?: string;
  /** Used instead of the global `fetch`. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Used instead of the global `WebSocket`. */
  WebSocket?: SocketConstructor;
  realtime?: RealtimeConfig;
  /** Told of every hit, attempt and change of an entry. Never holds a row's value or a secret. */
  onEvent?: (event: ClientEvent) => void;
  /** Freezes every row, so that code that changes one fails where it does. */
  debug?: boolean;
}

/** What happened in a client, for logs and tools. */
export type ClientEvent =
  /** A read was answered from the cache. */
  | { type: 'hit'; key: string }
  /** A read was not in the cache and asks the server. */
  | { type: 'miss'; key: string }
  /** A read joined another one under way. */
  | { type: 'joined'; key: string }
  /** An entry was stored or patched. */
  | { type: 'stored'; key: string }
  /** An entry left. */
  | { type: 'dropped'; key: string }
  /** An attempt of a request began. */
  | {
      type: 'sent';
      /** By this number all attempts of one request are known. */
      request: number;
      method: string;
      /** The table, or the function of the database. */
      table: string;
      attempt: number;
      /** How many reads its answer is for. */
      reads: number;
    }
  /** It was answered, or not. */
  | {
      type: 'attempt';
      request: number;
      method: string;
      table: string;
      attempt: number;
      /** HTTP status, when there was an answer. */
      status: number | undefined;
      /** The error's code, when it failed. */
      code: string | undefined;
      durationMs: number;
    }
  /** What is followed of a table stands otherwise than before. */
  | {
      type: 'subscription';
      table: string;
      status: SubscriptionStatus;
      /** The error's code, when there is one. */
      code: string | undefined;
    }
  /** A change was told to those who follow the table's rows. */
  | { type: 'change'; table: string; change: ChangeType; origin: 'live' | 'resync' }
  /** Changes of the table may have been missed, and were not looked for. */
  | { type: 'gap'; table: string }
  /** The engine failed and was started again: calls under way ended with `error`, and the cache is empty. */
  | { type: 'engineRestarted'; error: DatabaseError }
  /** Another user, or nobody, is signed in now; nothing of the one before is left. */
  | { type: 'userChanged' };

/** What a single call of `db` may ask for, see `db.with`. */
export interface CallOptions {
  /** Ends the call with ABORTED. */
  signal?: AbortSignal;
  /** Asks the server even if the cache could answer; what others show stays until the answer is there. */
  fresh?: boolean;
  /** How long the answer is kept, in milliseconds. */
  ttlMs?: number;
  /** Milliseconds for one attempt. */
  timeoutMs?: number;
}

/** How often a call is retried, and how patiently, unless configured. */
export const DEFAULT_RETRY_CONFIG: Readonly<RetryConfig> = Object.freeze(DEFAULT_RETRY);
