// @ts-check
import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { WebSocketServer } from 'ws';
import { PUBLICATION } from './bindings.mjs';
import { deliveries } from './changes.mjs';
import { MARK, followChanges } from './replication.mjs';
import { Socket } from './socket.mjs';
import { readPolicies } from './policies.mjs';
import { readApiKey } from './token.mjs';
import { Topics } from './topics.mjs';
import { VERSIONS } from './wire.mjs';

/** @typedef {import('./replication.mjs').Stream} Stream */
/** @typedef {import('./changes.mjs').Committed} Committed */

/** How long the server takes to reconnect after it lost the database. */
const GAP_MS = 500;

/**
 * A replacement for Supabase Realtime (Postgres changes, broadcast, presence):
 * https://supabase.com/docs/guides/realtime/protocol
 *
 * Replication starts with the first connection, so that a stack without realtime has no cost.
 */
export class Server {
  /** @type {Set<Socket>} */
  #sockets = new Set();
  #joins = 0;
  /** The times of recent joins that count towards the limit. @type {number[]} */
  #recentJoins = [];
  /** When the server stops being cold; null before the first subscription. @type {number | null} */
  #coldUntil = null;
  #downUntil = 0;
  /** @type {Promise<Stream | null> | null} */
  #stream = null;
  /** Resolves when a broken connection may be restored. @type {Promise<unknown>} */
  #gap = Promise.resolve();
  #isClosed = false;
  /** Unsent changes, with marks among them. @type {(Committed | { mark: string })[]} */
  #queue = [];
  #isPumping = false;
  /** Callbacks that wait for a mark. @type {Map<string, () => void>} */
  #waiting = new Map();
  /** The members of each topic. */
  topics = new Topics();
  #webSockets = new WebSocketServer({ noServer: true });

  /**
   * @param {object} parts
   * @param {import('../sql.mjs').Sql} parts.sql as superuser
   * @param {import('../sql.mjs').Discarded} parts.discarded likewise
   * @param {import('pg').ClientConfig} parts.address of the database, with a user who may replicate
   * @param {import('../settings.mjs').Settings} parts.settings
   */
  constructor({ sql, discarded, address, settings }) {
    this.sql = sql;
    this.discarded = discarded;
    this.settings = settings;
    this.address = address;
  }

  /**
   * Handles a WebSocket upgrade request.
   *
   * @param {import('node:http').IncomingMessage} incoming
   * @param {import('node:stream').Duplex} raw
   * @param {Buffer} head
   * @returns {number} the HTTP status of the response; 0 if there is none
   */
  upgrade(incoming, raw, head) {
    if (Date.now() < this.#downUntil) {
      raw.destroy();
      return 0;
    }
    const query = new URL(incoming.url ?? '/', 'http://localhost').searchParams;
    const version = query.get('vsn');
    const apiClaims = readApiKey(query.get('apikey') ?? String(incoming.headers.apikey ?? ''));
    if (!apiClaims || !VERSIONS.includes(version)) {
      raw.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return 403;
    }
    this.#webSockets.handleUpgrade(incoming, raw, head, (ws) => {
      this.#sockets.add(new Socket({ server: this, ws, raw, version, apiClaims }));
    });
    // Connect in advance, before the first join. A failure is reported at that join.
    this.follow().catch(() => {});
    return 101;
  }

  /** The current state, for tests. */
  inspect() {
    const sockets = [...this.#sockets];
    return {
      sockets: sockets.length,
      /** Accepted since the start, including restarts. */
      joins: this.#joins,
      channels: sockets.flatMap(({ channels }, socket) =>
        [...channels.values()].map(({ topic, bindings, claims, subscriber }) => ({
          socket,
          topic,
          bindings: bindings.map(({ params }) => params),
          sub: claims.sub ?? null,
          role: claims.role,
          subscribed: subscriber !== null,
        })),
      ),
    };
  }

  /** Cuts every connection without a close frame: clients see 1006. */
  drop() {
    for (const socket of [...this.#sockets]) socket.close(1006);
  }

  /**
   * Closes every connection and forgets everything. Afterwards the server is cold again: the next subscription waits
   * for `realtimeColdMs`, and changes committed until then are lost.
   *
   * @param {{ code?: 1012 | 1006, downMs?: number }} [how] `code`: 1012 for a graceful stop (the default), 1006 for a
   * crash; `downMs`: how long the server refuses connections
   */
  restart({ code = 1012, downMs = 0 } = {}) {
    this.#coldUntil = null;
    this.#downUntil = Date.now() + downMs;
    for (const socket of [...this.#sockets]) socket.close(code);
  }

  /** Existing connections go dead: they stay open, but nothing is sent or read. New connections work. */
  freeze() {
    for (const socket of this.#sockets) socket.freeze();
  }

  /**
   * Loses the database for a while. Changes committed during that time are never sent, and clients are not notified.
   *
   * @param {{ ms?: number, until?: Promise<unknown> }} [how] for how long, 500 by default, or until when
   * @returns {Promise<void>} once the connection is broken
   */
  async breakReplication({ ms = GAP_MS, until = sleep(ms) } = {}) {
    const stream = await this.#stream;
    this.#lose(until);
    await stream?.close();
  }

  /** Resolves once everything committed so far has been sent, and received by every client that still listens. */
  async settle() {
    const stream = await this.follow();
    if (!stream) return;
    const mark = randomUUID();
    const reached = new Promise((resolve) => this.#waiting.set(mark, () => resolve(undefined)));
    await this.#write(mark);
    await reached;
    await Promise.all([...this.#sockets].map((socket) => socket.flushed()));
  }

  /** @param {string} mark */
  async #write(mark) {
    await this.sql('select pg_logical_emit_message(false, $1, $2, true)', [MARK, mark]);
  }

  async close() {
    this.#isClosed = true;
    for (const socket of [...this.#sockets]) socket.close(1006);
    await (await this.#stream?.catch(() => null))?.close();
    for (const resolve of this.#waiting.values()) resolve();
  }

  /**
   * The permissions of a token in a private channel.
   *
   * @param {string} topic without `realtime:`
   * @param {import('./token.mjs').Claims} claims
   */
  policies(topic, claims) {
    return readPolicies(this.discarded, topic, claims);
  }

  /** @param {Socket} socket */
  forget(socket) {
    this.#sockets.delete(socket);
  }

  countJoin() {
    this.#joins += 1;
  }

  /** Whether the limit allows another join this second. */
  mayJoin() {
    const now = Date.now();
    this.#recentJoins = this.#recentJoins.filter((at) => now - at < 1000);
    if (this.#recentJoins.length >= this.settings.realtimeMaxJoinsPerSecond) return false;
    this.#recentJoins.push(now);
    return true;
  }

  /** How many milliseconds a subscription still has to wait. */
  coldFor() {
    this.#coldUntil ??= Date.now() + this.settings.realtimeColdMs;
    return this.#coldUntil - Date.now();
  }

  /** @returns {Promise<Stream | null>} null while the database has no publication */
  async follow() {
    this.#stream ??= this.#open();
    try {
      const stream = await this.#stream;
      if (!stream) this.#stream = null;
      return stream;
    } catch (error) {
      this.#stream = null;
      throw error;
    }
  }

  async #open() {
    await this.#gap;
    const [publication] = await this.sql('select from pg_publication where pubname = $1', [PUBLICATION]);
    if (!publication || this.#isClosed) return null;
    return followChanges(this.address, {
      transaction: ({ xid, committedAt, changes }) => {
        this.#enqueue(changes.map((change) => ({ ...change, xid, committedAt })));
      },
      mark: (mark) => this.#enqueue([{ mark: mark.slice(`${MARK}:`.length) }]),
      end: () => this.#lose(sleep(GAP_MS)),
    });
  }

  /** @param {Promise<unknown>} gap resolves when the connection may be restored */
  #lose(gap) {
    if (this.#isClosed) return;
    this.#stream = null;
    this.#gap = gap;
    this.follow()
      // Marks that were on their way are lost with the connection.
      .then(() => Promise.all([...this.#waiting.keys()].map((mark) => this.#write(mark))))
      // After a crash, Postgres refuses connections for a while.
      .catch(() => this.#stream ?? this.#lose(sleep(GAP_MS)));
  }

  /** @param {(Committed | { mark: string })[]} entries */
  #enqueue(entries) {
    for (const entry of entries) this.#queue.push(entry);
    if (!this.#isPumping) this.#pump();
  }

  async #pump() {
    this.#isPumping = true;
    while (this.#queue.length > 0 && !this.#isClosed) {
      if (this.settings.realtimePollMs > 0) await sleep(this.settings.realtimePollMs);
      const batch = this.#queue.splice(0);
      try {
        await this.#deliver(batch.filter((entry) => 'relation' in entry));
      } catch (error) {
        if (!this.#isClosed) process.emitWarning(/** @type {Error} */ (error));
      }
      for (const entry of batch) {
        if (!('mark' in entry)) continue;
        this.#waiting.get(entry.mark)?.();
        this.#waiting.delete(entry.mark);
      }
    }
    this.#isPumping = false;
  }

  /** @param {Committed[]} batch */
  async #deliver(batch) {
    const channels = [...this.#sockets].flatMap((socket) => [...socket.channels.values()]);
    const of = new Map(
      channels.flatMap((channel) => (channel.subscriber ? [[channel.subscriber, channel]] : [])),
    );
    if (of.size === 0 || batch.length === 0) return;
    const list = await deliveries(this.sql, batch, [...of.keys()], {
      filteredDeletes: this.settings.realtimeFilteredDeletes,
      maxRecordBytes: this.settings.realtimeMaxRecordBytes,
    });
    for (const delivery of list) of.get(delivery.subscriber)?.deliver(delivery);
  }
}
