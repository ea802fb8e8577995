// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { useStack } from './helpers.mjs';
import { connect, openSocket, refusal, waitFor } from './realtime-client.mjs';
import { useRealtime } from './realtime-helpers.mjs';

// Connections: failures, delays, limits, and the controls for tests.
const { stack, ada, token, insert, ALL, MINE } = await useRealtime();

test('a cold server loses commits between the reply and the system message', async () => {
  stack.settings.change({ realtimeColdMs: 2000 });
  stack.realtime.restart();
  const client = await connect(stack);
  client.join('realtime:cold', [MINE], token);
  await client.next(({ event }) => event === 'phx_reply');
  await insert();
  await stack.realtime.settle();
  await client.next(({ event }) => event === 'system');
  const row = await insert();
  await client.next(({ event }) => event === 'postgres_changes');
  assert.deepEqual(client.changes(), [`INSERT ${row.name}`]);
});

test('a restart closes connections with 1012 or 1006, and refuses new ones while the server is down', async () => {
  const first = await connect(stack);
  stack.realtime.restart({ downMs: Infinity });
  await waitFor(() => first.closed === 1012);
  assert.equal(await refusal(openSocket(stack)), 0);
  await waitFor(() => stack.realtime.inspect().sockets === 0);
  stack.realtime.restart();
  const second = await connect(stack);
  stack.realtime.restart({ code: 1006 });
  await waitFor(() => second.closed === 1006);
});

test('drop closes every connection without a close frame', async () => {
  const clients = [await connect(stack), await connect(stack)];
  stack.realtime.drop();
  await waitFor(() => clients.every(({ closed }) => closed === 1006));
});

test('a frozen connection stays open without sending anything; new ones work', async () => {
  const [dead, alive] = [await connect(stack), await connect(stack)];
  await dead.subscribe('realtime:dead', [MINE], token);
  alive.ws.terminate();
  stack.realtime.freeze();
  const count = dead.frames.length;
  dead.push('heartbeat', 'phoenix');
  const next = await connect(stack);
  await next.subscribe('realtime:next', [MINE], token);
  await insert();
  await next.next(({ event }) => event === 'postgres_changes');
  assert.deepEqual([dead.frames.length, dead.closed, dead.ws.readyState], [count, null, WebSocket.OPEN]);
});

test('delayed frames arrive late and in order, duplicated ones twice', async () => {
  stack.settings.change({ realtimeDelayMs: 200, realtimeDuplicates: true });
  const client = await connect(stack);
  const begin = performance.now();
  client.join('realtime:slow', [MINE], token);
  await waitFor(() => client.frames.length === 6);
  assert.ok(performance.now() - begin >= 199);
  const events = client.frames.map(({ event }) => event);
  assert.deepEqual(
    events,
    ['phx_reply', 'presence_state', 'system'].flatMap((event) => [event, event]),
  );
  stack.settings.change({ realtimeDelayMs: 0, realtimeDuplicates: false });
});

test('changes committed while the server has lost the database are never sent or reported', async () => {
  const client = await connect(stack);
  await client.subscribe('realtime:gap', [MINE], token);
  const count = client.frames.length;
  let restore = () => {};
  const until = new Promise((resolve) => (restore = () => resolve(undefined)));
  await stack.realtime.breakReplication({ until });
  await insert();
  restore();
  await stack.realtime.settle();
  const row = await insert();
  await client.next(({ event }) => event === 'postgres_changes');
  assert.deepEqual(client.changes(), [`INSERT ${row.name}`]);
  assert.equal(client.frames.length, count + 1);
});

test('the server reopens a replication connection that Postgres ended', async () => {
  const client = await connect(stack);
  await client.subscribe('realtime:killed', [MINE], token);
  await stack.sql('select pg_terminate_backend(active_pid) from pg_replication_slots');
  let gone = false;
  while (!gone) [{ gone }] = await stack.sql('select count(*) = 0 as gone from pg_replication_slots');
  await stack.realtime.settle();
  const row = await insert();
  await client.next(({ event }) => event === 'postgres_changes');
  assert.deepEqual(client.changes(), [`INSERT ${row.name}`]);
});

test('settle resolves although the connection that it waits for is lost', async () => {
  await connect(stack);
  await stack.realtime.settle();
  const settled = stack.realtime.settle();
  await stack.realtime.breakReplication({ ms: 0 });
  await settled;
});

test('a fault rule refuses upgrades with a status until it is cleared', async () => {
  for (const status of [401, 403, 404, 429, 500]) {
    stack.faults.add({ match: { path: '/realtime/v1' }, action: 'status', status, times: 2 });
    assert.equal(await refusal(openSocket(stack)), status);
    assert.equal(await refusal(openSocket(stack)), status);
  }
  stack.faults.add({ match: { path: '/realtime/v1' }, action: 'reset' });
  assert.equal(await refusal(openSocket(stack)), 0);
  stack.faults.add({ match: { path: '/realtime/v1' }, action: 'hang' });
  openSocket(stack).on('error', () => {});
  await waitFor(() => stack.faults.pending.length === 0);
  assert.ok(await connect(stack));
});

test('a silent connection is closed with 1000, an active one stays open', async () => {
  stack.settings.change({ realtimeSilenceMs: 1000 });
  const [silent, talking] = [await connect(stack), await connect(stack)];
  const heartbeat = setInterval(() => talking.push('heartbeat', 'phoenix'), 50);
  await waitFor(() => silent.closed === 1000);
  clearInterval(heartbeat);
  assert.equal(talking.closed, null);
});

test('a frame that the version does not allow closes the connection with 1011', async () => {
  for (const frame of [
    'no json',
    '[null,"1","phoenix","heartbeat",{}]',
    '{"topic":1}',
    Buffer.from([1, 2]),
  ]) {
    const client = await connect(stack);
    client.ws.send(frame);
    await waitFor(() => client.closed === 1011);
  }
});

test('too many channels of a connection and too many joins per second are refused', async () => {
  stack.settings.change({ realtimeMaxChannels: 2 });
  const client = await connect(stack);
  for (const name of ['a', 'b', 'c', 'd']) client.join(`realtime:${name}`, []);
  const refused = await client.next(({ payload }) => payload.status === 'error');
  assert.deepEqual([refused.topic, refused.payload.response.reason], ['realtime:d', 'Too many channels']);

  stack.settings.change({ realtimeMaxChannels: 100, realtimeMaxJoinsPerSecond: 6 });
  const before = stack.realtime.inspect().joins;
  for (let index = 0; index < 20; index += 1) client.join('realtime:again', []);
  await client.next(({ payload }) => payload.response?.reason === 'Too many joins per second');
  assert.ok(stack.realtime.inspect().joins - before <= 6);
});

test('tests can see connections, channels, bindings and joins, and act on them over HTTP', async () => {
  const client = await connect(stack);
  const { joins } = stack.realtime.inspect();
  await client.subscribe('realtime:seen', [MINE, ALL], token);
  const control = (/** @type {RequestInit} */ init) => fetch(`${stack.url}/_stack/realtime`, init);
  assert.deepEqual(await (await control({})).json(), {
    sockets: 1,
    joins: joins + 1,
    channels: [
      {
        socket: 0,
        topic: 'realtime:seen',
        bindings: [MINE, ALL],
        sub: ada,
        role: 'authenticated',
        subscribed: true,
      },
    ],
  });
  assert.equal((await control({ method: 'POST', body: '{"action":"close"}' })).status, 400);
  assert.equal((await control({ method: 'POST', body: '{"action":"drop"}' })).status, 200);
  await waitFor(() => client.closed === 1006);
});

test('replication starts with the first socket, and leaves nothing when the stack stops', async () => {
  const quiet = await useStack({ seed: false });
  assert.deepEqual(await quiet.sql('select from pg_replication_slots'), []);
  const client = await connect(quiet);
  await client.subscribe('realtime:stop', [ALL], token);
  assert.equal((await quiet.sql('select from pg_replication_slots where temporary')).length, 1);
  const begin = performance.now();
  await quiet.stop();
  assert.ok(performance.now() - begin < 2000);
  await waitFor(() => client.closed === 1006);
});
