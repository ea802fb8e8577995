import { projectAddress } from './address.js';
import { invalid } from './errors.js';
import { RENEWAL_LEAD_MS } from './generated/timing.js';
import type { ClientOptions, SupabaseLike } from './options.js';

// The parts of supabase-js on which the package relies: where it stores the session, and when it answers.

type Session = { readonly access_token?: unknown; readonly expires_at?: unknown } | null;

/** The auth client of supabase-js, including members that are private in its types. */
type Auth = SupabaseLike['auth'] & {
  readonly storage?: { getItem(key: string): unknown };
  readonly storageKey?: unknown;
};

interface SupabaseInternals {
  readonly auth: Auth;
  readonly supabaseUrl?: string;
  readonly supabaseKey?: string;
  /** Set if another service signs users in; `auth` must not be accessed then. */
  readonly accessToken?: () => Promise<string | null>;
}

/** Returns the user's token. The engine passes the token that the server rejected, if there is one. */
type TokenProvider = (rejected?: string) => unknown;

/** The reports of an auth client so far. */
interface Telling {
  /**
   * Whether it reported `INITIAL_SESSION`. If it reports something before that, it is still starting: it answers only
   * after its callbacks have returned, and a callback may be waiting for one of our reads.
   */
  readonly isStarted: boolean;
  /** The last token that it reported. */
  readonly token: unknown;
  /** Whether it has reported since then that no user is signed in. */
  readonly isOver: boolean;
}

const tellings = new WeakMap<Auth, Telling>();

/** If a token is rejected this soon after its renewal, its age is not the reason. */
const RENEWAL_EFFECT_MS = 30_000;

/** The last renewal of each auth client's token. */
const renewals = new WeakMap<Auth, { readonly token: unknown; readonly wallMs: number }>();

/** The URL, key and token provider, from either form of options. */
export function sourceOf(options: ClientOptions) {
  const { supabase, url, key, accessToken } = options;
  if (supabase === undefined) {
    return { url: projectAddress(url), key, accessToken: withoutArguments(accessToken) };
  }
  const internals = internalsOf(supabase);
  const ofSession: TokenProvider = (rejected) =>
    rejected === undefined ? currentToken(internals.auth) : renewedToken(internals.auth, rejected);
  return {
    url: projectAddress(internals.supabaseUrl),
    key: internals.supabaseKey,
    accessToken: withoutArguments(internals.accessToken) ?? ofSession,
  };
}

/** The application's own functions receive no arguments. The engine rejects a value that is not a function. */
function withoutArguments<T>(provider: T): T | TokenProvider {
  return typeof provider === 'function' ? () => provider() as unknown : provider;
}

function internalsOf(supabase: SupabaseLike): SupabaseInternals & { supabaseUrl: string } {
  const internals = supabase as SupabaseInternals;
  // With another service's tokens, accessing `auth` throws.
  const isClient =
    typeof internals?.supabaseUrl === 'string' &&
    (internals.accessToken !== undefined || typeof internals.auth?.onAuthStateChange === 'function');
  if (!isClient) throw invalid('supabase', 'a client of supabase-js');
  return internals as SupabaseInternals & { supabaseUrl: string };
}

/**
 * Calls `tell` with the token of every session that supabase-js announces, and with null after a sign-out. Returns a
 * function that stops it.
 */
export function followSession(supabase: SupabaseLike, tell: (token: unknown) => void): () => void {
  const { auth, accessToken } = internalsOf(supabase);
  if (accessToken !== undefined) return () => {};
  const { data } = auth.onAuthStateChange((event, session) => {
    const before = tellings.get(auth);
    const isStarted = event === 'INITIAL_SESSION' || before?.isStarted === true;
    const token = tokenOf(session);
    tellings.set(auth, { isStarted, token: token ?? before?.token, isOver: token === null });
    if (event === 'TOKEN_REFRESHED') noteRenewal(auth, token);
    tell(token);
  });
  return () => data.subscription.unsubscribe();
}

/** A session without a valid token is an error; it must not be treated as an anonymous user. */
function tokenOf(session: Session | undefined): unknown {
  return session ? (session.access_token ?? false) : null;
}

/**
 * The token of the session that supabase-js has stored. A sign-out in another tab may be announced before the stored
 * session is gone.
 */
function keptToken(auth: Auth, session: Session | undefined): unknown {
  const token = tokenOf(session);
  const telling = tellings.get(auth);
  return telling?.isOver && telling.token === token ? null : token;
}

/**
 * Like `auth.getSession()`, but without waiting if the answer is available, because supabase-js waits for its own
 * callbacks.
 */
async function currentToken(auth: Auth): Promise<unknown> {
  const stored = await storedSession(auth);
  // Before supabase-js has reported anything, a session may still come from the page's URL.
  const isAnswer = stored ? isLongLived(stored) : stored === null && tellings.has(auth);
  if (isAnswer) return keptToken(auth, stored);
  const { data, error } = await auth.getSession();
  // A renewal failed temporarily: the user is still signed in, unless storage says otherwise.
  if (error && (await storedSession(auth)) !== null) throw error;
  return keptToken(auth, data.session);
}

/** A replacement for a token that the server considers expired, regardless of the local clock. */
async function renewedToken(auth: Auth, rejected: string): Promise<unknown> {
  // The renewal may be waiting for the callback that waits for this.
  if (tellings.get(auth)?.isStarted === false || isJustRenewed(auth, rejected)) return rejected;
  const { data } = await auth.getSession();
  const token = keptToken(auth, data.session);
  if (token !== rejected || auth.refreshSession === undefined) return token;
  const { data: fresh } = await auth.refreshSession();
  noteRenewal(auth, fresh.session?.access_token);
  return fresh.session ? tokenOf(fresh.session) : rejected;
}

function noteRenewal(auth: Auth, token: unknown): void {
  renewals.set(auth, { token, wallMs: Date.now() });
}

function isJustRenewed(auth: Auth, token: string): boolean {
  const renewal = renewals.get(auth);
  return renewal?.token === token && Math.abs(Date.now() - renewal.wallMs) < RENEWAL_EFFECT_MS;
}

/** The session stored by supabase-js: null if there is none, undefined if it cannot be read. */
async function storedSession({ storage, storageKey }: Auth): Promise<Session | undefined> {
  if (storage === undefined || typeof storageKey !== 'string') return undefined;
  try {
    return JSON.parse(((await storage.getItem(storageKey)) ?? null) as string) as Session;
  } catch {
    return undefined;
  }
}

function isLongLived(session: NonNullable<Session>): boolean {
  return Number(session.expires_at) * 1000 - Date.now() > RENEWAL_LEAD_MS;
}
