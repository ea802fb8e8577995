// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startStack } from '../../examples/local-stack/stack.mjs';
import { startService } from '../../examples/local-stack/test/relay-helpers.mjs';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

// Calls of other services through the real edge function, from a page of another origin.
const service = await startService();
const world = await useWorld({ relay: true, services: { plain: service.url } });
const { stack, newUser } = world;
const RETRY = { retry: { initialBackoffMs: 5, maxBackoffMs: 10 } };
const SECRET = 'sk-never-in-a-browser';

/** A user with a key for the service, and a page with that user signed in. @param {object} [options] */
async function signedIn(options = {}) {
  const user = await newUser('ada');
  await stack.sql("insert into api_keys (user_id, service_name, encrypted_key) values ($1, 'plain', $2)", [
    user.id,
    SECRET,
  ]);
  const tab = await world.open({ as: user, options: { ...RETRY, ...options } });
  return { user, tab };
}

/** The requests for a path that reached the service. @param {string} path */
const asked = (path) => service.requests.filter(({ url }) => url === `/${path}`).length;
const relayed = (/** @type {string} */ method) => stack.requests.count({ method, path: '/functions/v1/' });

/** Calls the service in the page, and returns the parts of the response, or the error. */
const callIn = (/** @type {any} */ tab, /** @type {string} */ path, /** @type {any} */ init) =>
  tab.run(
    async ([path, init]) => {
      try {
        const response = await db.callService('plain', path, init);
        const isPlatform = response instanceof Response;
        const headers = Object.fromEntries(response.headers);
        return { isPlatform, status: response.status, headers, text: await response.text() };
      } catch (error) {
        const { code, status, attempts, hint, message, originalError } = error;
        return {
          code,
          status,
          attempts,
          hint,
          message,
          cause: originalError?.code,
          isOurs: error instanceof wdb.DatabaseError,
        };
      }
    },
    [path, init],
  );

test("a service is called with the user's key, and the result is a standard Response", async () => {
  const { tab } = await signedIn();
  const path = service.on(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    response.writeHead(201, { 'Content-Type': 'application/json', 'X-Request-Id': 'r1' });
    response.end(JSON.stringify({ body, url: request.url }));
  });
  const init = {
    body: 'question',
    headers: { 'Idempotency-Key': 'k', apikey: 'other', authorization: 'other' },
  };
  const { headers, text, ...seen } = await callIn(tab, `${path}?a=1`, init);
  assert.deepEqual(seen, { isPlatform: true, status: 201 });
  assert.deepEqual(JSON.parse(text), { body: 'question', url: `/${path}?a=1` });
  assert.deepEqual([headers['x-request-id'], headers['x-relay']], ['r1', 'service']);
  const sent = service.requests.at(-1);
  assert.deepEqual(
    [sent?.method, sent?.headers.authorization, sent?.headers['idempotency-key']],
    ['POST', `Bearer ${SECRET}`, 'k'],
  );
});

test('a stream is read as it is sent: each event arrives before the next is sent', async () => {
  const { tab } = await signedIn();
  const { path, arrival } = service.hold('data: 1\n\n');
  await tab.run(async (path) => {
    const response = await db.callService('plain', path, { body: '{}' });
    const reader = /** @type {ReadableStream} */ (response.body).getReader();
    const next = async () => new TextDecoder().decode((await reader.read()).value);
    Object.assign(globalThis, { next });
  }, path);
  const next = () => tab.run(() => /** @type {any} */ (globalThis).next());
  const response = await arrival;
  assert.equal(await next(), 'data: 1\n\n');
  response.write('data: 2\n\n');
  assert.equal(await next(), 'data: 2\n\n');
  response.end();
  assert.equal(await next(), '');
});

test('a signal aborts a call before its response, and the service’s request ends', async () => {
  const { tab } = await signedIn();
  const { path, arrival, closed } = service.hold();
  await tab.run((path) => {
    const controller = new AbortController();
    const call = outcome(db.with({ signal: controller.signal }).callService('plain', path, { body: 'x' }));
    Object.assign(globalThis, { controller, call });
  }, path);
  await arrival;
  const { error } = await tab.run(() => {
    const { controller, call } = /** @type {any} */ (globalThis);
    controller.abort();
    return call;
  });
  assert.equal(error.code, 'ABORTED');
  await closed;
  assert.equal(asked(path), 1);
});

test('a signal aborts reading a response, and the service’s request ends', async () => {
  const { tab } = await signedIn();
  const { path, arrival, closed } = service.hold('data: 1\n\n');
  await tab.run(async (path) => {
    const controller = new AbortController();
    const { signal } = controller;
    const response = await db.callService('plain', path, { body: 'x', signal });
    const reader = /** @type {ReadableStream} */ (response.body).getReader();
    await reader.read();
    Object.assign(globalThis, { controller, rest: reader.read().catch((error) => error.name) });
  }, path);
  await arrival;
  const name = await tab.run(() => {
    const { controller, rest } = /** @type {any} */ (globalThis);
    controller.abort();
    return rest;
  });
  assert.equal(name, 'AbortError');
  await closed;
});

test("the service's own errors are responses, and no method is retried after them", async () => {
  const { tab } = await signedIn();
  for (const [method, status] of /** @type {const} */ ([
    ['POST', 500],
    ['GET', 500],
    ['POST', 429],
    ['POST', 401],
    ['GET', 404],
    ['PUT', 503],
  ])) {
    const path = service.on((_, response) => response.writeHead(status).end('{"code": "PT404"}'));
    const seen = await callIn(tab, path, { method });
    assert.deepEqual([seen.status, seen.text, seen.code], [status, '{"code": "PT404"}', undefined]);
    assert.equal(asked(path), 1, `${method} ${status}`);
  }
});

test("the relay's own errors are DatabaseErrors", async () => {
  const { user, tab } = await signedIn({ retry: { maxAttempts: 1 } });
  await stack.sql(
    `insert into workflow_relay.calls (user_id, api_key_id, service_name, method, path, started_at, expires_at, finished_at)
     select $1, gen_random_uuid(), 'plain', 'POST', '', now(), now(), now() from generate_series(1, 60)`,
    [user.id],
  );
  const limited = await callIn(tab, 'x', { body: 'x' });
  assert.deepEqual(
    [limited.code, limited.status, limited.attempts, limited.isOurs],
    ['RATE_LIMITED', 429, 1, true],
  );
  await stack.sql('delete from workflow_relay.calls');
  const dead = service.on((request) => request.socket.destroy());
  const unreachable = await callIn(tab, dead, { body: 'x' });
  assert.deepEqual([unreachable.code, unreachable.status], ['SERVICE_UNREACHABLE', 502]);
  await stack.sql('delete from api_keys where user_id = $1', [user.id]);
  const missing = await callIn(tab, 'x', { body: 'x' });
  assert.deepEqual([missing.code, missing.status, missing.attempts], ['NOT_FOUND', 404, 1]);
  const nobody = await world.open({ options: RETRY });
  const refused = await callIn(nobody, 'x', {});
  assert.deepEqual([refused.code, refused.status], ['UNAUTHORIZED', 401]);
});

test('a call over the limit is retried after the delay that the relay requests, with any method', async () => {
  const { user, tab } = await signedIn();
  await stack.sql(
    `insert into workflow_relay.calls (user_id, api_key_id, service_name, method, path, started_at, expires_at)
     select $1, gen_random_uuid(), 'plain', 'POST', '', now(), now() + interval '1 h' from generate_series(1, 5)`,
    [user.id],
  );
  const path = service.on((_, response) => response.end('ok'));
  const call = callIn(tab, path, { body: 'x' });
  await until(() => stack.requests.all().some(({ method, status }) => method === 'POST' && status === 429));
  assert.equal(asked(path), 0);
  await stack.sql('update workflow_relay.calls set finished_at = now() where user_id = $1', [user.id]);
  const seen = await call;
  assert.deepEqual([seen.status, seen.text, asked(path)], [200, 'ok', 1]);
});

test('after a lost response, a GET is sent again and a POST is not', async () => {
  const { tab } = await signedIn();
  for (const action of /** @type {const} */ (['resetAfterCommit', 'reset'])) {
    for (const [method, times] of /** @type {const} */ ([
      ['POST', 1],
      ['PATCH', 1],
      ['GET', 2],
      ['DELETE', 2],
    ])) {
      stack.faults.add({ match: { method, path: '/functions/v1/' }, action });
      stack.requests.clear();
      const path = service.on((_, response) => response.end('ok'));
      const seen = await callIn(tab, path, { method });
      if (times === 1) assert.deepEqual([seen.code, seen.attempts], ['NETWORK', 1], `${method} ${action}`);
      else assert.equal(seen.text, 'ok', `${method} ${action}`);
      assert.equal(relayed(method), times);
      assert.equal(asked(path), action === 'reset' ? times - 1 : times);
    }
  }
});

test('an expired token is replaced once, and the service is called once', async () => {
  const { user, tab } = await signedIn();
  const path = service.on((_, response) => response.end('ok'));
  const seen = await tab.run(
    async ([path, expired]) => {
      const fresh = env.token;
      const tokens = [expired, fresh];
      const { url, key } = env;
      wdb.configure({ url, key, accessToken: () => tokens.shift() ?? fresh });
      const response = await db.callService('plain', path, { body: 'x' });
      return [response.status, tokens.length];
    },
    [path, stack.signToken({ sub: user.id, exp: 1 })],
  );
  assert.deepEqual([seen, asked(path)], [[200, 0], 1]);
});

test('a call rejects when its user signs out, and the service’s request ends', async () => {
  const { tab } = await signedIn();
  const { path, arrival, closed } = service.hold();
  await tab.run((path) => {
    Object.assign(globalThis, { call: outcome(db.callService('plain', path, { body: 'x' })) });
  }, path);
  await arrival;
  const { error } = await tab.run(() => {
    env.token = null;
    wdb.authChanged();
    return /** @type {any} */ (globalThis).call;
  });
  assert.equal(error.code, 'ABORTED');
  await closed;
});

test('a call that exceeds its timeout rejects, and the service’s request ends', async () => {
  const { tab } = await signedIn();
  const { path, closed } = service.hold();
  const call = tab.run(
    (path) => outcome(db.with({ timeoutMs: 3_000 }).callService('plain', path, { body: 'x' })),
    path,
  );
  const { error } = await call;
  assert.deepEqual([error.code, error.attempts], ['TIMEOUT', 1]);
  await closed;
});

test('invalid input is refused by name, and nothing is sent', async () => {
  const { tab } = await signedIn();
  const messages = await tab.run(async () => {
    /** @type {any[][]} */
    const calls = [
      ['', 'x'],
      [7, 'x'],
      ['a/b', 'x'],
      ['plain', '../secret'],
      ['plain', 'a/%2e%2e/b'],
      ['plain', undefined],
      ['plain', 'x', { method: 'TRACE' }],
      ['plain', 'x', { method: 'GET', body: 'x' }],
      ['plain', 'x', { headers: { 'bad name': 'sk-secret' } }],
      ['plain', 'x', { headers: { good: 'sk-secret\n' + String.fromCharCode(0) } }],
      ['plain', 'x', { body: new ReadableStream() }],
      ['plain', 'x', { signal: {} }],
    ];
    const errors = await Promise.all(
      calls.map((args) => failure(/** @type {any} */ (db).callService(...args))),
    );
    return errors.map(({ code, message }) => `${code} ${message}`);
  });
  const named = ['service', 'service', 'service', 'path', 'path', 'path', 'init.method', 'init.body'];
  for (const [index, name] of [...named, 'init.headers', 'init.headers', 'init.body', 'signal'].entries()) {
    assert.ok(messages[index].startsWith(`INVALID_INPUT ${name}: expected `), messages[index]);
    assert.ok(!messages[index].includes('sk-secret'));
  }
  assert.equal(stack.requests.count({ path: '/functions/v1/' }), 0);
});

test('a custom fetch is used, it receives the given body object, and no event contains a value', async () => {
  const { tab } = await signedIn();
  const path = service.on(async (request, response) => {
    response.end(String(Buffer.concat(await request.toArray()).length));
  });
  const seen = await tab.run(async (path) => {
    const { url, key, token } = env;
    const body = new Blob(['confidential']);
    const sent = /** @type {boolean[]} */ ([]);
    const events = /** @type {unknown[]} */ ([]);
    const client = wdb.createClient({
      url,
      key,
      accessToken: () => token,
      onEvent: (event) => events.push(event),
      debug: true,
      fetch: (input, init) => {
        sent.push(init?.body === body);
        return fetch(input, init);
      },
    });
    const response = await client.db.callService('plain', `${path}?q=confidential`, { body });
    const text = await response.text();
    client.close();
    return { sent, text, events: JSON.stringify(events) };
  }, path);
  assert.deepEqual([seen.sent, seen.text], [[true], '12']);
  assert.ok(seen.events.includes('api-relay'));
  assert.ok(!seen.events.includes('confidential') && !seen.events.includes(path));
});

test('with the relay, a browser cannot reveal a key, and the error says what to call instead', async () => {
  const { user, tab } = await signedIn();
  const [{ id }] = await stack.sql('select id from api_keys where user_id = $1', [user.id]);
  const error = await tab.run((id) => outcome(db.revealApiKey(id)), id);
  assert.deepEqual([error.error.code, error.error.status], ['42501', 403]);
  assert.match(error.error.hint, /use db\.callService/);
});

test('without the migration or the function, the error says what is missing', async () => {
  const { tab } = await signedIn();
  const bare = await startStack({ port: 0 });
  try {
    const [ada] = bare.users;
    const error = await tab.run(
      async ([url, token]) => {
        const client = wdb.createClient({ url, key: env.key, accessToken: () => token });
        const failed = await failure(client.db.callService('replicate', 'x'));
        client.close();
        return { code: failed.code, hint: failed.hint };
      },
      /** @type {const} */ ([bare.url, bare.signToken({ sub: ada.id })]),
    );
    assert.equal(error.code, 'MIGRATION_REQUIRED');
    assert.match(error.hint, /supabase\/optional\/20260301000100_api_relay\.sql/);
  } finally {
    await bare.stop();
  }
  // The browser's console reports the other stack's refusal.
  world.takeProblems();
  stack.faults.add({
    match: { method: 'GET', path: '/functions/v1/' },
    action: 'status',
    status: 404,
    body: { code: 'NOT_FOUND' },
  });
  const missing = await callIn(tab, 'x', {});
  assert.deepEqual([missing.code, missing.status, missing.attempts], ['MIGRATION_REQUIRED', 404, 1]);
  assert.match(missing.hint, /Deploy supabase\/functions\/api-relay/);
});

test('a response that does not come from the relay is not returned as the service’s', async () => {
  const { tab } = await signedIn();
  const path = service.on((_, response) => response.end('ok'));
  stack.faults.add({
    match: { method: 'POST', path: '/functions/v1/' },
    action: 'status',
    status: 200,
    body: 'portal',
  });
  const portal = await callIn(tab, path, { body: 'x' });
  assert.deepEqual([portal.code, portal.attempts], ['NETWORK', 1]);
  stack.faults.add({ match: { method: 'GET', path: '/functions/v1/' }, action: 'status', status: 503 });
  const retried = await callIn(tab, path, {});
  assert.deepEqual([retried.text, asked(path)], ['ok', 1]);
});

test('no key reaches the page: neither requests, responses, storage nor logs contain it', async () => {
  const { tab, user } = await signedIn();
  /** @type {string[]} */
  const seen = [];
  tab.page.on('console', (message) => seen.push(message.text()));
  tab.page.on('request', (request) => seen.push(JSON.stringify(request.headers()), request.postData() ?? ''));
  tab.page.on('response', async (response) => {
    seen.push(JSON.stringify(response.headers()), await response.text().catch(() => ''));
  });
  const echo = service.on((request, response) => response.end(JSON.stringify(request.headers)));
  const { text } = await callIn(tab, echo, { body: 'x' });
  assert.match(text, /"authorization":"Bearer \*+"/);
  await until(async () => {
    const rows = await stack.sql("select from audit_logs where user_id = $1 and action = 'api_key_used'", [
      user.id,
    ]);
    return rows.length > 0;
  });
  const stored = await tab.run(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, cache.getStats()]),
  );
  assert.ok(![...seen, stored].some((piece) => piece.includes(SECRET)));
});
