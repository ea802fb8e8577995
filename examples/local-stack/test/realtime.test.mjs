// @ts-check
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { createClient } from '@supabase/supabase-js';
import { WebSocket } from 'ws';
import { Settings } from '../lib/settings.mjs';
import { rest, userNamed, useStack } from './helpers.mjs';
import { connect, openSocket, refusal, waitFor } from './realtime-client.mjs';

const stack = await useStack();
const [ada, grace] = ['ada', 'grace'].map((name) => userNamed(stack, name).id);
const token = stack.signToken({ sub: ada });
/** All workflows, of a table with `replica identity full` and row security. */
const ALL = { event: '*', schema: 'public', table: 'workflows' };
const MINE = { ...ALL, filter: `user_id=eq.${ada}` };
const { change: _, ...DEFAULTS } = new Settings();
let made = 0;

afterEach(() => {
  stack.settings.change(DEFAULTS);
  stack.faults.clear();
  stack.realtime.drop();
});

/** @param {string} [owner] @returns {Promise<{ id: string, name: string }>} */
async function insert(owner = ada) {
  made += 1;
  const name = `live-${made}`;
  const [{ id }] = await stack.sql('insert into workflows (user_id, name) values ($1, $2) returning id', [
    owner,
    name,
  ]);
  return { id, name };
}

/** @param {string} user */
function official(user) {
  const client = createClient(stack.url, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: /** @type {any} */ (WebSocket) },
  });
  after(() => client.realtime.disconnect());
  /** @type {string[]} */
  const seen = [];
  return {
    seen,
    /** @param {string} name @param {object} binding */
    async follow(name, binding) {
      await client.realtime.setAuth(stack.signToken({ sub: user }));
      const channel = client.channel(name);
      const ready = new Promise((resolve) => channel.on('system', {}, resolve));
      channel.on('postgres_changes', /** @type {any} */ (binding), (/** @type {any} */ payload) => {
        seen.push(`${payload.eventType} ${payload.new.name ?? payload.old.id}`);
      });
      await new Promise((resolve, reject) =>
        channel.subscribe((status, error) => (status === 'SUBSCRIBED' ? resolve(status) : reject(error))),
      );
      await ready;
    },
  };
}

test('the official client receives inserts, updates and deletes of its user, and nothing of another', async () => {
  const [one, two] = [official(ada), official(grace)];
  await one.follow('mine', MINE);
  await two.follow('hers', { ...ALL, filter: `user_id=eq.${grace}` });
  // Unfiltered: row security alone keeps the users apart.
  await one.follow('all', ALL);
  const [row, other] = [await insert(), await insert(grace)];
  await stack.sql("update workflows set name = name || '!' where id = any($1)", [[row.id, other.id]]);
  // No one sees a row that was deleted before the server read it.
  await stack.realtime.settle();
  await stack.sql('delete from workflows where id = $1', [row.id]);
  await stack.sql('delete from workflows where id = $1', [other.id]);
  await waitFor(() => two.seen.length >= 3 && one.seen.length >= 7);
  await stack.realtime.settle();
  assert.deepEqual(two.seen, [`INSERT ${other.name}`, `UPDATE ${other.name}!`, `DELETE ${other.id}`]);
  const twice = [`INSERT ${row.name}`, `UPDATE ${row.name}!`, `DELETE ${row.id}`].flatMap((seen) => [
    seen,
    seen,
  ]);
  // The unfiltered binding receives every user's deletes, with the key only.
  assert.deepEqual(one.seen, [...twice, `DELETE ${other.id}`]);
});

test('rows come through PostgREST into a subscription within the same second', async () => {
  const client = await connect(stack);
  await client.subscribe('realtime:rest', [MINE], token);
  const begin = performance.now();
  const response = await rest(stack, 'workflows', {
    method: 'POST',
    body: JSON.stringify({ user_id: ada, name: 'over http' }),
  });
  assert.equal(response.status, 201);
  await client.next(({ event }) => event === 'postgres_changes');
  assert.ok(performance.now() - begin < 1000);
});

test('connections need a good key: the publishable one, or a JWT with role and exp', async () => {
  for (const apikey of [stack.publishableKey, stack.anonKey, stack.serviceKey]) {
    assert.ok(await connect(stack, { apikey }));
  }
  for (const apikey of ['', 'sb_publishable_other', stack.signToken({ exp: 1 }), `${stack.anonKey}x`]) {
    assert.equal(await refusal(openSocket(stack, { apikey })), 403);
  }
});

test('the publishable key as access_token stands for anon, whom row security shows nothing', async () => {
  const client = await connect(stack);
  await client.subscribe('realtime:anon', [MINE], stack.publishableKey);
  assert.equal(stack.realtime.inspect().channels[0].role, 'anon');
  const { id } = await insert();
  await stack.sql('delete from workflows where id = $1', [id]);
  await stack.realtime.settle();
  await client.next(({ event }) => event === 'postgres_changes');
  assert.deepEqual(client.changes(), ['DELETE key']);
});

test("a new token's claims count after a while, which a second system message announces", async () => {
  stack.settings.change({ realtimeTokenMs: 300 });
  const client = await connect(stack);
  await client.subscribe('realtime:swap', [ALL], token);
  client.push('access_token', 'realtime:swap', { access_token: stack.signToken({ sub: grace }) });
  const first = await insert(ada);
  await client.next(({ payload }) => payload.data?.record?.name === first.name);
  await waitFor(() => client.frames.filter(({ event }) => event === 'system').length === 2);
  await insert(ada);
  const last = await insert(grace);
  await client.next(({ payload }) => payload.data?.record?.name === last.name);
  assert.deepEqual(client.changes(), [`INSERT ${first.name}`, `INSERT ${last.name}`]);
});

test('a channel ends exactly when its token does, and the connection goes on', async () => {
  const client = await connect(stack);
  const exp = Math.floor(Date.now() / 1000) + 2;
  await client.subscribe('realtime:exp', [MINE], stack.signToken({ sub: ada, exp }));
  const close = await client.next(({ event }) => event === 'phx_close');
  assert.ok(Date.now() >= exp * 1000 - 5 && Date.now() < exp * 1000 + 500);
  const error = client.frames.at(-2);
  assert.deepEqual(error?.payload, {
    channel: 'exp',
    extension: 'system',
    message: `Access token has expired: [message: "Invalid token", claim: "exp", claim_val: ${exp}]`,
    status: 'error',
  });
  assert.equal(close.ref, 'realtime:exp');
  assert.equal(stack.realtime.inspect().channels.length, 0);
  const ref = client.push('heartbeat', 'phoenix');
  await client.next((frame) => frame.ref === ref);
});

test('a refused subscription is reported again and again, and succeeds once it can', async () => {
  stack.settings.change({ realtimeErrorMs: 100 });
  const client = await connect(stack);
  client.join('realtime:later', [{ ...ALL, table: 'later' }, MINE], token);
  const errors = () => client.frames.filter(({ payload }) => payload.status === 'error').length;
  await waitFor(() => errors() >= 3);
  await insert();
  await stack.realtime.settle();
  assert.deepEqual(client.changes(), []);
  await stack.sql(
    'create table later (id int primary key); alter publication supabase_realtime add table later',
  );
  await client.next(({ event, payload }) => event === 'system' && payload.status === 'ok');
  await stack.sql('drop table later');
});

test('unchanged big values are absent unless the replica identity is full', async () => {
  await stack.sql(`create table big (id int primary key, n int, body text);
    alter table big alter column body set storage external;
    grant select on big to authenticated; alter publication supabase_realtime add table big`);
  const client = await connect(stack);
  await client.subscribe('realtime:big', [{ ...ALL, table: 'big' }], token);
  const last = () => client.frames.at(-1)?.payload.data;
  await stack.sql("insert into big values (1, 1, repeat('x', 9000))");
  await waitFor(() => last()?.record?.body?.length === 9000);
  await stack.sql('update big set n = 2');
  await waitFor(() => last()?.type === 'UPDATE');
  assert.deepEqual([last().record, last().old_record, last().errors], [{ id: 1, n: 2 }, { id: 1 }, null]);
  await stack.sql('alter table big replica identity full; update big set n = 3');
  await waitFor(() => last()?.record?.n === 3);
  assert.deepEqual([last().record.body.length, last().old_record.n], [9000, 2]);

  stack.settings.change({ realtimeMaxRecordBytes: 5000 });
  await stack.sql('update big set n = 4');
  await waitFor(() => last()?.record?.n === 4);
  assert.deepEqual(last().errors, ['Error 413: Payload Too Large']);
  assert.deepEqual(last().record, { id: 1, n: 4 });
  await stack.sql('drop table big');
});

test('big numbers pass unrounded', async () => {
  await stack.sql(`create table numbers (id bigint primary key); grant select on numbers to authenticated;
    alter publication supabase_realtime add table numbers`);
  const client = await connect(stack);
  await client.subscribe('realtime:numbers', [{ ...ALL, table: 'numbers' }], token);
  let text = '';
  client.ws.on('message', (message) => (text = message.toString()));
  await stack.sql('insert into numbers values (9223372036854775807)');
  await waitFor(() => text.includes('"id":9223372036854775807'));
  await stack.sql('drop table numbers');
});

test('without filtered deletes every binding of the table is told of every delete', async () => {
  const client = await connect(stack);
  await client.subscribe('realtime:deletes', [MINE], token);
  const foreign = await insert(grace);
  await stack.sql('delete from workflows where id = $1', [foreign.id]);
  await stack.realtime.settle();
  stack.settings.change({ realtimeFilteredDeletes: false });
  const other = await insert(grace);
  await stack.sql('delete from workflows where id = $1', [other.id]);
  const { payload } = await client.next(({ event }) => event === 'postgres_changes');
  assert.deepEqual(payload.data.old_record, { id: other.id });
});

test('500 rows of one transaction arrive complete and in order', async () => {
  const client = await connect(stack);
  await client.subscribe('realtime:burst', [MINE], token);
  await stack.sql(
    `insert into workflows (user_id, name) select $1, 'burst ' || i from generate_series(1, 500) i`,
    [ada],
  );
  await waitFor(() => client.changes().length >= 500);
  assert.deepEqual(
    client.changes(),
    Array.from({ length: 500 }, (_, index) => `INSERT burst ${index + 1}`),
  );
});

test('a cold server loses what is committed between the reply and the system message', async () => {
  stack.settings.change({ realtimeColdMs: 400 });
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

test('a restart closes with 1012, or with 1006, and takes no connections while it is down', async () => {
  const first = await connect(stack);
  stack.realtime.restart({ downMs: 300 });
  await waitFor(() => first.closed === 1012);
  assert.equal(await refusal(openSocket(stack)), 0);
  await waitFor(() => stack.realtime.inspect().sockets === 0);
  stack.realtime.restart();
  const second = await connect(stack);
  stack.realtime.restart({ code: 1006 });
  await waitFor(() => second.closed === 1006);
});

test('drop cuts every connection', async () => {
  const clients = [await connect(stack), await connect(stack)];
  stack.realtime.drop();
  await waitFor(() => clients.every(({ closed }) => closed === 1006));
});

test('a frozen connection stays open and says nothing more; new ones work', async () => {
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

test('delayed frames come late and in order, duplicated ones two times', async () => {
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

test('changes committed while the server has lost the database are never sent, without notice', async () => {
  const client = await connect(stack);
  await client.subscribe('realtime:gap', [MINE], token);
  const count = client.frames.length;
  await stack.realtime.breakReplication({ ms: 50 });
  await insert();
  await stack.realtime.settle();
  const row = await insert();
  await client.next(({ event }) => event === 'postgres_changes');
  assert.deepEqual(client.changes(), [`INSERT ${row.name}`]);
  assert.equal(client.frames.length, count + 1);
});

test('a replication connection that Postgres ends is opened again', async () => {
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

test('upgrades are refused with a status, by a rule that lasts until it is cleared', async () => {
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

test('a silent connection is closed with 1000, a talking one is not', async () => {
  stack.settings.change({ realtimeSilenceMs: 300 });
  const [silent, talking] = [await connect(stack), await connect(stack)];
  const heartbeat = setInterval(() => talking.push('heartbeat', 'phoenix'), 50);
  await waitFor(() => silent.closed === 1000);
  clearInterval(heartbeat);
  assert.equal(talking.closed, null);
});

test('what is no frame of the version closes the connection with 1011', async () => {
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

test('too many channels of a connection and too many joins a second are refused', async () => {
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

test('nothing is left of the replication once the stack stops, and without sockets there is none', async () => {
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

test('without a publication subscriptions are refused, and nothing else suffers', async () => {
  const bare = await useStack({ seed: false, migrations: ['initial_schema'] });
  const client = await connect(bare);
  client.join('realtime:bare', [ALL], token);
  const { payload } = await client.next(({ event }) => event === 'system');
  assert.match(payload.message, /Please check Realtime is enabled/);
});
