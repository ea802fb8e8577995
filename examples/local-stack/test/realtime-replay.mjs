// @ts-check
import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { readClaims, signJwt } from '../lib/jwt.mjs';
import { decode } from '../lib/realtime/wire.mjs';

/** @typedef {import('../stack.mjs').Stack} Stack */
/** @typedef {{ ms: number, ts: string, dir: string, sock?: number, data?: string, text?: string, url?: string, status?: number, code?: number, sql?: string, params?: unknown[], rows?: any[] }} Line */
/** @typedef {{ topic: string, event: string, joinRef: unknown, ref: unknown, payload: any }} Frame */

/** The frames of one socket. @typedef {{ frames: Frame[], refused: number | null, closed: number | null }} Seen */

const WAIT_MS = 2000;

/** The polling interval of the recorded server, with a margin. */
const POLL_MS = 150;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const JWT = /eyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/** The recorder's cleanup statement, sent while the clients disconnected. */
const CLEANUP = 'delete from public.workflow_nodes; delete from public.workflows;';

/**
 * @param {string} name
 * @param {{ from?: number, to?: number }} [part] in milliseconds since its start
 * @returns {Line[]}
 */
export function readRecording(name, { from = 0, to = Infinity } = {}) {
  const text = readFileSync(new URL(`fixtures/realtime/${name}.jsonl`, import.meta.url), 'utf8');
  /** @type {Line[]} */
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const cleanup = lines.findLastIndex(({ sql }) => sql?.startsWith(CLEANUP));
  const isLast = cleanup >= 0 && !lines.slice(cleanup).some(({ dir }) => dir === 'connect');
  return lines.slice(0, isLast ? cleanup : undefined).filter(({ ms }) => ms >= from && ms < to);
}

/**
 * The frames of the recorded server, by socket.
 *
 * @param {Line[]} lines
 */
export function recorded(lines) {
  /** @type {Map<number, Seen & { version: string | null }>} */
  const sockets = new Map();
  for (const { dir, sock = 0, url = '', data = '', status = 0, code = 0 } of lines) {
    if (dir === 'connect') {
      const version = new URL(url).searchParams.get('vsn');
      sockets.set(sock, { frames: [], refused: null, closed: null, version });
    }
    const seen = sockets.get(sock);
    if (!seen) continue;
    if (dir === 'in') seen.frames.push(decode(seen.version, data));
    if (dir === 'http-refused') seen.refused = status;
    // Without a code, the client itself closed it.
    if (dir === 'closed' && code !== 1005 && code !== 1006) seen.closed = code;
  }
  return sockets;
}

/**
 * Repeats recorded actions on a stack, as fast as responses arrive, with current tokens of this stack.
 *
 * @param {Stack} stack
 * @param {Line[]} lines
 */
export async function replay(stack, lines) {
  /** @type {Map<number, Seen & { ws: WebSocket, version: string | null }>} */
  const sockets = new Map();
  /** Recorded row ids, with the ids on this stack. @type {Map<string, string>} */
  const ids = new Map();
  let note = '';
  /** @type {any[]} */
  let rows = [];

  /** @param {string} text @param {string} ts */
  const translated = (text, ts) =>
    text
      .replace(JWT, (token) => resigned(token, ts, note, stack.jwtSecret))
      .replace(UUID, (id) => ids.get(id) ?? id);
  /** @param {string} text */
  const back = (text) => {
    const reverse = new Map([...ids].map(([before, here]) => [here, before]));
    return text.replace(UUID, (id) => reverse.get(id) ?? id);
  };

  /** @param {Line} line */
  async function act(line) {
    const { dir, sock = 0, data = '', text = '', ts } = line;
    if (dir === 'note' && line.sql) {
      const params = line.params?.map((value) =>
        typeof value === 'string' ? (ids.get(value) ?? value) : value,
      );
      rows = await stack.sql(translated(line.sql, ts), params);
    } else if (dir === 'note' && text === 'SQL committed') {
      (line.rows ?? []).forEach(({ id }, index) => ids.set(String(id), String(rows[index]?.id)));
    } else if (dir === 'note') {
      note = text;
    } else if (dir === 'connect') {
      const { searchParams } = new URL(line.url ?? '');
      const query = translated(searchParams.toString(), ts);
      const ws = new WebSocket(`${stack.url.replace('http', 'ws')}/realtime/v1/websocket?${query}`);
      /** @type {Seen & { ws: WebSocket, version: string | null }} */
      const seen = { ws, version: searchParams.get('vsn'), frames: [], refused: null, closed: null };
      sockets.set(sock, seen);
      ws.on('message', (message) => seen.frames.push(decode(seen.version, back(message.toString()))));
      ws.on('close', (code) => {
        // Codes of closes that the client started, or of lost connections.
        if (code !== 1005 && code !== 1006) seen.closed = code;
      });
      await new Promise((resolve) => {
        ws.on('open', resolve);
        ws.on('unexpected-response', (_, response) => {
          seen.refused = response.statusCode ?? 0;
          response.resume();
          resolve(undefined);
        });
        ws.on('error', resolve);
      });
    } else if (dir === 'out') {
      sockets.get(sock)?.ws.send(translated(data, ts));
    } else if (dir === 'closed') {
      // Close only here: replies to earlier messages were still in transit.
      sockets.get(sock)?.ws.close();
    }
  }

  /** The number of frames that each socket received. @type {Map<number, number>} */
  const counts = new Map();
  const errors = new Set();
  let before = 0;
  for (const [index, line] of lines.entries()) {
    const { dir, ms, sock = 0, data = '' } = line;
    if (dir !== 'in') {
      // By then the server had polled the database, so it had sent everything.
      if (line.sql && ms - before > POLL_MS) await stack.realtime.settle();
      await act(line);
    } else if (!errors.has(data)) {
      counts.set(sock, (counts.get(sock) ?? 0) + 1);
      // Errors are sent repeatedly; how often depends on the duration.
      if (data.includes('{:error')) errors.add(data);
    }
    before = ms;
    // Waits until every response that the recording has before the next action has arrived, or clearly does not arrive.
    if (dir === 'in' && lines[index + 1]?.dir !== 'in') {
      await until(() =>
        [...counts].every(([of, count]) => (sockets.get(of)?.frames.length ?? Infinity) >= count),
      );
    }
  }
  await stack.realtime.settle();
  for (const { ws } of sockets.values()) await gone(ws);
  return sockets;
}

/** @param {() => boolean} holds */
async function until(holds) {
  const end = Date.now() + WAIT_MS;
  while (!holds() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Waits until everything sent has arrived, then closes. @param {WebSocket} ws */
async function gone(ws) {
  if (ws.readyState === WebSocket.OPEN) {
    ws.ping();
    await new Promise((resolve) => {
      ws.once('pong', resolve);
      ws.once('close', resolve);
    });
  }
  if (ws.readyState !== WebSocket.CLOSED) ws.terminate();
}

/**
 * The same token signed for this stack, with the same remaining lifetime. An invalid token stays invalid.
 *
 * @param {string} token
 * @param {string} ts when it was sent
 * @param {string} note the purpose of the token
 * @param {string} jwtSecret of the stack
 */
function resigned(token, ts, note, jwtSecret) {
  const claims = readClaims(token);
  const header = JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString());
  if (!claims || header.alg !== 'HS256') return token;
  const ahead = (Date.now() - Date.parse(ts)) / 1000;
  const exp = typeof claims.exp === 'number' ? { exp: Math.round(claims.exp + ahead) } : {};
  const secret = note.includes('wrongsig') ? 'another secret' : jwtSecret;
  return signJwt({ ...claims, ...exp }, secret);
}

/**
 * Normalizes frames for comparison: unknown row ids, times and binding ids become names, and repeated errors appear
 * once.
 *
 * @param {Frame[]} frames of one socket
 * @returns {Record<string, unknown[]>} by topic and kind: changes, and everything else
 */
export function comparable(frames) {
  /** @type {Map<unknown, string>} */
  const names = new Map();
  /** @type {Map<number, string>} */
  const bindings = new Map();
  /** @type {Record<string, unknown[]>} */
  const result = {};
  for (const { topic, event, joinRef, ref, payload } of frames) {
    for (const { id, ...params } of payload.response?.postgres_changes ?? []) {
      bindings.set(id, JSON.stringify(Object.entries(params).toSorted()));
    }
    const text = JSON.stringify(payload, (key, value) => {
      if (key === 'ids') return value.map((/** @type {number} */ id) => bindings.get(id)).toSorted();
      if (key === 'postgres_changes') return value.map((/** @type {any} */ { id }) => bindings.get(id));
      if (key === 'phx_ref') {
        if (!names.has(value)) names.set(value, `entry ${names.size}`);
        return names.get(value);
      }
      if (key === 'commit_timestamp') return value === null ? null : 'a time';
      if (typeof value === 'string' && /^20(25|26)-\d\d-\d\dT/.test(value)) return 'now';
      if (typeof value === 'string' && value.includes('claim_val'))
        return value.replace(/claim_val: \d+/, '');
      if (
        (key === 'id' || key === 'workflow_id') &&
        value !== null &&
        !String(value).startsWith('aaaaaaaa')
      ) {
        if (!names.has(String(value))) names.set(String(value), `row ${names.size}`);
        return names.get(String(value));
      }
      const isMap = value !== null && typeof value === 'object' && !Array.isArray(value);
      return isMap ? Object.fromEntries(Object.entries(value).toSorted()) : value;
    });
    const isChange = 'data' in payload || 'record' in payload || 'old_record' in payload;
    const list = (result[`${topic} ${isChange ? 'changes' : 'rest'}`] ??= []);
    const entry = { event, joinRef, ref, payload: JSON.parse(text) };
    const isError = text.includes('{:error');
    if (!(isError && list.some((other) => JSON.stringify(other) === JSON.stringify(entry)))) list.push(entry);
  }
  return result;
}
