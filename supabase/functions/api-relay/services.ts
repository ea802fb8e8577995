/** A service that the relay may call. */
export interface Service {
  /** The start of every address, without a trailing slash. Use https, and never a host that users can choose. */
  readonly base: string;
  /** The header for the user's key. */
  readonly keyHeader: string;
  /** The prefix of the key in that header. */
  readonly keyPrefix: string;
  /** Request headers to forward in addition to those in `headers.ts`. */
  readonly headers: readonly string[];
}

/** Most services expect the key as a bearer token. */
function bearer(base: string, headers: readonly string[] = []): Service {
  return { base, keyHeader: 'authorization', keyPrefix: 'Bearer ', headers };
}

/**
 * The services that the relay may call, by the `service_name` of a user's key. Add yours here.
 *
 * If the key's row has a `gateway_endpoint`, calls go there instead, provided its host belongs to a service of this table.
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
