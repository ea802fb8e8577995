// @ts-check
import { SubscriptionError, checkBinding } from './bindings.mjs';
import { inspect } from './inspect.mjs';
import { TokenError, expiryText, isToken, readToken } from './token.mjs';

/** @typedef {import('./bindings.mjs').Binding} Binding */
/** @typedef {import('./changes.mjs').Subscriber} Subscriber */
/** @typedef {import('./token.mjs').Claims} Claims */

/** The longest that a timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * One joined topic of a socket.
 *
 * What concerns its subscription is done one after the other, as by the server's process for it; only the wait for a
 * cold server holds nothing else up.
 */
export class Channel {
  /** What it is sent, once it is subscribed. @type {Subscriber | null} */
  subscriber = null;
  #jobs = Promise.resolve();
  #isOpen = true;
  /** @type {NodeJS.Timeout | undefined} */
  #retry;
  /** @type {NodeJS.Timeout | undefined} */
  #expiry;
  /** @type {NodeJS.Timeout | undefined} */
  #newClaims;

  /**
   * @param {object} parts
   * @param {import('./realtime.mjs').Server} parts.server
   * @param {import('./socket.mjs').Socket} parts.socket
   * @param {string} parts.topic
   * @param {unknown} parts.joinRef
   * @param {Binding[]} parts.bindings
   * @param {boolean} parts.isLegacy the topic itself names the table
   * @param {Claims} parts.claims
   * @param {unknown} parts.token the claims were read from, if from one of its own
   */
  constructor({ server, socket, topic, joinRef, bindings, isLegacy, claims, token }) {
    this.server = server;
    this.socket = socket;
    this.topic = topic;
    this.joinRef = joinRef;
    this.bindings = bindings;
    this.isLegacy = isLegacy;
    this.claims = claims;
    this.token = token;
  }

  open() {
    this.#watchExpiry(this.claims);
    if (this.bindings.length > 0) this.#enqueue(() => this.#subscribe());
  }

  /** @param {import('./changes.mjs').Delivery} delivery */
  deliver({ type, ids, data }) {
    if (!this.#isOpen) return;
    if (this.isLegacy) this.#send(type, data, null);
    else this.#send('postgres_changes', `{"ids":${JSON.stringify(ids)},"data":${data}}`, null);
  }

  /** @param {unknown} token */
  refresh(token) {
    if (!isToken(token) || token === this.token) return;
    try {
      const claims = readToken(/** @type {string} */ (token));
      this.token = token;
      this.#watchExpiry(claims);
      clearTimeout(this.#newClaims);
      this.#newClaims = setTimeout(() => {
        this.claims = claims;
        this.#enqueue(() => this.#subscribe());
      }, this.server.settings.realtimeTokenMs);
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      this.#fail(`Received an invalid access token from client: ${error.inspected}`);
    }
  }

  /** @param {unknown} ref */
  leave(ref) {
    this.#enqueue(async () => {
      this.socket.reply({ joinRef: this.joinRef, ref, topic: this.topic }, 'ok', {});
      this.close();
    });
  }

  /** Ends it, and says so. */
  close() {
    if (!this.#isOpen) return;
    this.discard();
    this.#send('phx_close', '{}', this.joinRef);
  }

  /** Ends it without a word. */
  discard() {
    this.#isOpen = false;
    this.subscriber = null;
    for (const timer of [this.#retry, this.#expiry, this.#newClaims]) clearTimeout(timer);
    if (this.socket.channels.get(this.topic) === this) this.socket.channels.delete(this.topic);
  }

  /** @param {() => Promise<void>} job */
  #enqueue(job) {
    this.#jobs = this.#jobs.then(() => (this.#isOpen ? job() : undefined));
  }

  async #subscribe() {
    const wait = this.server.coldFor();
    if (wait > 0) return this.#subscribeIn(wait);
    const { claims } = this;
    try {
      await this.server.follow();
      const scopes = [];
      // All or nothing: one bad binding leaves the channel without any.
      for (const { id, params } of this.bindings) {
        scopes.push({ id, scope: await checkBinding(this.server.sql, params, claims.role) });
      }
      if (!this.#isOpen) return;
      this.subscriber = { claims, scopes };
      this.#system('postgres_changes', 'ok', 'Subscribed to PostgreSQL');
    } catch (error) {
      if (!this.#isOpen) return;
      const text = /** @type {Error} */ (error).message;
      if (!(error instanceof SubscriptionError))
        return this.#subscribeIn(this.server.settings.realtimeErrorMs);
      this.#system('postgres_changes', 'error', `{:error, ${inspect(text)}}`);
      this.#subscribeIn(this.server.settings.realtimeErrorMs);
    }
  }

  /** @param {number} ms */
  #subscribeIn(ms) {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#enqueue(() => this.#subscribe()), ms);
  }

  /** @param {Claims} claims */
  #watchExpiry({ exp }) {
    clearTimeout(this.#expiry);
    const wait = exp * 1000 - Date.now();
    if (wait > MAX_TIMER_MS) return;
    this.#expiry = setTimeout(() => this.#fail(`Access token has expired: ${expiryText(exp)}`), wait);
  }

  /** @param {string} message */
  #fail(message) {
    this.#system('system', 'error', message);
    this.close();
  }

  /** @param {string} extension @param {'ok' | 'error'} status @param {string} message */
  #system(extension, status, message) {
    const channel = this.topic.slice('realtime:'.length);
    this.#send('system', JSON.stringify({ channel, extension, message, status }), null);
  }

  /** @param {string} event @param {string} payload JSON @param {unknown} ref */
  #send(event, payload, ref) {
    // The server's fast path for changes knows no join_ref.
    const joinRef = event === 'postgres_changes' ? null : this.joinRef;
    this.socket.send({ joinRef, ref, topic: this.topic, event }, payload);
  }
}
