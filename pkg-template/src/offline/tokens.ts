import { DatabaseError } from '../errors.js';
import { isOnline } from './network.js';
import { within } from './within.js';

/** How long a provider may take while the browser is offline, where it may be trying to renew a token. */
const OFFLINE_TOKEN_MS = 500;

export type TokenProvider = ((rejected?: string) => unknown) | undefined;

/** Asks a token provider. Null only if it is certain that no user is signed in; NETWORK if that is unknown. */
export async function tokenOf(ask: TokenProvider, rejected: string | undefined): Promise<unknown> {
  try {
    const asked = Promise.resolve(ask?.(rejected));
    const late = () => new Error('The token provider does not answer');
    const token = await (isOnline() ? asked : within(asked, OFFLINE_TOKEN_MS, late));
    if ((token ?? null) !== null || isOnline()) return token;
  } catch (error) {
    throw new DatabaseError('NETWORK', 'The token provider cannot answer', error);
  }
  throw new DatabaseError('NETWORK', 'The browser is offline: whether the user signed out is not known');
}

/** The user whom a token names. */
export function userOf(token: unknown): string | undefined {
  try {
    const [, claims = ''] = (token as string).split('.');
    const { sub } = JSON.parse(atob(claims.replace(/-/g, '+').replace(/_/g, '/'))) as { sub?: unknown };
    return typeof sub === 'string' ? sub : undefined;
  } catch {
    return undefined;
  }
}
