import { invalid } from './errors.js';

/**
 * The project's URL without a trailing slash. Also accepts the URL of its REST interface, which ends with `/rest/v1`.
 *
 * @throws DatabaseError INVALID_INPUT if requests cannot be sent to the URL. The message does not quote it.
 */
export function projectAddress(given: unknown): string {
  const { protocol, username, password, search, hash, origin, pathname } = parsed(given);
  if (protocol !== 'https:' && protocol !== 'http:') {
    throw invalid('url', 'an address that begins with https:// or http://');
  }
  if (username || password) throw invalid('url', 'an address without a user name and a password');
  if (search || hash) throw invalid('url', 'an address without a query string and a fragment');
  const path = withoutSlashes(pathname).replace(/\/rest\/v1$/, '');
  return origin + withoutSlashes(path);
}

function parsed(given: unknown): URL {
  try {
    if (typeof given === 'string') return new URL(given);
  } catch {
    // Rejected below, like a value that is not a string.
  }
  throw invalid('url', "the project's address, such as https://xyz.supabase.co");
}

function withoutSlashes(path: string): string {
  return path.replace(/\/+$/, '');
}
