// @ts-check
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { refusal, startService, useRelay } from './relay-helpers.mjs';

/** @typedef {import('./relay-helpers.mjs').Handler} Handler */

const service = await startService();
const relay = await useRelay({
  services: { plain: service.url, 'second-service': `${service.url}/v2/`, closed: 'http://127.0.0.1:1' },
});
const { stack, call, userWithKey, uses } = relay;
const BODY_LIMIT = 10 * 1024 * 1024;

/** Answers with what the service was sent. @type {Handler} */
async function echo(request, response) {
  const body = Buffer.concat(await request.toArray());
  const { method, url, headers } = request;
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(
    JSON.stringify({ method, url, headers, length: body.length, body: body.toString().slice(0, 100) }),
  );
}

test('the service gets method, path, query, body and the key, and its answer comes back', async () => {
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

test('each service gets the key of the user who calls, and no other', async () => {
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

test('without a key of their own, a user is refused and the service is not asked', async () => {
  const owner = await userWithKey('plain');
  const user = await relay.newUser();
  const before = service.requests.length;
  assert.deepEqual(await refusal(await call(user, 'plain/x')), [404, 'error', 'NOT_FOUND']);
  assert.deepEqual(await refusal(await call(owner, 'unknown/x')), [404, 'error', 'NOT_FOUND']);
  await stack.sql('update api_keys set is_active = false where id = $1', [owner.keyId]);
  assert.deepEqual(await refusal(await call(owner, 'plain/x')), [404, 'error', 'NOT_FOUND']);
  assert.equal(service.requests.length, before);
});

test('statuses of the service are passed on as they are, and marked as its own', async () => {
  const user = await userWithKey('plain');
  for (const status of [201, 204, 304, 400, 401, 404, 418, 429, 500, 503]) {
    const path = service.on((_, response) => response.writeHead(status, { 'Retry-After': '7' }).end());
    const response = await call(user, `plain/${path}`);
    const seen = [response.status, response.headers.get('x-relay'), response.headers.get('retry-after')];
    assert.deepEqual(seen, [status, 'service', '7']);
    assert.equal(service.requests.filter(({ url }) => url === `/${path}`).length, 1);
  }
});

test('events are passed on one by one: the first arrives before the second is sent', async () => {
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

/** A service whose request or answer stays open, and a promise of its end. */
function openAnswer(/** @type {boolean} */ begins) {
  let ended = /** @type {Promise<unknown>} */ (Promise.resolve());
  /** @type {(value?: unknown) => void} */
  let arrived = () => {};
  const arrival = new Promise((resolve) => (arrived = resolve));
  const path = service.on((_, response) => {
    ended = once(response, 'close');
    if (begins) response.writeHead(200).write('begun');
    arrived();
  });
  return { path, arrival, ended: () => ended };
}

test('a client that goes away before the answer ends the call at the service', async () => {
  const user = await userWithKey('plain');
  const { path, arrival, ended } = openAnswer(false);
  const controller = new AbortController();
  const outcome = call(user, `plain/${path}`, { signal: controller.signal }).catch((error) => error.name);
  await arrival;
  controller.abort();
  assert.equal(await outcome, 'AbortError');
  await ended();
  const [{ details }] = await uses(user, 1);
  assert.deepEqual([details.status, details.outcome], [null, 'aborted']);
});

test('a client that goes away in the middle of an answer ends the call at the service', async () => {
  const user = await userWithKey('plain');
  const { path, ended } = openAnswer(true);
  const controller = new AbortController();
  const response = await call(user, `plain/${path}`, { signal: controller.signal });
  const reader = /** @type {ReadableStream} */ (response.body).getReader();
  await reader.read();
  controller.abort();
  await ended();
  const [{ details }] = await uses(user, 1);
  assert.deepEqual([details.status, details.outcome, details.response_bytes], [200, 'aborted', 5]);
});

test('a service that breaks off breaks the answer off; one that is not there, or hangs up, is 502', async () => {
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

test('request headers that are not on the list do not reach the service', async () => {
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

test('response headers that are not on the list do not reach the browser', async () => {
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

test('a compressed answer arrives decompressed', async () => {
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

test('a preflight is answered without a token, for every header that is passed on', async () => {
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

test('a body of 10 MB is passed on; a longer one is refused by the bytes that arrive, and the service is not asked', async () => {
  const user = await userWithKey('plain');
  const path = service.on(echo);
  const whole = await call(user, `plain/${path}`, { body: Buffer.alloc(BODY_LIMIT) });
  assert.equal(/** @type {any} */ (await whole.json()).length, BODY_LIMIT);

  const before = service.requests.length;
  const announced = await call(user, `plain/${path}`, { body: Buffer.alloc(BODY_LIMIT + 1) });
  assert.deepEqual(await refusal(announced), [413, 'error', 'PAYLOAD_TOO_LARGE']);
  let left = 12;
  const chunks = new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(Buffer.alloc(1024 * 1024));
      else controller.close();
    },
  });
  const streamed = await call(user, `plain/${path}`, /** @type {any} */ ({ body: chunks, duplex: 'half' }));
  assert.deepEqual(await refusal(streamed), [413, 'error', 'PAYLOAD_TOO_LARGE']);
  assert.equal(service.requests.length, before);
  assert.equal((await uses(user, 1)).length, 1, 'a refused body is no call');
});

test('an answer of more than 10 MB is refused where its length is announced, and broken off where it is not', async () => {
  const user = await userWithKey('plain');
  const announced = service.on((_, response) => {
    response.writeHead(200, { 'Content-Length': String(BODY_LIMIT + 1) }).write('x');
  });
  assert.deepEqual(await refusal(await call(user, `plain/${announced}`)), [
    502,
    'error',
    'PAYLOAD_TOO_LARGE',
  ]);
  const endless = service.on(async (_, response) => {
    response.writeHead(200);
    while (!response.destroyed)
      if (!response.write(Buffer.alloc(1024 * 1024)))
        await Promise.race([once(response, 'drain'), once(response, 'close')]);
  });
  const response = await call(user, `plain/${endless}`);
  await assert.rejects(response.arrayBuffer());
  const [first, second] = await uses(user, 2);
  assert.deepEqual([first.details.outcome, second.details.outcome], ['too_large', 'too_large']);
  assert.ok(second.details.response_bytes < BODY_LIMIT + 1024 * 1024);
});

test('calls over the limit of one user are refused while others are under way, and the service is not asked', async () => {
  const user = await userWithKey('plain');
  const other = await userWithKey('plain');
  const { path, ended } = openAnswer(true);
  const responses = await Promise.all(Array.from({ length: 9 }, () => call(user, `plain/${path}`)));
  const refused = responses.filter(({ status }) => status === 429);
  assert.equal(refused.length, 4);
  for (const response of refused) {
    assert.equal(response.headers.get('retry-after'), '1');
    assert.deepEqual(await refusal(response), [429, 'error', 'RATE_LIMITED']);
  }
  assert.equal(service.requests.filter(({ url }) => url === `/${path}`).length, 5);
  assert.equal((await call(other, `plain/${service.on(echo)}`)).status, 200);
  for (const { body, status } of responses) if (status === 200) await body?.cancel();
  await ended();
  await uses(user, 5);
  assert.equal((await call(user, `plain/${service.on(echo)}`)).status, 200);
});

test('the 61st call within a minute is refused with the time until the next one may begin', async () => {
  const user = await userWithKey('plain');
  await stack.sql(
    `insert into workflow_relay.calls (user_id, api_key_id, service_name, method, path, started_at, expires_at, finished_at)
     select $1, $2, 'plain', 'POST', '', now() - interval '30 s', now(), now() from generate_series(1, 59)`,
    [user.id, user.keyId],
  );
  assert.equal((await call(user, `plain/${service.on(echo)}`)).status, 200);
  const response = await call(user, `plain/${service.on(echo)}`);
  assert.deepEqual(await refusal(response), [429, 'error', 'RATE_LIMITED']);
  const seconds = Number(response.headers.get('retry-after'));
  assert.ok(seconds >= 1 && seconds <= 30, `${seconds} s`);
});

test('the audit row of a call has service, path, status, duration and sizes, and neither query, header nor body', async () => {
  const user = await userWithKey('plain', 'sk-audited');
  const path = service.on((_, response) => response.writeHead(202).end('confidential answer'));
  const response = await call(user, `plain/${path}?token=confidential`, {
    body: 'confidential question',
    headers: {
      'user-agent': 'audit test',
      'x-forwarded-for': '203.0.113.7',
      'idempotency-key': 'confidential',
    },
  });
  await response.text();
  const [{ resource_type, resource_id, details, ip_address, user_agent }] = await uses(user, 1);
  assert.deepEqual(
    { resource_type, resource_id, ip_address, user_agent },
    {
      resource_type: 'api_key',
      resource_id: user.keyId,
      ip_address: '203.0.113.7',
      user_agent: 'audit test',
    },
  );
  const { duration_ms: duration, ...rest } = details;
  assert.ok(Number.isInteger(duration) && duration >= 0);
  assert.deepEqual(rest, {
    service_name: 'plain',
    method: 'POST',
    path,
    status: 202,
    outcome: 'answered',
    request_bytes: 'confidential question'.length,
    response_bytes: 'confidential answer'.length,
  });
  const all = await stack.sql('select * from audit_logs where user_id = $1', [user.id]);
  assert.ok(!JSON.stringify(all).includes('confidential'));
  assert.ok(!JSON.stringify(all).includes('sk-audited'));
});

test('redirects are followed on the same origin, at most three times, and never to another one', async () => {
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

test('a database that is not there is 503, before the service is asked', async () => {
  const user = await userWithKey('plain');
  const before = service.requests.length;
  // Runtimes send a request once more when a kept connection turns out to be closed.
  stack.faults.add({ match: { path: 'rpc/begin_api_relay_call' }, action: 'refuse', times: 'always' });
  assert.deepEqual(await refusal(await call(user, 'plain/x')), [503, 'error', 'RELAY_UNAVAILABLE']);
  stack.faults.clear();
  stack.faults.add({ match: { path: 'auth/v1/user' }, action: 'status', status: 500 });
  assert.deepEqual(await refusal(await call(user, 'plain/x')), [503, 'error', 'RELAY_UNAVAILABLE']);
  assert.equal(service.requests.length, before);
});

test('the end of a call is recorded although the first attempt at that fails', async () => {
  const user = await userWithKey('plain');
  stack.faults.add({ match: { path: 'rpc/finish_api_relay_call' }, action: 'resetAfterCommit' });
  await (await call(user, `plain/${service.on(echo)}`)).text();
  assert.equal((await uses(user, 1)).length, 1);
  const [{ open }] = await stack.sql(
    'select count(*)::int as open from workflow_relay.calls where user_id = $1 and finished_at is null',
    [user.id],
  );
  assert.equal(open, 0);
});
