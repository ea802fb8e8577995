// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { echo, refusal, startService, useRelay } from './relay-helpers.mjs';

/** @typedef {import('./relay-helpers.mjs').Handler} Handler */

const service = await startService();
const relay = await useRelay({
  services: { plain: service.url, 'second-service': `${service.url}/v2/`, closed: 'http://127.0.0.1:1' },
});
const { stack, call, userWithKey, uses } = relay;

test('the service receives method, path, query, body and the key, and its response is returned', async () => {
  const user = await userWithKey('plain');
  const path = service.on(echo);
  const response = await call(user, `plain/${path}?a=1&b=%2F..%2F`, {
    method: 'PUT',
    body: 'hello',
    headers: { 'Content-Type': 'text/plain' },
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('x-relay'), 'service');
  const { headers: _, ...seen } = /** @type {any} */ (await response.json());
  assert.deepEqual(seen, { method: 'PUT', url: `/${path}?a=1&b=%2F..%2F`, length: 5, body: 'hello' });
  const sent = service.requests.at(-1)?.headers;
  assert.equal(sent?.authorization, `Bearer ${user.secret}`);
  assert.equal(sent['content-length'], '5');
});

test('each service receives the key of the calling user, and no other', async () => {
  const [one, other] = [await userWithKey('plain'), await userWithKey('plain')];
  await relay.giveKey(one, 'second-service', 'second');
  const path = service.on(echo);
  await Promise.all(
    [one, other].map((user) => call(user, `plain/${path}`, { headers: { accept: user.id } })),
  );
  for (const { id, secret } of [one, other]) {
    const [sent] = service.requests.filter(({ headers }) => headers.accept === id);
    assert.equal(sent.headers.authorization, `Bearer ${secret}`);
  }
  await call(one, 'second-service/models');
  assert.deepEqual(
    [service.requests.at(-1)?.url, service.requests.at(-1)?.headers.authorization],
    ['/v2/models', 'Bearer second'],
  );
});

test('a user without a key is refused, and no request is sent', async () => {
  const owner = await userWithKey('plain');
  const user = await relay.newUser();
  const before = service.requests.length;
  assert.deepEqual(await refusal(await call(user, 'plain/x')), [404, 'error', 'NOT_FOUND']);
  assert.deepEqual(await refusal(await call(owner, 'unknown/x')), [404, 'error', 'NOT_FOUND']);
  await stack.sql('update api_keys set is_active = false where id = $1', [owner.keyId]);
  assert.deepEqual(await refusal(await call(owner, 'plain/x')), [404, 'error', 'NOT_FOUND']);
  assert.equal(service.requests.length, before);
});

test('statuses of the service are returned unchanged, and marked as the service’s', async () => {
  const user = await userWithKey('plain');
  for (const status of [201, 204, 304, 400, 401, 404, 418, 429, 500, 503]) {
    const path = service.on((_, response) => response.writeHead(status, { 'Retry-After': '7' }).end());
    const response = await call(user, `plain/${path}`);
    const seen = [response.status, response.headers.get('x-relay'), response.headers.get('retry-after')];
    assert.deepEqual(seen, [status, 'service', '7']);
    assert.equal(service.requests.filter(({ url }) => url === `/${path}`).length, 1);
  }
});

test('events are streamed: the first arrives before the second is sent', async () => {
  const user = await userWithKey('plain');
  let next = () => {};
  const path = service.on((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    let number = 0;
    next = () => response.write(`data: ${++number}\n\n`);
    next();
    if (number === 3) response.end();
  });
  const response = await call(user, `plain/${path}`);
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  for (const number of [1, 2, 3]) {
    const { value } = await reader.read();
    assert.equal(Buffer.from(value ?? []).toString(), `data: ${number}\n\n`);
    next();
  }
  await reader.cancel();
});

test('a client that disconnects before the response ends the service’s request', async () => {
  const user = await userWithKey('plain');
  const { path, arrival, closed } = service.hold();
  const controller = new AbortController();
  const outcome = call(user, `plain/${path}`, { signal: controller.signal }).catch((error) => error.name);
  await arrival;
  controller.abort();
  assert.equal(await outcome, 'AbortError');
  await closed;
  const [{ details }] = await uses(user, 1);
  assert.deepEqual([details.status, details.outcome], [null, 'aborted']);
});

test('a client that disconnects during a response ends the service’s request', async () => {
  const user = await userWithKey('plain');
  const { path, closed } = service.hold('begun');
  const controller = new AbortController();
  const response = await call(user, `plain/${path}`, { signal: controller.signal });
  const reader = /** @type {ReadableStream} */ (response.body).getReader();
  await reader.read();
  controller.abort();
  await closed;
  const [{ details }] = await uses(user, 1);
  assert.deepEqual([details.status, details.outcome, details.response_bytes], [200, 'aborted', 5]);
});

test('a truncated response of the service is cut off; an unreachable or disconnecting service causes a 502', async () => {
  const user = await userWithKey('plain');
  const breaking = service.on((_, response) => {
    response.writeHead(200, { 'Content-Length': '100' }).write('half');
    response.socket?.end();
  });
  const response = await call(user, `plain/${breaking}`);
  assert.equal(response.status, 200);
  await assert.rejects(response.text());
  const hangingUp = service.on((request) => request.socket.destroy());
  assert.deepEqual(await refusal(await call(user, `plain/${hangingUp}`)), [
    502,
    'error',
    'SERVICE_UNREACHABLE',
  ]);
  await relay.giveKey(user, 'closed', 'x');
  assert.deepEqual(await refusal(await call(user, 'closed/x')), [502, 'error', 'SERVICE_UNREACHABLE']);
  const rows = await uses(user, 3);
  const outcomes = rows.map(({ details }) => [details.status, details.outcome]);
  assert.deepEqual(outcomes, [
    [200, 'broken'],
    [null, 'unreachable'],
    [null, 'unreachable'],
  ]);
});

test('only listed request headers reach the service', async () => {
  const user = await userWithKey('plain');
  const path = service.on(echo);
  const listed = {
    accept: 'text/html',
    'accept-language': 'de',
    'content-type': 'x/y',
    'idempotency-key': 'k',
  };
  await call(user, `plain/${path}`, {
    body: 'b',
    headers: {
      ...listed,
      apikey: stack.publishableKey,
      cookie: 'a=b',
      'x-api-key': 'mine',
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-host': 'evil.example',
      forwarded: 'for=203.0.113.9',
      'x-client-info': 'c',
      'anthropic-version': '1',
      origin: 'https://app.example',
      referer: 'https://app.example/secret',
    },
  });
  const { headers } = /** @type {any} */ (service.requests.at(-1));
  for (const [name, value] of Object.entries(listed)) assert.equal(headers[name], value);
  const ofTheRuntime = ['host', 'content-length', 'user-agent', 'accept-encoding', 'connection'];
  const names = [...Object.keys(listed), 'authorization', ...ofTheRuntime];
  assert.deepEqual(
    Object.keys(headers).filter((name) => !names.includes(name)),
    [],
  );
});

test('only listed response headers reach the browser', async () => {
  const user = await userWithKey('plain');
  const path = service.on((_, response) => {
    response.writeHead(200, {
      'Content-Type': 'text/plain',
      'Set-Cookie': 'session=1',
      'X-Relay': 'error',
      'X-Request-Id': 'r1',
      'X-RateLimit-Remaining': '9',
      'Access-Control-Allow-Origin': 'https://evil.example',
      Location: 'https://evil.example',
      Server: 's',
      'Content-Security-Policy': 'x',
    });
    response.end('ok');
  });
  const response = await call(user, `plain/${path}`);
  const ofTheServer = ['connection', 'date', 'keep-alive', 'transfer-encoding'];
  assert.deepEqual(
    Object.fromEntries([...response.headers].filter(([name]) => !ofTheServer.includes(name))),
    {
      'access-control-allow-origin': '*',
      'access-control-expose-headers': '*',
      'cache-control': 'no-store',
      'content-type': 'text/plain',
      'x-content-type-options': 'nosniff',
      'x-ratelimit-remaining': '9',
      'x-relay': 'service',
      'x-request-id': 'r1',
    },
  );
});

test('a compressed response arrives decompressed', async () => {
  const user = await userWithKey('plain');
  const { gzipSync } = await import('node:zlib');
  const path = service.on((_, response) => {
    response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Type': 'text/plain' });
    response.end(gzipSync('unpacked'));
  });
  const response = await call(user, `plain/${path}`);
  assert.equal(response.headers.get('content-encoding'), null);
  assert.equal(await response.text(), 'unpacked');
});

test('a preflight succeeds without a token, and allows every listed header', async () => {
  const response = await call({}, 'anthropic/v1/messages', {
    method: 'OPTIONS',
    headers: {
      origin: 'https://app.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,apikey,content-type,anthropic-version',
    },
  });
  assert.equal(response.status, 204);
  const allowed = response.headers.get('access-control-allow-headers')?.split(', ') ?? [];
  for (const name of ['authorization', 'apikey', 'content-type', 'anthropic-version', 'x-runway-version']) {
    assert.ok(allowed.includes(name), name);
  }
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  const refused = await call({}, 'plain/x');
  assert.equal(refused.headers.get('access-control-allow-origin'), '*');
});

test('redirects are followed at most three times, and never to another origin', async () => {
  const user = await userWithKey('plain');
  const target = service.on(echo);
  const elsewhere = await startService();
  const stolen = elsewhere.on(echo);
  const to = (/** @type {number} */ status, /** @type {string} */ location) =>
    service.on((_, response) => response.writeHead(status, { Location: location }).end());

  const kept = await call(user, `plain/${to(307, `/${target}`)}`, { body: 'again' });
  assert.deepEqual([kept.status, /** @type {any} */ (await kept.json()).body], [200, 'again']);
  const changed = await call(user, `plain/${to(303, `${service.url}/${target}`)}`, { body: 'once' });
  const { method, length } = /** @type {any} */ (await changed.json());
  assert.deepEqual([method, length], ['GET', 0]);

  for (const location of [
    `${elsewhere.url}/${stolen}`,
    `//127.0.0.1:${elsewhere.port}/${stolen}`,
    `http://localhost:${service.port}/${target}`,
    `https://127.0.0.1:${service.port}/${target}`,
    `http://user@127.0.0.1:${elsewhere.port}/`,
    'file:///etc/passwd',
    'http://169.254.169.254/latest/meta-data',
    'http://[',
  ]) {
    const refused = await call(user, `plain/${to(302, location)}`);
    assert.deepEqual(await refusal(refused), [502, 'error', 'REDIRECT_REFUSED'], location);
  }
  assert.equal(elsewhere.requests.length, 0);

  let times = 0;
  const loop = service.on((request, response) => {
    times += 1;
    response.writeHead(302, { Location: request.url }).end();
  });
  assert.deepEqual(await refusal(await call(user, `plain/${loop}`)), [502, 'error', 'REDIRECT_REFUSED']);
  assert.equal(times, 4);
});
