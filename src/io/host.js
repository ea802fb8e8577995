// What the engine waits for, as promises that can be given up: `cancel` ends the work when nobody waits any more.
//
// The application's functions (fetch, the token provider) are called in a task of their own, outside of WebAssembly:
// they may throw, and they may call the package.

import { expand } from './large.js';

/** The longest wait a timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2147483647;

/** Waits. Unless it `keepsAlive`, the timer does not hold up the end of a Node process. */
export function sleep(ms, keepsAlive) {
  let timer;
  let settle;
  const promise = new Promise((resolve) => {
    settle = resolve;
    timer = setTimeout(resolve, Math.min(ms, MAX_TIMER_MS));
    if (!keepsAlive) timer.unref?.();
  });
  const cancel = () => {
    clearTimeout(timer);
    // Whoever waits for a promise is only freed when it settles.
    settle();
  };
  return { promise, cancel };
}

/** Two turns of the microtask queue: what the running task started, and what that starts in turn, comes before. */
export function tick() {
  return { promise: Promise.resolve().then(() => {}), cancel: () => {} };
}

/** Asks the token provider. `rejected` is a token that the server no longer accepts. */
export function ask(provider, rejected) {
  return { promise: Promise.resolve().then(() => provider?.(rejected)), cancel: () => {} };
}

/**
 * Sends a request and reads the whole answer: `[status, contentRange, retryAfterMs, isJson, body]`. `isJson` is null where
 * the body broke off.
 */
export function exchange(mirror, fetch, url, method, key, bearer, prefer, schema, body, isFresh) {
  const controller = new AbortController();
  const headers = { apikey: key };
  if (bearer) headers.authorization = `Bearer ${bearer}`;
  if (prefer) headers.prefer = prefer;
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (schema) headers[method === 'GET' ? 'accept-profile' : 'content-profile'] = schema;
  // Redirects are not followed: to another origin, the key and the body would go along.
  const init = { method, headers, body: body && expand(body), signal: controller.signal, redirect: 'manual' };
  // The HTTP cache makes a second read of one URL wait for the first, unless it is told to keep out. Told so every time,
  // Chromium would ask for permission (a CORS preflight) before every request.
  if (method === 'GET' && underWay.has(url) && knowsCacheMode('no-store')) init.cache = 'no-store';
  const promise = Promise.resolve().then(() => {
    if (!controller.signal.aborted) return answer(mirror, fetch ?? globalThis.fetch, url, init, isFresh);
  });
  return { promise, cancel: () => controller.abort() };
}

/** The addresses that are being asked. */
const underWay = new Set();

/** Whether a request can tell the HTTP cache so. Runtimes that have no such cache may refuse to be told. */
function knowsCacheMode(cache) {
  try {
    return new Request('https://localhost', { cache }).cache === cache;
  } catch {
    return false;
  }
}

/** Whether an answer ever allowed the HTTP cache to keep it. PostgREST's own do not. */
let isCachingServer = false;

async function answer(mirror, fetch, url, init, isFresh) {
  underWay.add(url);
  try {
    let response = isFresh && isCachingServer ? undefined : await fetch(url, init);
    isCachingServer ||= mayBeKept(response.headers) && knowsCacheMode('reload');
    // What may be kept may come from the HTTP cache itself. `reload` also replaces what is kept there: nothing older
    // answers a later request. It costs a preflight, so it is left out where nothing is kept.
    if (isFresh && isCachingServer) response = await fetch(url, { ...init, cache: 'reload' });
    return await read(mirror, response);
  } finally {
    underWay.delete(url);
  }
}

/** Whether the HTTP cache may answer with this once more without asking the server (RFC 9111, 4.2). */
function mayBeKept(headers) {
  const policy = headers.get('cache-control');
  if (/no-store|no-cache/i.test(policy)) return false;
  return Boolean(policy || headers.get('expires') || headers.get('last-modified'));
}

async function read(mirror, response) {
  const { type, status } = response;
  // A redirect that is not followed has no status that a page may read. Anything else without one is no answer.
  if (type !== 'opaqueredirect' && !(status >= 200))
    throw new TypeError(`fetch gave an answer with status ${status}`);
  const answered = [Number(status), response.headers.get('content-range'), pause(response.headers)];
  let text;
  try {
    text = await textOf(response);
  } catch {
    return answered.concat(null, null);
  }
  try {
    const body = JSON.parse(text);
    mirror.learn(text);
    return answered.concat(true, [body]);
  } catch {
    if (isBeginningOfJson(text, response.headers)) return answered.concat(null, null);
    // What a gateway says of an error is kept, whatever its form.
    const said = response.ok ? '' : summary(text);
    return answered.concat(said !== '', said);
  }
}

/** Whether this text that is no JSON broke off: Firefox and WebKit read such a body as if it were whole. */
function isBeginningOfJson(text, headers) {
  return /^\s*[{[]/.test(text) && /\bjson\b/i.test(headers.get('content-type'));
}

/** The text, not `response.json()`: a response of the application's own might answer objects with code in them. */
async function textOf(response) {
  return typeof response.text === 'function' ? response.text() : JSON.stringify(await response.json());
}

/** The beginning of a longer text is looked at, and a shorter one kept. */
const [SEARCHED_LENGTH, SUMMARY_LENGTH] = [2000, 300];

/** What a plain text or a page of HTML says, in one line: of a page its title, or its text. */
function summary(text) {
  const start = text.slice(0, SEARCHED_LENGTH);
  const title = /<title[^>]*>([^<]*)/i.exec(start)?.[1];
  const words = title ?? start.replace(/<[^>]*>/g, ' ');
  return words.replace(/\s+/g, ' ').trim().slice(0, SUMMARY_LENGTH);
}

/**
 * Milliseconds of a `Retry-After`: seconds, or a date, which is compared with the server's clock where the page may read
 * that. Undefined when there is none.
 */
function pause(headers) {
  const asked = headers.get('retry-after');
  if (typeof asked !== 'string') return undefined;
  if (/^\d+$/.test(asked)) return asked * 1000;
  return Date.parse(asked) - (Date.parse(headers.get('date')) || Date.now()) || undefined;
}

/** Monotonic milliseconds. */
export const monotonicMs = () => performance.now();
/** Milliseconds since 1970. */
export const wallMs = () => Date.now();
/** Uniform in [0, 1). */
export const random = () => Math.random();

/** A random uuid (RFC 9562, version 4). `crypto.randomUUID` does not exist on pages without https. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The claims of a JWT; undefined for a text that is no JWT. */
export function claims(token) {
  try {
    const bytes = atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'));
    // UTF-8, without a TextDecoder, which not every runtime has.
    const escaped = bytes.replace(/[^]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
    const read = JSON.parse(decodeURIComponent(escaped));
    return Array.isArray(read) ? undefined : read;
  } catch {
    return undefined;
  }
}
