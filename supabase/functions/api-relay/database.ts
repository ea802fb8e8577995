import type { Config } from './config.ts';
import { RelayError } from './errors.ts';

/** The database's response when it admits a call. */
export interface Admission {
  readonly call_id: string;
  readonly secret: string;
  readonly gateway_endpoint: string | null;
}

interface Refusal {
  readonly limit: 'concurrent' | 'per_minute';
  readonly retry_after: number;
}

/** The result of a call, for the audit log. */
export interface CallResult {
  readonly p_status: number | null;
  readonly p_outcome: string;
  readonly p_duration_ms: number;
  readonly p_request_bytes: number;
  readonly p_response_bytes: number;
}

const MIGRATION = 'supabase/optional/20260301000100_api_relay.sql';
/** The timeout of a database request. */
const DATABASE_MS = 10_000;
/** How long after its deadline a call still counts as running if the relay never reports its end. */
const LEASE_MARGIN_SECONDS = 10;

/** The project's auth service and database, on behalf of one client. */
export class Database {
  readonly #config: Config;
  readonly #client: Headers;

  /** `client` contains the headers of the request. The audit log keeps the address and the user agent. */
  constructor(config: Config, client: Headers) {
    this.#config = config;
    this.#client = client;
  }

  /**
   * Returns the user of a token. The auth service verifies the signature, whichever keys the project uses, and that the
   * session and the user still exist.
   */
  async userOf(token: string, signal: AbortSignal): Promise<string> {
    const { supabaseUrl, anonKey } = this.#config;
    const headers = { apikey: anonKey, authorization: `Bearer ${token}` };
    const answer = await ask(`${supabaseUrl}/auth/v1/user`, { headers, signal });
    if ([400, 401, 403].includes(answer.status)) throw notSignedIn();
    const user = await read<{ id?: unknown }>(answer);
    if (!answer.ok || typeof user?.id !== 'string') throw unavailable();
    return user.id;
  }

  /**
   * Admits a call within the user's limits and gets the key. Continues if the client disconnects, because the call
   * would count anyway.
   */
  async begin(user: string, service: string, method: string, path: string): Promise<Admission> {
    const { limits } = this.#config;
    const answer = await this.#call('begin_api_relay_call', {
      p_user_id: user,
      p_service: service,
      p_method: method,
      p_path: path,
      p_max_concurrent: limits.concurrent,
      p_max_per_minute: limits.perMinute,
      p_lease_seconds: Math.ceil(limits.deadlineMs / 1000) + LEASE_MARGIN_SECONDS,
    });
    if (!answer.ok) throw refused(await read<{ code?: unknown }>(answer));
    const admission = await read<Admission | Refusal>(answer);
    if (!admission) throw unavailable();
    if ('limit' in admission) throw limited(admission);
    return admission;
  }

  /** Ends a call; retries once. Until it succeeds, the call counts as running, up to the end of its lease. */
  async finish(callId: string, result: CallResult): Promise<void> {
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const args = { p_call_id: callId, ...result };
      const answer = await this.#call('finish_api_relay_call', args).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.ok) return;
    }
    console.error('api-relay: the end of a call could not be recorded');
  }

  #call(name: string, args: object): Promise<Response> {
    const { supabaseUrl, serviceKey } = this.#config;
    const headers = new Headers({
      apikey: serviceKey,
      authorization: `Bearer ${serviceKey}`,
      'content-type': 'application/json',
    });
    for (const name of ['x-forwarded-for', 'user-agent']) {
      const value = this.#client.get(name);
      if (value !== null) headers.set(name, value);
    }
    const url = `${supabaseUrl}/rest/v1/rpc/${name}`;
    return ask(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(args),
      signal: AbortSignal.timeout(DATABASE_MS),
    });
  }
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error' });
  } catch {
    throw unavailable();
  }
}

async function read<Value>(answer: Response): Promise<Value | undefined> {
  try {
    return await answer.json();
  } catch {
    return undefined;
  }
}

export function notSignedIn(): RelayError {
  return new RelayError(401, 'UNAUTHORIZED', 'The token is missing, expired or not accepted');
}

/** Nothing has been sent to the service yet. */
function unavailable(): RelayError {
  return new RelayError(503, 'RELAY_UNAVAILABLE', 'The relay could not reach its database');
}

function limited({ limit, retry_after: retryAfter }: Refusal): RelayError {
  const what = limit === 'concurrent' ? 'concurrent calls' : 'calls within a minute';
  return new RelayError(429, 'RATE_LIMITED', `This user has too many ${what}`, { retryAfter });
}

function refused(said: { code?: unknown } | undefined): RelayError {
  switch (said?.code) {
    case 'PT404':
      return new RelayError(404, 'NOT_FOUND', 'There is no active API key for this service');
    case 'PT501':
      return new RelayError(501, 'PT501', 'The API key was encrypted with a key that no longer exists');
    // A function is missing: one of the relay's own, or one from the encrypted-keys migration.
    case 'PGRST202':
    case '42883':
      return new RelayError(501, 'MIGRATION_REQUIRED', 'The database lacks what the API relay needs', {
        hint: `Run ${MIGRATION}, which the package carries`,
      });
    default:
      return unavailable();
  }
}
