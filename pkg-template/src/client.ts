import { createCache, type CacheManager } from './cache.js';
import { createDb, type Db } from './db.js';
import { invalid } from './errors.js';
import { Front } from './front.js';
import type { Client } from './generated/bindings.js';
import type { CacheConfig, ClientOptions, SupabaseLike } from './options.js';
import { Subscriptions } from './realtime.js';
import type { RealtimeManager } from './realtime-types.js';
import { engine } from './wasm.js';
import { Wire } from './wire.js';

/** One client: its own server, cache and user. */
export interface DatabaseClient {
  readonly db: Db;
  readonly cache: CacheManager;
  readonly realtime: RealtimeManager;
  /** Tells that the signed-in user may have changed. With `supabase` it is called for you. */
  authChanged(): void;
  /** Ends every call under way with ABORTED, and forgets everything. */
  close(): void;
}

/** What tools see of a client that its own face does not show. */
export type Inspector = Pick<Front, 'follow' | 'inspect'>;

const inspectors = new WeakMap<DatabaseClient, Inspector>();

/** For the package's own tools. */
export function inspectorOf(client: DatabaseClient): Inspector | undefined {
  return inspectors.get(client);
}

/** A client that can be configured after it was made, and again. */
export class ConfigurableClient implements DatabaseClient {
  readonly db: Db;
  readonly cache: CacheManager;
  readonly realtime: RealtimeManager;

  private readonly front = new Front();
  private made: Client | undefined;
  /** The server that is talked to. */
  private target: string | undefined;
  private cacheConfig: CacheConfig | undefined;
  private unfollowEvents: () => void = () => {};
  private supabase: { client: SupabaseLike; unfollow: () => void } | undefined;
  private readonly wire: Wire;
  private hiddenSince: number | undefined;
  private readonly onVisibility = () => {
    if (document.visibilityState === 'hidden') {
      this.hiddenSince = Date.now();
      return;
    }
    this.made?.cacheSweep();
    this.made?.shown(Date.now() - (this.hiddenSince ?? Date.now()));
    this.hiddenSince = undefined;
  };
  private readonly onOnline = () => this.made?.shown(0);

  constructor() {
    this.db = createDb(() => this.client(), this.front);
    this.cache = createCache(() => this.client(), this.front);
    const subscriptions = new Subscriptions(
      () => this.client(),
      (event) => this.front.event(event),
    );
    this.realtime = subscriptions;
    this.wire = new Wire(() => this.client(), subscriptions);
    this.front.onHeard = (isHeard) => this.made?.setHeard(isHeard);
    inspectors.set(this, this.front);
    this.front.onUsed = (slots) => this.client().cacheTouch(slots);
  }

  /** The engine's side, made at first use. */
  private client(): Client {
    if (this.made === undefined) {
      this.made = new (engine())(this.front, this.wire);
      this.made.setHeard(this.front.isHeard);
      this.listen(true);
    }
    return this.made;
  }

  /** Hears of what the page goes through, or not any more. On servers there is no page. */
  private listen(isWanted: boolean): void {
    if (typeof document === 'undefined') return;
    const change = isWanted ? ('addEventListener' as const) : ('removeEventListener' as const);
    document[change]('visibilitychange', this.onVisibility);
    window[change]('online', this.onOnline);
    // Back from the cache of pages, where sockets do not live on.
    window[change]('pageshow', this.onOnline);
  }

  configure(options: ClientOptions): void {
    if (Object(options) !== options) throw invalid('options', 'an object with url and key, or supabase');
    const source = sourceOf(options);
    const cache = options.cache ?? this.cacheConfig;
    this.wire.constructorOfSockets = options.WebSocket;
    this.client().configure({ ...options, ...source, cache });
    this.cacheConfig = cache;
    this.tell(options.onEvent);
    this.follow(options.supabase);
    this.talkTo([source.url?.replace(/\/+$/, ''), source.key, options.schema ?? 'public'].join(' '));
  }

  /** Whatever is shown of another server goes, and what could not be asked before is asked now. */
  private talkTo(target: string | undefined): void {
    if (target === this.target) return;
    this.target = target;
    this.front.reset();
  }

  /** Sets the cache's limits, unless they are set already. */
  configureCache(config: CacheConfig): void {
    if (this.cacheConfig !== undefined) return;
    this.client().cacheConfigure(config);
    this.cacheConfig = config;
  }

  // Properties, so that they can be taken out of the client as `db` and `cache` can.
  readonly authChanged = (): void => {
    this.client().authChanged();
  };

  readonly close = (): void => {
    this.follow(undefined);
    this.listen(false);
    this.made?.close();
    this.made = undefined;
    this.tell(undefined);
    this.talkTo(undefined);
  };

  private tell(onEvent: ClientOptions['onEvent']): void {
    this.unfollowEvents();
    this.unfollowEvents = onEvent ? this.front.follow((event) => onEvent(event)) : () => {};
  }

  private follow(supabase: SupabaseLike | undefined): void {
    if (this.supabase?.client === supabase) return;
    this.supabase?.unfollow();
    this.supabase = undefined;
    if (supabase === undefined || hasOwnTokens(supabase)) return;
    const followed = supabase.auth.onAuthStateChange((_event, session) => {
      this.client().signedIn(session?.access_token);
    });
    this.supabase = { client: supabase, unfollow: () => followed.data.subscription.unsubscribe() };
  }
}

/** Members of a supabase-js client that its types keep to itself. */
interface SupabaseInternals {
  supabaseUrl?: string;
  supabaseKey?: string;
  /** Set where another service signs users in; `auth` must not be touched then. */
  accessToken?: () => Promise<string | null>;
}

function hasOwnTokens(supabase: SupabaseLike): boolean {
  return typeof (supabase as SupabaseInternals).accessToken === 'function';
}

/** Address, key and token provider, whichever way they were given. */
function sourceOf(options: ClientOptions) {
  const supabase = options.supabase;
  if (supabase === undefined) return { url: options.url, key: options.key, accessToken: options.accessToken };
  const internals = supabase as SupabaseInternals;
  if (typeof internals?.supabaseUrl !== 'string') throw invalid('supabase', 'a client of supabase-js');
  const ofSession = async () => (await supabase.auth.getSession()).data.session?.access_token ?? null;
  return {
    url: internals.supabaseUrl,
    key: internals.supabaseKey,
    accessToken: internals.accessToken ?? ofSession,
  };
}
