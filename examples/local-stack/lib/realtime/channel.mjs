// @ts-check
import { randomUUID } from 'node:crypto';
import { SubscriptionError, checkBinding } from './bindings.mjs';
import { inspect } from './inspect.mjs';
import { EVERYTHING } from './policies.mjs';
import { TokenError, expiryText, isToken, readToken } from './token.mjs';
import { broadcastJson } from './wire.mjs';

/** @typedef {import('./bindings.mjs').Binding} Binding */
/** @typedef {import('./changes.mjs').Subscriber} Subscriber */
/** @typedef {import('./token.mjs').Claims} Claims */

/** The maximum delay of a timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The period over which presence calls are counted. */
const PRESENCE_WINDOW_MS = 30_000;

/**
 * One joined topic of a socket.
 *
 * Operations on its subscription run one after the other, as in the server's process for it. Only the wait for a
 * cold server does not block others.
 */
export class Channel {
  /** The changes to send, once it is subscribed. @type {Subscriber | null} */
  subscriber = null;
  #jobs = Promise.resolve();
  #isOpen = true;
  /** @type {NodeJS.Timeout | undefined} */
  #retry;
  /** @type {NodeJS.Timeout | undefined} */
  #expiry;
  /** @type {NodeJS.Timeout | undefined} */
  #newClaims;
  #presenceCalls = { count: 0, until: 0 };
  /** Its permissions. @type {import('./policies.mjs').Policies} */
  policies = EVERYTHING;

  /**
   * @param {object} parts
   * @param {import('./realtime.mjs').Server} parts.server
   * @param {import('./socket.mjs').Socket} parts.socket
   * @param {string} parts.topic
   * @param {unknown} parts.joinRef
   * @param {Binding[]} parts.bindings
   * @param {boolean} parts.isLegacy whether the topic itself contains the table
   * @param {Claims} parts.claims
   * @param {unknown} parts.token the token with these claims, if the channel has its own
   * @param {any} parts.config of the join
   */
  constructor({ server, socket, topic, joinRef, bindings, isLegacy, claims, token, config }) {
    this.server = server;
    this.socket = socket;
    this.topic = topic;
    this.joinRef = joinRef;
    this.bindings = bindings;
    this.isLegacy = isLegacy;
    this.claims = claims;
    this.token = token;
    this.isPrivate = config?.private === true;
    this.hearsItself = config?.broadcast?.self === true;
    this.acknowledges = config?.broadcast?.ack === true;
    this.presenceKey = String(config?.presence?.key || randomUUID());
    /** The channels with which it shares broadcasts and presence. */
    this.group = `${this.isPrivate ? 'private' : 'public'} ${topic}`;
  }

  /** The topic as it appears in the database and in messages. */
  get name() {
    return this.topic.slice('realtime:'.length);
  }

  /** Reads the permissions of the token. @returns {Promise<boolean>} whether it may listen to anything */
  async authorize() {
    if (this.isPrivate) this.policies = await this.server.policies(this.name, this.claims);
    return this.policies.broadcast.read || this.policies.presence.read;
  }

  open() {
    this.#watchExpiry(this.claims);
    if (!this.isLegacy) this.server.topics.join(this);
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
        this.#enqueue(() => this.#adopt());
      }, this.server.settings.realtimeTokenMs);
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      this.#fail(`Received an invalid access token from client: ${error.inspected}`);
    }
  }

  /** Applies the new claims. Closes the channel if they no longer allow it. */
  async #adopt() {
    const before = this.policies;
    await this.authorize();
    const isLost = (/** @type {'broadcast' | 'presence'} */ of) => before[of].read && !this.policies[of].read;
    if (isLost('broadcast') || isLost('presence')) {
      this.#fail(`You no longer have permission to read from this Channel topic: ${this.name}`);
    } else if (this.bindings.length > 0) await this.#subscribe();
  }

  /** @param {unknown} ref @param {any} payload */
  presence(ref, payload) {
    if (!this.#mayCallPresence()) return this.#fail('Client presence rate limit exceeded');
    const event = String(payload?.event).toLowerCase();
    const isAllowed = event === 'untrack' || (event === 'track' && this.policies.presence.write);
    this.socket.reply({ joinRef: this.joinRef, ref, topic: this.topic }, isAllowed ? 'ok' : 'error', {});
    if (!isAllowed) return undefined;
    if (event === 'track') this.server.topics.track(this, payload.payload ?? {});
    else this.server.topics.untrack(this);
    return undefined;
  }

  #mayCallPresence() {
    const now = Date.now();
    if (now > this.#presenceCalls.until) this.#presenceCalls = { count: 0, until: now + PRESENCE_WINDOW_MS };
    this.#presenceCalls.count += 1;
    return this.#presenceCalls.count <= this.server.settings.realtimeMaxPresenceCalls;
  }

  /** @param {unknown} ref @param {any} payload @param {boolean} isBinary */
  broadcast(ref, payload, isBinary) {
    // Unauthorized broadcasts are dropped silently.
    if (!this.policies.broadcast.write) return;
    if (this.acknowledges) this.socket.reply({ joinRef: this.joinRef, ref, topic: this.topic }, 'ok', {});
    this.server.topics.broadcast(this, isBinary ? payload : JSON.stringify(sorted(payload)));
  }

  /** Sends a message that concerns only this channel. @param {string} event @param {string} payload JSON */
  tell(event, payload) {
    this.#send(event, payload, null);
  }

  /** Forwards a message to everyone in the topic, without a join reference. @param {string} event @param {string} payload JSON */
  pass(event, payload) {
    this.socket.send({ joinRef: null, ref: null, topic: this.topic, event }, payload);
  }

  /** @param {import('./wire.mjs').UserBroadcast} message */
  passBinary(message) {
    if (this.socket.version === '2.0.0') return this.socket.sendBinary(this.topic, message);
    const payload = broadcastJson(message);
    return payload === null ? undefined : this.pass('broadcast', payload);
  }

  /** @param {unknown} ref */
  leave(ref) {
    this.#enqueue(async () => {
      this.socket.reply({ joinRef: this.joinRef, ref, topic: this.topic }, 'ok', {});
      this.close();
    });
  }

  /** Closes the channel and notifies the client. */
  close() {
    if (!this.#isOpen) return;
    this.discard();
    this.#send('phx_close', '{}', this.joinRef);
  }

  /** Closes the channel silently. */
  discard() {
    this.#isOpen = false;
    this.subscriber = null;
    this.server.topics.leave(this);
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
      // All or nothing: one invalid binding leaves the channel without any.
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
    this.#send('system', JSON.stringify({ channel: this.name, extension, message, status }), null);
  }

  /** @param {string} event @param {string} payload JSON @param {unknown} ref */
  #send(event, payload, ref) {
    // Changes take a fast path in the server, without join_ref.
    const joinRef = event === 'postgres_changes' ? null : this.joinRef;
    this.socket.send({ joinRef, ref, topic: this.topic, event }, payload);
  }
}

/** Sorts keys, as the server does when it serializes a map. @param {any} payload */
function sorted(payload) {
  const isMap = payload !== null && typeof payload === 'object' && !Array.isArray(payload);
  return isMap
    ? Object.fromEntries(Object.entries(payload).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : payload;
}
