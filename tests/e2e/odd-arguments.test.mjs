// @ts-check
// Arguments and options of the wrong kind: for merging, rooms, other services and the offline entry. In Node.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { unpackedPackage } from './support/package.mjs';

const USER_ID = '11111111-1111-4111-8111-111111111111';
const OTHER_ID = '22222222-2222-4222-8222-222222222222';
const EMPTY = { nodes: [], connections: [] };

/** @type {Awaited<ReturnType<typeof unpackedPackage>>} */
let unpacked;
/** @type {any} */
let library;
/** @type {any} */
let offlineEntry;

before(async () => {
  unpacked = await unpackedPackage();
  const load = (/** @type {string} */ path) => import(pathToFileURL(join(unpacked.root, path)).href);
  [library, offlineEntry] = await Promise.all([load('index.js'), load('offline/index.js')]);
});
after(() => unpacked?.remove());

/** @param {string} sub */
const tokenOf = (sub) =>
  `e30.${Buffer.from(JSON.stringify({ sub, role: 'authenticated' })).toString('base64url')}.x`;

/** A client of a user, and the requests that it sent. @param {object} [options] */
function clientOf(options) {
  const sent = /** @type {{ init: RequestInit, token: string | null }[]} */ ([]);
  const fetch = async (/** @type {string} */ _, /** @type {RequestInit} */ init) => {
    sent.push({ init, token: new Headers(init.headers).get('authorization') });
    return Response.json([], { headers: { 'content-range': '*/0', 'x-relay': 'service' } });
  };
  const accessToken = () => tokenOf(USER_ID);
  const client = library.createClient({
    url: 'http://project.test',
    key: 'key',
    fetch,
    accessToken,
    ...options,
  });
  return { ...client, client, sent };
}

/** Objects that throw when they are read. */
function unreadable() {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const throwing = {};
  for (const name of ['nodes', 'state', 'body', 'name', 'cursor']) {
    Object.defineProperty(throwing, name, {
      enumerable: true,
      get() {
        throw new Error('no');
      },
    });
  }
  return [revoked.proxy, throwing];
}

const refused = (/** @type {string} */ name) => ({
  name: 'DatabaseError',
  code: 'INVALID_INPUT',
  message: new RegExp(`^${name.replace('.', '\\.')}: expected `),
});

test('what cannot be read is INVALID_INPUT, in a merge, a room, a call of a service and the options of offline', async () => {
  const { realtime, db } = clientOf();
  for (const odd of unreadable()) {
    assert.throws(() => library.mergeGraphs(EMPTY, odd, EMPTY), refused('theirs'));
    assert.throws(() => realtime.joinRoom(OTHER_ID, odd), refused('options'));
    assert.throws(() => realtime.joinRoom(OTHER_ID, { state: odd }), refused('state'));
    assert.throws(() => offlineEntry.offline(odd), refused('offline'));
    await assert.rejects(db.callService('plain', 'x', odd), refused('init'));
  }
  const room = realtime.joinRoom(OTHER_ID);
  for (const odd of unreadable()) {
    assert.throws(() => room.setState(odd), refused('state'));
    assert.throws(() => room.send('moved', odd), refused('payload'));
  }
  room.leave();
});

test('a call of a service takes no init of another kind, and no body that fetch would turn into some text', async () => {
  const { db, sent } = clientOf();
  for (const init of ['POST', 5, true, Symbol('init')]) {
    await assert.rejects(db.callService('plain', 'x', init), refused('init'));
  }
  for (const body of [{ prompt: 'x' }, ['x'], 5, true, Object.create(null), new ReadableStream()]) {
    await assert.rejects(db.callService('plain', 'x', { body }), refused('init.body'));
  }
  assert.equal(sent.length, 0);
  await db.callService('plain', 'x', null);
  for (const body of [
    '',
    'x',
    new Blob(['x']),
    new Uint8Array(2),
    new FormData(),
    new URLSearchParams('a=b'),
  ]) {
    await db.callService('plain', 'x', { body });
    assert.equal(sent.at(-1)?.init.body, body);
  }
});

for (const own of ['the call', 'db.with']) {
  test(
    `a call of a service with two signals is aborted by that of ${own}, before and after the response`,
    { timeout: 20_000 },
    async () => {
      const inner = new AbortController();
      const outer = new AbortController();
      const aborting = own === 'db.with' ? outer : inner;
      const hanging = (/** @type {string} */ url, /** @type {RequestInit} */ { signal }) => {
        if (url.endsWith('never')) return new Promise(() => {});
        const body = new ReadableStream({
          start: (controller) => signal?.addEventListener('abort', () => controller.error(signal.reason)),
        });
        return Promise.resolve(new Response(body, { headers: { 'x-relay': 'service' } }));
      };
      const { db } = clientOf({ fetch: hanging });
      const call = (/** @type {string} */ path) =>
        db.with({ signal: outer.signal }).callService('plain', path, { signal: inner.signal });
      const response = await call('stream');
      const reading = response.text();
      const waiting = call('never');
      await new Promise((resolve) => setTimeout(resolve, 20));
      aborting.abort();
      await assert.rejects(waiting, { code: 'ABORTED' });
      await assert.rejects(reading, { name: 'AbortError' });
      await assert.rejects(call('stream'), { code: 'ABORTED' });
    },
  );
}

test('options of offline of another kind are INVALID_INPUT', () => {
  for (const name of ['maxAgeMs', 'maxBytes']) {
    for (const odd of ['7', null, true, [], {}, 10n, Symbol('x'), Number.NaN, -1]) {
      assert.throws(() => offlineEntry.offline({ [name]: odd }), refused(`offline.${name}`));
    }
  }
  offlineEntry.offline({ maxAgeMs: Infinity, maxBytes: 0 });
});

test('only a result of offline() can be configured, and null is none', () => {
  for (const offline of [true, false, {}, 'on', offlineEntry.offline]) {
    assert.throws(() => clientOf({ offline }), refused('offline'));
  }
  clientOf({ offline: null }).close();
});

test('a client that is refused the offline part of another one changes nothing there', async () => {
  const offline = offlineEntry.offline();
  const one = clientOf({ offline });
  await one.db.getWorkflows(USER_ID);
  const others = { accessToken: () => tokenOf(OTHER_ID), offline };
  assert.throws(() => clientOf(others), refused('offline'));
  await one.db.with({ fresh: true }).getWorkflows(USER_ID);
  assert.deepEqual(
    one.sent.map(({ token }) => token),
    [`Bearer ${tokenOf(USER_ID)}`, `Bearer ${tokenOf(USER_ID)}`],
  );
  one.close();
  // Then it is free.
  clientOf(others).close();
});

test('requests keep the token of the earlier provider after configure refused its options', async () => {
  const offline = offlineEntry.offline();
  const sent = /** @type {(string | null)[]} */ ([]);
  const fetch = async (/** @type {string} */ _, /** @type {RequestInit} */ init) => {
    sent.push(new Headers(init.headers).get('authorization'));
    return Response.json([], { headers: { 'content-range': '*/0' } });
  };
  const project = { url: 'http://project.test', key: 'key', fetch, offline };
  library.configure({ ...project, accessToken: () => tokenOf(USER_ID) });
  const wrong = { ...project, accessToken: () => tokenOf(OTHER_ID), timeoutMs: 0 };
  assert.throws(() => library.configure(wrong), refused('timeoutMs'));
  await library.db.getWorkflows(USER_ID);
  assert.deepEqual(sent, [`Bearer ${tokenOf(USER_ID)}`]);
});

test('the outbox takes only functions as listeners, and only clients have one', () => {
  const { client } = clientOf();
  for (const odd of [undefined, null, 5, {}]) {
    assert.throws(() => offlineEntry.getOutbox(client).subscribe(odd), refused('listener'));
  }
  for (const odd of [null, 5, {}, 'client']) {
    assert.throws(() => offlineEntry.getOutbox(odd), refused('client'));
  }
});

test('db.with(null) has no options', async () => {
  const { db, sent } = clientOf();
  await db.with(null).getWorkflows(USER_ID);
  assert.equal(sent.length, 1);
});
