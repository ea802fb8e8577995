import { type Service, SERVICES } from './services.ts';

/** Limits per call and per user. */
export interface Limits {
  /** The maximum size of a request body and of a response, in bytes. */
  readonly bodyBytes: number;
  /**
   * The maximum duration of a call, from first to last byte. Hosted functions end after 150 seconds on the free plan.
   */
  readonly deadlineMs: number;
  /** The maximum number of concurrent calls per user. */
  readonly concurrent: number;
  /** The maximum number of calls per user that may start within a minute. */
  readonly perMinute: number;
}

export interface Config {
  /** The Supabase project with the users and keys. */
  readonly supabaseUrl: string;
  readonly anonKey: string;
  readonly serviceKey: string;
  readonly services: Readonly<Record<string, Service>>;
  readonly limits: Limits;
}

type Environment = (name: string) => string | undefined;

/** Reads the configuration. Supabase sets the first three variables for every edge function. */
export function readConfig(env: Environment): Config {
  const supabaseUrl = needed(env, 'SUPABASE_URL').replace(/\/+$/, '');
  return {
    supabaseUrl,
    anonKey: needed(env, 'SUPABASE_ANON_KEY'),
    serviceKey: needed(env, 'SUPABASE_SERVICE_ROLE_KEY'),
    services: { ...SERVICES, ...localServices(env, supabaseUrl) },
    limits: {
      bodyBytes: count(env, 'RELAY_MAX_BODY_BYTES', 10 * 1024 * 1024),
      deadlineMs: count(env, 'RELAY_DEADLINE_MS', 140_000),
      concurrent: count(env, 'RELAY_MAX_CONCURRENT', 5),
      perMinute: count(env, 'RELAY_MAX_PER_MINUTE', 60),
    },
  };
}

/** Whether a service runs on this machine for development. Only such a service may lack https. */
export function isLocalService({ base }: Service): boolean {
  return /^http:\/\/127\.0\.0\.1:\d+(\/|$)/.test(base);
}

/**
 * Additional services for development: addresses by name, as JSON. Deployed projects have https addresses, so the
 * variable is ignored there.
 */
function localServices(env: Environment, supabaseUrl: string): Record<string, Service> {
  const given = env('RELAY_LOCAL_SERVICES');
  if (given === undefined || new URL(supabaseUrl).protocol !== 'http:') return {};
  const addresses = JSON.parse(given) as Record<string, string>;
  const services = Object.entries(addresses).map(([name, base]): [string, Service] => [
    name,
    { base, keyHeader: 'authorization', keyPrefix: 'Bearer ', headers: [] },
  ]);
  return Object.fromEntries(services);
}

function needed(env: Environment, name: string): string {
  const value = env(name);
  if (!value) throw new Error(`The environment variable ${name} is not set`);
  return value;
}

function count(env: Environment, name: string, byDefault: number): number {
  const given = env(name);
  if (given === undefined) return byDefault;
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} must be a whole number above 0`);
  return value;
}
