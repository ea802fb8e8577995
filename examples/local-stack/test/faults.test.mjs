// @ts-check
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { rest, useStack, userNamed } from './helpers.mjs';

const stack = await useStack();
const userId = userNamed(stack, 'ada').id;
let made = 0;

beforeEach(() => {
  stack.faults.clear();
  stack.requests.clear();
});

/** @param {AbortSignal} [signal] */
async function insert(signal) {
  made += 1;
  const body = JSON.stringify({ user_id: userId, name: `Fault ${made}` });
  return rest(stack, 'workflows', {
    method: 'POST',
    body,
    signal,
    headers: { Prefer: 'return=representation' },
  });
}

/** The number of rows from the last insert. */
async function committed() {
  return (await stack.sql('select from workflows where name = $1', [`Fault ${made}`])).length;
}

const list = () => rest(stack, 'workflows?select=*');

test('latency delays a request before it reaches PostgREST', async () => {
  stack.faults.add({ action: 'latency', ms: 1000 });
  const begin = performance.now();
  const answer = insert();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await committed(), 0);
  assert.equal((await answer).status, 201);
  assert.ok(performance.now() - begin >= 999);
  assert.equal(await committed(), 1);
});

test('latencyAfter delays the response to a committed write', async () => {
  stack.faults.add({ action: 'latencyAfter', ms: 200 });
  const begin = performance.now();
  assert.equal((await insert()).status, 201);
  assert.ok(performance.now() - begin >= 199);

  let release = () => {};
  const until = new Promise((resolve) => (release = () => resolve(undefined)));
  stack.faults.add({ action: 'latencyAfter', until });
  const answer = insert();
  while ((await committed()) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(stack.requests.all()[1].status, null);
  release();
  assert.equal((await answer).status, 201);
});

test('status responds instead of PostgREST, with the given body and headers', async () => {
  stack.faults.add({
    action: 'status',
    status: 429,
    headers: { 'Retry-After': '2' },
    body: { message: 'slow down' },
  });
  const response = await insert();
  assert.equal(response.status, 429);
  assert.equal(response.headers.get('retry-after'), '2');
  assert.deepEqual(await response.json(), { message: 'slow down' });
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  assert.equal(await committed(), 0);
  stack.faults.add({ action: 'status', status: 502, body: '<html>Bad Gateway</html>' });
  assert.equal(await (await list()).text(), '<html>Bad Gateway</html>');
});

for (const action of /** @type {const} */ (['refuse', 'reset'])) {
  test(`${action} ends the connection before anything is written`, async () => {
    stack.faults.add({ action });
    await assert.rejects(insert(), TypeError);
    assert.equal(await committed(), 0);
    assert.equal(stack.requests.all()[0].status, null);
  });
}

test('resetAfterCommit loses the response to a committed write', async () => {
  stack.faults.add({ action: 'resetAfterCommit' });
  await assert.rejects(insert(), TypeError);
  assert.equal(await committed(), 1);
});

test('hang never responds and writes nothing', async () => {
  stack.faults.add({ action: 'hang' });
  await assert.rejects(insert(AbortSignal.timeout(250)), { name: 'TimeoutError' });
  assert.equal(await committed(), 0);
});

test('truncate announces a body and sends half of it', async () => {
  stack.faults.add({ action: 'truncate' });
  const response = await list();
  assert.equal(response.status, 200);
  const promised = Number(response.headers.get('content-length'));
  assert.ok(promised > 100);
  let received = 0;
  await assert.rejects(async () => {
    for await (const chunk of /** @type {any} */ (response.body)) received += chunk.length;
  });
  assert.ok(received < promised);
});

test('twice executes a write two times and returns the second response', async () => {
  stack.faults.add({ action: 'twice' });
  const second = await insert();
  assert.equal(second.status, 409);
  assert.equal(/** @type {any} */ (await second.json()).code, '23505');
  assert.equal(await committed(), 1);
  assert.equal(stack.requests.count(), 1);

  stack.faults.add({ action: 'twice' });
  const id = crypto.randomUUID();
  const replay = await rest(stack, 'workflows?on_conflict=id', {
    method: 'POST',
    body: JSON.stringify({ id, user_id: userId, name: `Replayed ${id}` }),
    headers: { Prefer: 'resolution=ignore-duplicates,return=representation' },
  });
  assert.deepEqual([replay.status, await replay.json()], [201, []]);
});

test('a rule applies to the given number of matching requests, after those it skips', async () => {
  stack.faults.add({
    match: { method: 'get', path: 'workflows' },
    action: 'status',
    status: 503,
    skip: 1,
    times: 2,
  });
  const statuses = [];
  for (let index = 0; index < 5; index += 1) statuses.push((await list()).status);
  assert.deepEqual(statuses, [200, 503, 503, 200, 200]);
  assert.equal(stack.faults.pending.length, 0);
});

test('a rule may match by method, by part of the path, by expression and by header', async () => {
  const statuses = async (/** @type {import('../lib/faults.mjs').Match} */ match) => {
    stack.faults.clear();
    stack.faults.add({ match, action: 'status', status: 418, times: 'always' });
    const tagged = await rest(stack, 'workflows?select=id', { headers: { 'X-Tag': 'blue' } });
    return [(await insert()).status, (await rest(stack, 'api_keys?select=id')).status, tagged.status];
  };
  assert.deepEqual(await statuses({ method: 'POST' }), [418, 200, 200]);
  assert.deepEqual(await statuses({ path: '/api_keys' }), [201, 418, 200]);
  assert.deepEqual(await statuses({ path: /select=id$/ }), [201, 418, 418]);
  assert.deepEqual(await statuses({ path: '^/rest/v1/work.*select' }), [201, 200, 418]);
  assert.deepEqual(await statuses({ header: { 'X-Tag': 'blue' } }), [201, 200, 418]);
});

test('faults reach the auth service too', async () => {
  stack.faults.add({ match: { path: '/auth/v1/token' }, action: 'status', status: 500 });
  const response = await fetch(`${stack.url}/auth/v1/token?grant_type=password`, {
    method: 'POST',
    headers: { apikey: stack.anonKey },
    body: '{}',
  });
  assert.equal(response.status, 500);
});

test('a preflight uses up no rule', async () => {
  stack.faults.add({ action: 'status' });
  const headers = { 'Access-Control-Request-Method': 'POST' };
  assert.equal((await fetch(`${stack.url}/rest/v1/workflows`, { method: 'OPTIONS', headers })).status, 204);
  assert.equal((await list()).status, 503);
});

test('an invalid rule is refused by name, and no rule of its list is added', () => {
  const odd = [
    { action: 'explode' },
    { action: 'reset', times: 0 },
    { action: 'status', status: 99 },
    { action: 'hang', ms: -1 },
  ];
  for (const rule of odd) {
    assert.throws(() => stack.faults.add(/** @type {any} */ ([{ action: 'reset' }, rule])), TypeError);
  }
  assert.equal(stack.faults.pending.length, 0);
});

test('rules can be set, seen and cleared over HTTP', async () => {
  const control = (/** @type {RequestInit} */ init) => fetch(`${stack.url}/_stack/faults`, init);
  const rule = { match: { path: 'workflows' }, action: 'status', status: 500, times: 'always' };
  assert.equal((await control({ method: 'POST', body: JSON.stringify(rule) })).status, 201);
  assert.deepEqual(await (await control({})).json(), [rule]);
  assert.equal((await list()).status, 500);
  assert.equal((await control({ method: 'DELETE' })).status, 204);
  assert.equal((await list()).status, 200);
  assert.equal((await control({ method: 'POST', body: '{"action":"explode"}' })).status, 400);
  assert.equal((await control({ method: 'POST', body: 'no json' })).status, 400);
});

test('hangAfterCommit commits and never responds', async () => {
  stack.faults.add({ action: 'hangAfterCommit' });
  const abort = new AbortController();
  const answer = insert(abort.signal);
  while ((await committed()) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(stack.requests.all()[0].status, null);
  abort.abort();
  await assert.rejects(answer, { name: 'AbortError' });
  assert.equal(await committed(), 1);
});

test('without PostgREST the gateway returns 502, and 200 once it is started again', async () => {
  await stack.stopPostgrest();
  assert.equal((await list()).status, 502);
  await stack.startPostgrest();
  assert.equal((await list()).status, 200);
});

test('a database crash closes every connection and loses no committed change', async () => {
  await insert();
  const backends = "select pid from pg_stat_activity where usename = 'authenticator'";
  const before = (await stack.sql(backends)).map(({ pid }) => pid);
  assert.ok(before.length > 0);
  await stack.crashDatabase();
  const after = (await stack.sql(backends)).map(({ pid }) => pid);
  assert.ok(!after.some((pid) => before.includes(pid)));
  assert.equal(await committed(), 1);
  while ((await list()).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
});
