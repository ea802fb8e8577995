// The engine's asynchronous work, as promises with a `cancel` function that ends the work when its result is no longer
// needed.
//
// The application's functions (fetch, the token provider) are called in a separate task, outside of WebAssembly: they
// may throw, and they may call the package.

import { expand } from './large.js';

/** The longest delay of a timer; a longer one would fire immediately. */
const MAX_TIMER_MS = 2147483647;

/** Resolves after `ms` milliseconds. Without `keepsAlive`, the timer does not keep a Node process alive. */
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
    // The memory of a waiting future is freed only when its promise settles.
    settle();
  };
  return { promise, cancel };
}

/**
 * Two turns of the microtask queue, so that the microtasks of the current task, and those that they queue in turn, run
 * first.
 */
export function tick() {
  return { promise: Promise.resolve().then(() => {}), cancel: () => {} };
}

/** Asks the token provider. `rejected` is a token that the server rejected. */
export function ask(provider, rejected) {
  return { promise: Promise.resolve().then(() => provider?.(rejected)), cancel: () => {} };
}

/**
 * Sends a request and reads the complete response: `[status, contentRange, retryAfterMs, isJson, body]`. `isJson` is
 * null if the body was truncated. With `serviceCall`, the number of a call whose details the mirror has, it calls a
 * service through the API relay.
 */
export function exchange(
  mirror,
  fetch,
  url,
  method,
  key,
  bearer,
  prefer,
  schema,
  body,
  isFresh,
  serviceCall,
) {
  const controller = new AbortController();
  const given = serviceCall && mirror.serviceCall(serviceCall);
  const headers = { ...given?.headers, apikey: key };
  if (bearer) headers.authorization = `Bearer ${bearer}`;
  if (prefer) headers.prefer = prefer;
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (schema) headers[method === 'GET' ? 'accept-profile' : 'content-profile'] = schema;
  // Redirects are not followed, because the key and the body would be sent along to another origin.
  const init = { method, headers, body: body && expand(body), signal: controller.signal, redirect: 'manual' };
  // The HTTP cache delays a second read of the same URL until the first finishes, unless it is bypassed. Bypassing it
  // for every request would make Chromium send a CORS preflight before each one.
  if (method === 'GET' && underWay.has(url) && knowsCacheMode('no-store')) init.cache = 'no-store';
  if (given) {
    init.body = given.body;
    init.signal = anySignal(controller, given.signals);
    delete init.cache;
  }
  const promise = Promise.resolve().then(() => {
    if (controller.signal.aborted) return;
    const send = fetch ?? globalThis.fetch;
    return given ? relayed(mirror, send(url, init)) : answer(mirror, send, url, init, isFresh);
  });
  return { promise, cancel: () => controller.abort() };
}

/**
 * Reads a response of the API relay, which names its origin. A service's response is returned unread, as the sixth
 * element indicates. For a response of any other origin, only the status matters.
 */
async function relayed(mirror, sent) {
  const response = await sent;
  const origin = response.headers.get('x-relay');
  if (origin === 'error') return read(mirror, response);
  if (origin === 'service') return [response.status, null, null, null, response, true];
  response.body?.cancel().catch(() => {});
  return [response.status, null, pause(response.headers), false, ''];
}

/**
 * A signal that the engine aborts before the response arrives, and the application's signals at any time. Where signals
 * cannot be combined, the application's signals keep each of their calls in memory.
 */
function anySignal(controller, signals) {
  if (signals.length === 0) return controller.signal;
  if (AbortSignal.any) return AbortSignal.any([controller.signal, ...signals]);
  for (const signal of signals)
    signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
  return controller.signal;
}

/** The URLs of requests in flight. */
const underWay = new Set();

/** Whether requests support this cache mode. Runtimes without an HTTP cache may reject the option. */
function knowsCacheMode(cache) {
  try {
    return new Request('https://localhost', { cache }).cache === cache;
  } catch {
    return false;
  }
}

/** Whether any response so far allowed the HTTP cache to store it. PostgREST's own do not. */
let isCachingServer = false;

async function answer(mirror, fetch, url, init, isFresh) {
  underWay.add(url);
  try {
    let response = isFresh && isCachingServer ? undefined : await fetch(url, init);
    isCachingServer ||= mayBeKept(response.headers) && knowsCacheMode('reload');
    // A response that may be stored may have come from the HTTP cache itself. `reload` also replaces the stored one,
    // so no later request gets an older response. It costs a preflight, so it is omitted if nothing is stored.
    if (isFresh && isCachingServer) response = await fetch(url, { ...init, cache: 'reload' });
    return await read(mirror, response);
  } finally {
    underWay.delete(url);
  }
}

/** Whether the HTTP cache may reuse this response without asking the server (RFC 9111, 4.2). */
function mayBeKept(headers) {
  const policy = headers.get('cache-control');
  if (/no-store|no-cache/i.test(policy)) return false;
  return Boolean(policy || headers.get('expires') || headers.get('last-modified'));
}

async function read(mirror, response) {
  const { type, status } = response;
  // A redirect that is not followed hides its status from the page. Any other response without a status is invalid.
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
    // Keep a gateway's explanation of an error, whatever its format.
    const said = response.ok ? '' : summary(text);
    return answered.concat(said !== '', said);
  }
}

/**
 * Whether this text, which is not valid JSON, was cut off: Firefox and WebKit deliver such a body as if it were
 * complete.
 */
function isBeginningOfJson(text, headers) {
  return /^\s*[{[]/.test(text) && /\bjson\b/i.test(headers.get('content-type'));
}

/**
 * Reads the text instead of calling `response.json()`: a response object from the application's own fetch might
 * return objects that contain code.
 */
async function textOf(response) {
  return typeof response.text === 'function' ? response.text() : JSON.stringify(await response.json());
}

/** Only the beginning of a long text is examined, and a shorter part is kept. */
const [SEARCHED_LENGTH, SUMMARY_LENGTH] = [2000, 300];

/** The message of a plain text or an HTML page in one line: the page's title, or its text. */
function summary(text) {
  const start = text.slice(0, SEARCHED_LENGTH);
  const title = /<title[^>]*>([^<]*)/i.exec(start)?.[1];
  const words = title ?? start.replace(/<[^>]*>/g, ' ');
  return words.replace(/\s+/g, ' ').trim().slice(0, SUMMARY_LENGTH);
}

/**
 * The delay in a `Retry-After` header in milliseconds. A date is compared with the server's clock if the page may
 * read it. Undefined without the header.
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

/** The claims of a JWT; undefined if the text is not a JWT. */
export function claims(token) {
  try {
    const bytes = atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'));
    // Decodes UTF-8 without TextDecoder, which some runtimes lack.
    const escaped = bytes.replace(/[^]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
    const read = JSON.parse(decodeURIComponent(escaped));
    return Array.isArray(read) ? undefined : read;
  } catch {
    return undefined;
  }
}
