// @ts-check
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { echo, refusal, startService, useRelay } from './relay-helpers.mjs';

// The limits of the relay, and its records of calls.
const service = await startService();
const { stack, call, userWithKey, uses } = await useRelay({ services: { plain: service.url } });
const BODY_LIMIT = 10 * 1024 * 1024;

test('a body of 10 MB is forwarded; a longer one is refused by its actual length, and no request is sent', async () => {
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
  assert.equal((await uses(user, 1)).length, 1, 'a refused body does not count as a call');
});

test('a response of more than 10 MB is refused by its announced length, or cut off without one', async () => {
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

test('concurrent calls over the limit of a user are refused, and no request is sent', async () => {
  const user = await userWithKey('plain');
  const other = await userWithKey('plain');
  const { path, closed } = service.hold('begun');
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
  await closed;
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

test('the audit row of a call contains service, path, status, duration and sizes, but no query, header or body', async () => {
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

test('an unreachable database causes a 503, and no request is sent', async () => {
  const user = await userWithKey('plain');
  const before = service.requests.length;
  // Runtimes repeat a request if a reused connection turns out to be closed.
  stack.faults.add({ match: { path: 'rpc/begin_api_relay_call' }, action: 'refuse', times: 'always' });
  assert.deepEqual(await refusal(await call(user, 'plain/x')), [503, 'error', 'RELAY_UNAVAILABLE']);
  stack.faults.clear();
  stack.faults.add({ match: { path: 'auth/v1/user' }, action: 'status', status: 500 });
  assert.deepEqual(await refusal(await call(user, 'plain/x')), [503, 'error', 'RELAY_UNAVAILABLE']);
  assert.equal(service.requests.length, before);
});

test('the end of a call is recorded even if the first attempt to record it fails', async () => {
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
