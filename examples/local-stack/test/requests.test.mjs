// @ts-check
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { beforeEach, test } from 'node:test';
import { rest, useStack, userNamed } from './helpers.mjs';

const stack = await useStack();

beforeEach(() => {
  stack.requests.clear();
});

test('the log contains method, path, status, user, Prefer and fault, but no token', async () => {
  stack.faults.add({ match: { method: 'POST' }, action: 'status', status: 503 });
  await rest(stack, 'workflows?select=id');
  await rest(stack, 'workflows', {
    as: 'grace',
    method: 'POST',
    body: '{}',
    headers: { Prefer: 'return=minimal' },
  });
  await fetch(`${stack.url}/rest/v1/workflows?apikey=${stack.anonKey}`);
  const [read, write, anonymous] = stack.requests.all();

  const { at, ...rest1 } = read;
  assert.ok(Math.abs(Date.now() - at) < 5000);
  assert.deepEqual(rest1, {
    method: 'GET',
    path: '/rest/v1/workflows?select=id',
    status: 200,
    sub: userNamed(stack, 'ada').id,
    prefer: null,
    host: new URL(stack.url).host,
    fault: null,
  });
  assert.deepEqual(
    [write.status, write.sub, write.prefer, write.fault],
    [503, userNamed(stack, 'grace').id, 'return=minimal', 'status'],
  );
  assert.equal(anonymous.sub, null);
  assert.ok(!JSON.stringify(stack.requests.all()).includes(stack.anonKey));
});

test('counts match method and path, and include preflights only on request', async () => {
  await fetch(`${stack.url}/rest/v1/workflows`, {
    method: 'OPTIONS',
    headers: { 'Access-Control-Request-Method': 'GET' },
  });
  await rest(stack, 'workflows?select=id');
  await rest(stack, 'api_keys?select=id');
  assert.equal(stack.requests.count(), 2);
  assert.equal(stack.requests.count({ path: 'api_keys' }), 1);
  assert.equal(stack.requests.count({ path: /^\/rest/, method: 'GET' }), 2);
  assert.equal(stack.requests.count({ method: 'OPTIONS' }), 1);
});

test('the log can be read and cleared over HTTP, and does not contain these requests', async () => {
  await rest(stack, 'workflows?select=id');
  const read = async () =>
    /** @type {any} */ (await (await fetch(`${stack.url}/_stack/requests?path=workflows`)).json());
  assert.equal((await read()).count, 1);
  assert.equal((await read()).requests[0].method, 'GET');
  assert.equal((await fetch(`${stack.url}/_stack/requests`, { method: 'DELETE' })).status, 204);
  assert.deepEqual(await read(), { count: 0, requests: [] });
});

test('connections are reused, or closed after each response if so configured', async () => {
  const connection = async () => (await rest(stack, 'workflows?select=id')).headers.get('connection');
  assert.equal(await connection(), 'keep-alive');
  const set = (/** @type {unknown} */ value) =>
    fetch(`${stack.url}/_stack/settings`, {
      method: 'PATCH',
      body: JSON.stringify({ closeConnections: value }),
    });
  assert.equal((await set(true)).status, 200);
  assert.equal(await connection(), 'close');
  assert.equal((await set('yes')).status, 400);
  assert.equal((await set(false)).status, 200);
  assert.equal(await connection(), 'keep-alive');
});

test("the controls accept only requests to this machine's own names", async () => {
  const { port } = new URL(stack.url);
  const status = await new Promise((resolve, reject) => {
    const ask = request({
      port,
      host: '127.0.0.1',
      path: '/_stack/requests',
      headers: { Host: 'rebound.example.com' },
    });
    ask.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
    ask.end();
  });
  assert.equal(status, 403);
});
