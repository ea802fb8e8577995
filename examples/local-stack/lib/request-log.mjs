// @ts-check
import { matches } from './faults.mjs';
import { readClaims } from './jwt.mjs';

/**
 * @typedef {object} LogEntry
 * @property {string} method
 * @property {string} path with the query; an API key in it is left out
 * @property {number | null} status null while there is no answer, or when the client was sent none
 * @property {number} at milliseconds since 1970
 * @property {string | null} sub the user the token names, unverified; the token itself is never kept
 * @property {string | null} prefer the Prefer header
 * @property {string} host the Host header: a client may be told apart by the name it uses for the stack
 * @property {string | null} fault the action of the rule it met
 */

/** Every request since the start or the last `clear`, in the order they came in. Preflights are among them. */
export class RequestLog {
  /** @type {LogEntry[]} */
  #entries = [];

  /**
   * @param {import('./faults.mjs').Seen} request
   * @param {{ headersSent: boolean, statusCode: number }} response tells the status, as soon as the client may have it
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
   * How many requests match. Preflights count only when the method asked for is OPTIONS.
   *
   * @param {{ method?: string, path?: string | RegExp }} [match]
   */
  count(match = {}) {
    return this.#entries.filter(
      (entry) => (match.method || entry.method !== 'OPTIONS') && matches(match, { ...entry, headers: {} }),
    ).length;
  }
}
