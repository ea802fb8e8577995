// @ts-check
import { after } from 'node:test';
import { WebSocket } from 'ws';
import { decode } from '../lib/realtime/wire.mjs';

/** @typedef {import('../stack.mjs').Stack} Stack */
/** @typedef {{ topic: string, event: string, ref: unknown, payload: any }} Frame */

const WAIT_MS = 5000;

/** A plain connection to the realtime service, which records received frames. */
export class RawClient {
  /** @type {Frame[]} */
  frames = [];
  /** The code the connection was closed with. @type {number | null} */
  closed = null;
  #ref = 0;

  /** @param {WebSocket} ws */
  constructor(ws) {
    this.ws = ws;
    ws.on('message', (message) => this.frames.push(decode('1.0.0', message.toString())));
    ws.on('close', (code) => (this.closed = code));
    ws.on('error', () => {});
  }

  /** @param {string} event @param {string} topic @param {object} [payload] */
  push(event, topic, payload = {}) {
    this.#ref += 1;
    this.ws.send(JSON.stringify({ topic, event, payload, ref: String(this.#ref), join_ref: topic }));
    return String(this.#ref);
  }

  /**
   * @param {string} topic
   * @param {object[]} bindings
   * @param {string} [token]
   */
  join(topic, bindings, token) {
    return this.push('phx_join', topic, { config: { postgres_changes: bindings }, access_token: token });
  }

  /** Joins, and waits until changes are delivered. @param {string} topic @param {object[]} bindings @param {string} [token] */
  async subscribe(topic, bindings, token) {
    this.join(topic, bindings, token);
    await this.next((frame) => frame.event === 'system' && frame.topic === topic);
  }

  /** The changes so far, as `TYPE name`. @param {string} [topic] */
  changes(topic) {
    return this.frames
      .filter(({ event, topic: of }) => event === 'postgres_changes' && (!topic || of === topic))
      .map(({ payload: { data } }) => `${data.type} ${(data.record ?? data.old_record).name ?? 'key'}`);
  }

  /** Waits for a frame, which may have arrived already. @param {(frame: Frame) => boolean} wanted */
  async next(wanted) {
    await waitFor(() => this.frames.some(wanted));
    return /** @type {Frame} */ (this.frames.find(wanted));
  }
}

/**
 * @param {Stack} stack
 * @param {{ apikey?: string }} [options]
 */
export function openSocket(stack, { apikey = stack.publishableKey } = {}) {
  const ws = new WebSocket(
    `${stack.url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${apikey}&vsn=1.0.0`,
  );
  after(() => ws.terminate());
  return ws;
}

/** @param {Stack} stack @param {{ apikey?: string }} [options] */
export async function connect(stack, options) {
  const ws = openSocket(stack, options);
  const client = new RawClient(ws);
  await new Promise((resolve, reject) => {
    ws.on('open', resolve);
    ws.on('error', reject);
  });
  return client;
}

/** The HTTP status of a refused connection; 0 if there was no response. @param {WebSocket} ws @returns {Promise<number>} */
export function refusal(ws) {
  return new Promise((resolve) => {
    ws.on('unexpected-response', (_, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    ws.on('error', () => resolve(0));
  });
}

/** @param {() => boolean} holds */
export async function waitFor(holds) {
  const end = Date.now() + WAIT_MS;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`It did not come to: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
