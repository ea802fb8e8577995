/** A service that the relay may call. */
export interface Service {
  /** Where paths begin, without a slash at the end: https, and never a host that users can choose. */
  readonly base: string;
  /** The header that takes the user's key. */
  readonly keyHeader: string;
  /** What stands before the key in that header. */
  readonly keyPrefix: string;
  /** Request headers that are passed on besides those of `headers.ts`. */
  readonly headers: readonly string[];
}

/** Most services take the key as a bearer token. */
function bearer(base: string, headers: readonly string[] = []): Service {
  return { base, keyHeader: 'authorization', keyPrefix: 'Bearer ', headers };
}

/**
 * The services that may be called, by the `service_name` of a user's key. Add yours here.
 *
 * A key whose row has a `gateway_endpoint` is sent there instead, if the endpoint's host belongs to a service of this table.
 */
export const SERVICES: Readonly<Record<string, Service>> = {
  anthropic: {
    base: 'https://api.anthropic.com',
    keyHeader: 'x-api-key',
    keyPrefix: '',
    headers: ['anthropic-version', 'anthropic-beta'],
  },
  elevenlabs: { base: 'https://api.elevenlabs.io', keyHeader: 'xi-api-key', keyPrefix: '', headers: [] },
  kling: bearer('https://api-singapore.klingai.com'),
  openai: bearer('https://api.openai.com', ['openai-organization', 'openai-project', 'openai-beta']),
  replicate: bearer('https://api.replicate.com', ['prefer', 'cancel-after']),
  runway: bearer('https://api.dev.runwayml.com', ['x-runway-version']),
  together: bearer('https://api.together.xyz'),
};
