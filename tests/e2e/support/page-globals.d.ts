/** The globals that `page.js` defines in the page, for the functions that tests run there. */
import type * as package_ from '../../../pkg/index.js';
import type * as offline_ from '../../../pkg/offline/index.js';

interface Described {
  name: string;
  message: string;
  isOurs: boolean;
  code: string;
  status: number | undefined;
  details: string | undefined;
  hint: string | undefined;
  attempts: number;
  retryable: boolean;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- anything may be thrown
  cause: any;
}

interface OutboxView {
  pending: number;
  failed: number;
  blocked: number;
  isOnline: boolean;
  isFlushing: boolean;
  error: string | undefined;
  list: string[];
}

declare global {
  const wdb: typeof package_;
  const db: package_.Db;
  const cache: package_.CacheManager;
  /** The configured token provider returns `env.token`, which a test may change. */
  const env: { url: string; key: string; token: string | null; userId: string };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the result of any call
  function outcome(promise: unknown): Promise<{ value?: any; error?: any }>;
  function failure(promise: unknown): Promise<Described>;
  function thrown(act: () => unknown): Described;
  function gatedFetch(isHeld: (url: string, init: RequestInit) => boolean): {
    held: { url: string; release(): void }[];
    arrived(count: number): Promise<void>;
    release(): void;
    fetch(url: string, init: RequestInit): Promise<Response>;
  };
  function until(condition: () => unknown): Promise<void>;
  /** Set by `offline-page.js`. */
  const offlineEntry: typeof offline_;
  function start(options?: object, more?: object): void;
  function outboxView(): OutboxView;
  function sent(): Promise<void>;
  const events: string[];
  const outbox: offline_.Outbox;
  /** Set by `rooms.test.mjs`: the room that the page joined, and the events received in it. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each test chooses its own state
  const room: package_.Room<any>;
  const seen: { statuses: string[]; told: number; messages: unknown[] };
  /** Set by `live.mjs`: the reports to the page's subscriptions, by the names that the test chose. */
  const following: Record<
    string,
    {
      // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as handlers get them
      told: any[];
      statuses: string[];
      gaps: number;
      handle: package_.SubscriptionHandle;
    }
  >;
  /** Set by tests of races: holds back responses. */
  const gate: ReturnType<typeof gatedFetch>;
}
