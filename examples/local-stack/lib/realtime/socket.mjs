// @ts-check
import { setTimeout as sleep } from 'node:timers/promises';
import { bindingId } from './bindings.mjs';
import { Channel } from './channel.mjs';
import { TokenError, isToken, readToken } from './token.mjs';
import { decode, decodeBinary, encode, encodeBinary } from './wire.mjs';

/** @typedef {import('./token.mjs').Claims} Claims */
/** @typedef {import('./wire.mjs').Message} Message */

const PREFIX = 'realtime:';

/** The maximum time that a listening client needs to answer a ping. */
const ANSWER_MS = 2000;

/** A client's connection. */
export class Socket {
  /** By topic. @type {Map<string, Channel>} */
  channels = new Map();
  #isFrozen = false;
  #isGone = false;
  /** Set while a join waits for the database: later messages wait for it. @type {Promise<unknown> | undefined} */
  #busy;
  /** When the last frame is sent, if frames are delayed. */
  #lastDue = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #silence;

  /**
   * @param {object} parts
   * @param {import('./realtime.mjs').Server} parts.server
   * @param {import('ws').WebSocket} parts.ws
   * @param {import('node:stream').Duplex} parts.raw the underlying stream
   * @param {string | null} parts.version of the serialization
   * @param {Claims} parts.apiClaims the claims of the API key
   */
  constructor({ server, ws, raw, version, apiClaims }) {
    this.server = server;
    this.ws = ws;
    this.raw = raw;
    this.version = version;
    this.apiClaims = apiClaims;
    ws.on('message', (data, isBinary) => this.#receive(/** @type {Buffer} */ (data), isBinary));
    ws.on('ping', () => this.#heard());
    ws.on('error', () => {});
    ws.on('close', () => this.discard());
    this.#heard();
  }

  /** @param {Omit<Message, 'payload'>} head @param {string} payload JSON */
  send(head, payload) {
    this.#send(encode(this.version, head, payload));
  }

  /** @param {string} topic @param {import('./wire.mjs').UserBroadcast} message */
  sendBinary(topic, message) {
    this.#send(encodeBinary(topic, message));
  }

  /** @param {string | Buffer} text */
  #send(text) {
    const { realtimeDelayMs, realtimeDuplicates } = this.server.settings;
    const due = Math.max(Date.now() + realtimeDelayMs, this.#lastDue);
    // Once a frame is delayed, later frames wait for it.
    if (due > Date.now()) {
      this.#lastDue = due;
      setTimeout(() => this.#write(text, realtimeDuplicates), due - Date.now());
    } else this.#write(text, realtimeDuplicates);
  }

  /** Resolves once the client answered a ping sent after everything else, or fails to answer in time. */
  async flushed() {
    if (this.#isFrozen || this.ws.readyState !== this.ws.OPEN) return;
    const answered = new Promise((resolve) => this.ws.once('pong', resolve).once('close', resolve));
    this.ws.ping();
    await Promise.race([answered, sleep(ANSWER_MS, undefined, { ref: false })]);
  }

  /** @param {{ joinRef: unknown, ref: unknown, topic: string }} to @param {'ok' | 'error'} status @param {object} response */
  reply(to, status, response) {
    this.send({ ...to, event: 'phx_reply' }, JSON.stringify({ response, status }));
  }

  /** @param {number} code of the close frame; 1006 ends the connection without one */
  close(code) {
    this.discard();
    if (code === 1006 || this.#isFrozen) this.ws.terminate();
    else this.ws.close(code);
  }

  /** From now on, sends and receives nothing, but stays open. */
  freeze() {
    this.#isFrozen = true;
    clearTimeout(this.#silence);
    this.raw.pause();
  }

  discard() {
    this.#isGone = true;
    clearTimeout(this.#silence);
    for (const channel of this.channels.values()) channel.discard();
    this.server.forget(this);
  }

  /** @param {string | Buffer} text @param {boolean} twice */
  #write(text, twice) {
    if (this.#isFrozen || this.ws.readyState !== this.ws.OPEN) return;
    this.ws.send(text);
    if (twice) this.ws.send(text);
  }

  #heard() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.close(1000), this.server.settings.realtimeSilenceMs);
  }

  /** @param {Buffer} data @param {boolean} isBinary */
  #receive(data, isBinary) {
    if (this.#isFrozen) return;
    this.#heard();
    /** @type {Message} */
    let message;
    try {
      message = isBinary ? decodeBinary(this.version, data) : decode(this.version, data.toString());
    } catch {
      this.close(1011);
      return;
    }
    const handle = () => this.#handle(message, isBinary);
    const work = this.#busy ? this.#busy.then(handle) : handle();
    if (!(work instanceof Promise)) return;
    const busy = work.catch((error) => process.emitWarning(error));
    this.#busy = busy;
    busy.then(() => {
      if (this.#busy === busy) this.#busy = undefined;
    });
  }

  /** @param {Message} message @param {boolean} isBinary @returns {Promise<void> | void} */
  #handle(message, isBinary) {
    if (this.#isGone) return undefined;
    const { topic, event, ref, joinRef, payload } = message;
    const to = { joinRef, ref, topic };
    if (topic === 'phoenix' && event === 'heartbeat') return this.reply(to, 'ok', {});
    if (event === 'phx_join') return this.#join(message);

    const channel = this.channels.get(topic);
    if (!channel) {
      if (event === 'phx_leave') return this.reply(to, 'ok', {});
      return this.reply(to, 'error', { reason: 'unmatched topic' });
    }
    if (event === 'phx_leave' && (joinRef ?? null) === channel.joinRef) return channel.leave(ref);
    if (event === 'access_token') return channel.refresh(payload?.access_token);
    if (event === 'presence') return channel.presence(ref, payload);
    if (event === 'broadcast') return channel.broadcast(ref, payload, isBinary);
    return undefined;
  }

  /** @param {Message} message @returns {Promise<void> | void} */
  #join({ topic, ref, joinRef, payload }) {
    const to = { joinRef, ref, topic };
    const refused = this.#refusal(topic);
    if (refused) return this.reply(to, 'error', { reason: refused });
    const config = payload?.config;
    const bindings = config ? config.postgres_changes : legacyBinding(topic);
    const list = Array.isArray(bindings) ? bindings : [];
    if (!list.every((params) => params !== null && typeof params === 'object' && !Array.isArray(params))) {
      return this.reply(to, 'error', { reason: 'join crashed' });
    }

    const token = payload?.access_token ?? payload?.user_token;
    /** @type {Claims} */
    let claims;
    try {
      claims = isToken(token) ? readToken(token) : this.apiClaims;
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      return this.reply(to, 'error', { reason: error.reason });
    }
    const channel = new Channel({
      server: this.server,
      socket: this,
      topic,
      joinRef: joinRef ?? null,
      bindings: list.map((params) => ({ id: bindingId(params), params })),
      isLegacy: !config,
      claims,
      token,
      config,
    });
    if (!channel.isPrivate) return this.#enter(channel, to);
    const authorized = channel.authorize().catch((error) => {
      // If a policy fails, no one is admitted.
      process.emitWarning(error);
      return false;
    });
    return authorized.then((isAllowed) => {
      // A channel of a client that is gone would be a member of its room until the token expires.
      if (this.#isGone) return undefined;
      if (isAllowed) return this.#enter(channel, to);
      const reason = `You do not have permissions to read from this Channel topic: ${channel.name}`;
      return this.reply(to, 'error', { reason });
    });
  }

  /** @param {Channel} channel @param {{ joinRef: unknown, ref: unknown, topic: string }} to */
  #enter(channel, to) {
    const { topic } = channel;
    const before = this.channels.get(topic);
    this.server.countJoin();
    this.reply(to, 'ok', { postgres_changes: channel.bindings.map(({ id, params }) => ({ id, ...params })) });
    // Only after the reply, as the real server does.
    before?.close();
    this.channels.set(topic, channel);
    channel.open();
  }

  /** @param {string} topic @returns {string | null} */
  #refusal(topic) {
    if (!topic.startsWith(PREFIX)) return 'unmatched topic';
    if (!this.server.mayJoin()) return 'Too many joins per second';
    // The server compares before it adds, so it admits one more than the limit.
    const isFull = this.channels.size > this.server.settings.realtimeMaxChannels;
    return isFull && !this.channels.has(topic) ? 'Too many channels' : null;
  }
}

/**
 * A join without config: subscribes according to the topic `realtime:SCHEMA:TABLE:FILTER`, whose last parts are
 * optional.
 *
 * @param {string} topic
 */
function legacyBinding(topic) {
  const [schema, table, filter] = topic.slice(PREFIX.length).split(':');
  return [{ schema, ...(table ? { table } : {}), ...(filter ? { filter } : {}) }];
}
