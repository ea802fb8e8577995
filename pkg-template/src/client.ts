import { createCache, type CacheManager } from './cache.js';
import { Calls } from './calls.js';
import { createDb, type Db } from './db.js';
import { invalid, type DatabaseError } from './errors.js';
import { CacheMirror } from './cache-mirror.js';
import type { Client } from './generated/bindings.js';
import { guarded } from './guarded.js';
import { cutWhenCollected, Ties, weakCall, weakly, weakRef, type Weak } from './lifetime.js';
import type { CacheConfig, ClientOptions, SupabaseLike } from './options.js';
import { Subscriptions } from './realtime.js';
import type { OfflinePart } from './offline-part.js';
import type { RealtimeManager } from './realtime-types.js';
import { Rooms } from './rooms.js';
import { followSession, sourceOf } from './supabase.js';
import { enterEngine, leaveEngine, restartIfFailed, type Resident } from './wasm.js';
import { SocketDriver, type SocketConstructor } from './socket-driver.js';

/**
 * One client, with its own server, cache and user.
 *
 * Close it when it is no longer needed. An unreferenced client is garbage-collected with its rows, unless it has
 * subscriptions or calls in flight.
 */
export interface DatabaseClient {
  readonly db: Db;
  readonly cache: CacheManager;
  readonly realtime: RealtimeManager;
  /**
   * Tells the client that the signed-in user may have changed. With `supabase` this happens automatically, unless the
   * session changed where supabase-js cannot see it: in cookies set by a server.
   */
  authChanged(): void;
  /** Ends all calls with ABORTED and forgets everything. */
  close(): void;
}

/** What tools may access of a client beyond its public interface. */
export type Inspector = Pick<CacheMirror, 'follow' | 'inspect' | 'isRestored' | 'offline'>;

const inspectors = new WeakMap<DatabaseClient, Inspector>();

/** For the package's own tools. */
export function inspectorOf(client: DatabaseClient): Inspector | undefined {
  return inspectors.get(client);
}

const userIds = new WeakMap<DatabaseClient, () => string | undefined>();

/** The id of the signed-in user, if a token contained it, or of the last known one offline. For the package's own hooks. */
export function userIdOf(client: DatabaseClient): string | undefined {
  return userIds.get(client)?.();
}

const WeakMirror = weakly(CacheMirror);
const WeakDriver = weakly(SocketDriver);

/** A client that is configured after its creation, and can be configured again. */
export class ConfigurableClient implements DatabaseClient, Resident {
  readonly db: Db;
  readonly cache: CacheManager;
  readonly realtime: RealtimeManager;

  private readonly calls = new Calls();
  private readonly mirror = new CacheMirror(this.calls);
  private readonly rooms = new Rooms(
    () => this.client(),
    (event) => this.mirror.event(event),
    this.mirror.spellings,
  );
  private readonly subscriptions = new Subscriptions(
    () => this.client(),
    (event) => this.mirror.event(event),
    this.rooms.join,
  );
  private readonly driver = new SocketDriver(
    () => this.client(),
    this.subscriptions,
    this.rooms,
    this.mirror,
  );
  private readonly reference: Weak<ConfigurableClient> = weakRef(this);
  /** The client in the engine. */
  private made: Client | undefined;
  /** The options that the client in the engine was configured with. */
  private engineOptions: EngineOptions | undefined;
  /** Identifies the current server. */
  private target: string | undefined;
  private cacheConfig: CacheConfig | undefined;
  private unfollowEvents: () => void = () => {};
  private followed: SupabaseLike | undefined;
  private offlinePart: OfflinePart | undefined;
  private readonly ties = new Ties();
  /** The application's functions that the engine calls but does not keep alive. @internal */
  functions: { readonly fetch: unknown; readonly accessToken: Source['accessToken'] } | undefined;

  constructor() {
    this.db = createDb(() => this.client(), this.mirror, this.calls, this);
    this.cache = createCache(() => this.client(), this.mirror);
    this.realtime = this.subscriptions;
    this.mirror.onHeard = (isHeard) => this.made?.setHeard(isHeard);
    inspectors.set(this, this.mirror);
    userIds.set(this, () => this.made?.userId() ?? this.mirror.offline?.userId);
    this.mirror.onClockSetBack = () => this.made?.clocksChanged();
    cutWhenCollected(this, this.ties);
  }

  /** The client in the engine, created on first use. */
  private client(): Client {
    restartIfFailed();
    if (this.made === undefined) {
      this.made = new (enterEngine(this.reference))(new WeakMirror(this.mirror), new WeakDriver(this.driver));
      this.made.setHeard(this.mirror.isHeard);
      this.made.setHidden(isPageHidden());
      if (this.engineOptions !== undefined) this.made.configure(this.engineOptions);
      this.made.setShared(this.mirror.offline !== undefined);
      const { reference } = this;
      if (!this.ties.has('engine')) this.ties.set('engine', () => leaveEngine(reference));
      if (!this.ties.has('page')) this.ties.set('page', listenToPage(reference));
    }
    return this.made;
  }

  /** @internal See `Resident`. */
  restart(error: DatabaseError, pauseMs: number): void {
    this.made = undefined;
    this.calls.failAll(error);
    this.driver.reset();
    this.subscriptions.detachAll();
    this.rooms.detachAll();
    this.mirror.clear();
    this.mirror.event({ type: 'engineRestarted', error });
    if (this.subscriptions.isEmpty() && this.rooms.isEmpty()) return;
    setTimeout(() => {
      this.subscriptions.reattachAll();
      this.rooms.reattachAll();
    }, pauseMs);
  }

  /** The page became visible or hidden. @internal */
  visibilityChanged(): void {
    const isHidden = isPageHidden();
    this.made?.setHidden(isHidden);
    if (isHidden) return;
    this.made?.clocksChanged();
    this.made?.shown();
  }

  /** The page became focused or online again. @internal */
  attended(): void {
    this.made?.shown();
  }

  /**
   * The auth library reports that the token's user is signed in, or that no user is if there is no token. @internal
   */
  signedIn(token: unknown): void {
    this.client().signedIn(token);
  }

  configure(options: ClientOptions): void {
    if (Object(options) !== options) throw invalid('options', 'an object with url and key, or supabase');
    const offline = options.offline ?? undefined;
    const source = { ...sourceOf(options) };
    let { WebSocket } = options;
    if (offline !== undefined) {
      if (typeof offline.attach !== 'function') throw invalid('offline', 'a result of offline()');
      source.accessToken = offline.provider(this, source.accessToken);
      WebSocket = offline.sockets(WebSocket);
    }
    const cache = options.cache ?? this.cacheConfig;
    const functions = { fetch: options.fetch, accessToken: source.accessToken };
    const engineOptions = plainOptions(options, WebSocket, source, cache);
    this.configureEngine(engineOptions);
    this.engineOptions = engineOptions;
    this.functions = functions;
    this.mirror.isDebug = Boolean(options.debug);
    this.cacheConfig = cache;
    this.tell(options.onEvent);
    const { followed } = this;
    this.follow(options.supabase);
    // Reports of the previous auth client no longer count.
    if (followed !== undefined && followed !== options.supabase) this.authChanged();
    this.talkTo([source.url, source.key, options.schema ?? 'public'].join(' '), offline, source);
  }

  /**
   * Sets the socket constructor first, because the engine may connect immediately. Options that the engine rejects
   * change nothing.
   */
  private configureEngine(options: EngineOptions): void {
    const before = this.driver.constructorOfSockets;
    this.driver.constructorOfSockets = options.WebSocket;
    try {
      this.client().configure(options);
    } catch (error) {
      this.driver.constructorOfSockets = before;
      throw error;
    }
  }

  /** After a change of server, views drop their rows, and reads that were not possible before are made. */
  private talkTo(target: string | undefined, offline?: OfflinePart, source?: Source): void {
    const isSameTarget = target === this.target;
    if (!isSameTarget || offline !== this.offlinePart) this.keepIn(offline, source);
    if (isSameTarget) return;
    this.target = target;
    this.mirror.reset();
  }

  /** Starts or stops keeping entries and writes beyond the page. */
  private keepIn(offline: OfflinePart | undefined, source: Source | undefined): void {
    const { mirror } = this;
    mirror.offline?.detach();
    this.offlinePart = offline;
    // The current token provider: `configure` may replace it while the part stays attached.
    const accessToken = (rejected?: string) => this.functions?.accessToken?.(rejected);
    const engine = () => this.client();
    mirror.offline = offline?.attach({ client: this, engine, mirror, ...source, accessToken });
    this.made?.setShared(offline !== undefined);
  }

  /** Sets the cache's limits, unless they are set already. */
  configureCache(config: CacheConfig): void {
    if (this.cacheConfig !== undefined) return;
    const own = { ...config };
    this.client().cacheConfigure(own);
    this.cacheConfig = config;
  }

  // A property instead of a method, so that it can be destructured like `db` and `cache`.
  readonly authChanged = (): void => {
    this.client().authChanged();
  };

  readonly close = (): void => {
    this.follow(undefined);
    this.ties.cut();
    this.made?.close();
    this.made?.free();
    this.made = undefined;
    this.functions = undefined;
    this.engineOptions = undefined;
    this.tell(undefined);
    this.talkTo(undefined);
  };

  private tell(onEvent: ClientOptions['onEvent']): void {
    this.unfollowEvents();
    this.unfollowEvents = onEvent ? this.mirror.follow((event) => onEvent(event)) : () => {};
  }

  private follow(supabase: SupabaseLike | undefined): void {
    if (this.followed === supabase) return;
    this.followed = supabase;
    const { reference } = this;
    const tell = (token: unknown) => guarded(() => reference.deref()?.signedIn(token));
    this.ties.set('session', supabase && followSession(supabase, tell));
  }
}

/** Whether there is a page and it is hidden. */
function isPageHidden(): boolean {
  return typeof document !== 'undefined' && document.visibilityState === 'hidden';
}

/** Forwards the page's events to the client; on servers there is no page. Returns a function that stops it. */
function listenToPage(client: Weak<ConfigurableClient>): () => void {
  if (typeof document === 'undefined' || typeof window === 'undefined') return () => {};
  const onVisibility = () => client.deref()?.visibilityChanged();
  const onAttention = () => client.deref()?.attended();
  // `pageshow`: back from the back/forward cache, in which sockets do not survive.
  const occasions = ['online', 'focus', 'pageshow'];
  document.addEventListener('visibilitychange', onVisibility);
  occasions.forEach((occasion) => window.addEventListener(occasion, onAttention));
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    occasions.forEach((occasion) => window.removeEventListener(occasion, onAttention));
  };
}

type Source = ReturnType<typeof sourceOf>;

type EngineOptions = ReturnType<typeof plainOptions>;

/** The options for the engine as plain values, because reading them may run the application's code. */
function plainOptions(
  options: ClientOptions,
  WebSocket: SocketConstructor | undefined,
  source: Source,
  cache: CacheConfig | undefined,
) {
  const { fetch, onEvent, schema, timeoutMs, retry, realtime } = options;
  const groups = { cache: { ...cache }, retry: { ...retry }, realtime: { ...realtime } };
  const functions = { fetch: weakCall(fetch), accessToken: weakCall(source.accessToken) };
  return { ...source, ...functions, WebSocket, onEvent, schema, timeoutMs, ...groups };
}
