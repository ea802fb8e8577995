// @ts-check
import { matches } from './faults.mjs';
import { readClaims } from './jwt.mjs';

/**
 * @typedef {object} LogEntry
 * @property {string} method
 * @property {string} path with the query, without an API key
 * @property {number | null} status null while there is no response, or if none was sent
 * @property {number} at milliseconds since 1970
 * @property {string | null} sub the user in the token, unverified; the token itself is never stored
 * @property {string | null} prefer the Prefer header
 * @property {string} host the Host header: different names for the stack distinguish clients
 * @property {string | null} fault the action of the applied rule
 */

/** Every request since the start or the last `clear`, in order of arrival, including preflights. */
export class RequestLog {
  /** @type {LogEntry[]} */
  #entries = [];

  /**
   * @param {import('./faults.mjs').Seen} request
   * @param {{ headersSent: boolean, statusCode: number }} response has the status as soon as the client may have received it
   * @returns {LogEntry}
   */
  begin({ method, path, headers }, response) {
    const token = String(headers.authorization ?? '').replace(/^Bearer /, '');
    const sub = readClaims(token)?.sub;
    /** @type {LogEntry} */
    const entry = {
      method,
      path: path.replace(/([?&]apikey=)[^&]*/, '$1…'),
      get status() {
        return response.headersSent ? response.statusCode : null;
      },
      at: Date.now(),
      sub: typeof sub === 'string' ? sub : null,
      prefer: typeof headers.prefer === 'string' ? headers.prefer : null,
      host: String(headers.host ?? ''),
      fault: null,
    };
    this.#entries.push(entry);
    return entry;
  }

  all() {
    return this.#entries.map((entry) => ({ ...entry }));
  }

  clear() {
    this.#entries = [];
  }

  /**
   * The number of matching requests. Preflights count only if the requested method is OPTIONS.
   *
   * @param {{ method?: string, path?: string | RegExp }} [match]
   */
  count(match = {}) {
    return this.#entries.filter(
      (entry) => (match.method || entry.method !== 'OPTIONS') && matches(match, { ...entry, headers: {} }),
    ).length;
  }
}
