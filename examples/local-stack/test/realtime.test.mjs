// @ts-check
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createClient } from '@supabase/supabase-js';
import { WebSocket } from 'ws';
import { rest, useStack } from './helpers.mjs';
import { connect, openSocket, refusal, waitFor } from './realtime-client.mjs';
import { useRealtime } from './realtime-helpers.mjs';

// Subscriptions: changes, tokens and refusals.
const { stack, ada, grace, token, insert, ALL, MINE } = await useRealtime();

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

test('the official client receives inserts, updates and deletes of its user, and none of other users', async () => {
  const [one, two] = [official(ada), official(grace)];
  await one.follow('mine', MINE);
  await two.follow('hers', { ...ALL, filter: `user_id=eq.${grace}` });
  // Unfiltered: only row security separates the users.
  await one.follow('all', ALL);
  const [row, other] = [await insert(), await insert(grace)];
  await stack.sql("update workflows set name = name || '!' where id = any($1)", [[row.id, other.id]]);
  // The server cannot show a row that was deleted before it checked the permissions.
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

test('rows written through PostgREST reach a subscription within a second', async () => {
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

test('connections need a valid key: the publishable one, or a JWT with role and exp', async () => {
  for (const apikey of [stack.publishableKey, stack.anonKey, stack.serviceKey]) {
    assert.ok(await connect(stack, { apikey }));
  }
  for (const apikey of ['', 'sb_publishable_other', stack.signToken({ exp: 1 }), `${stack.anonKey}x`]) {
    assert.equal(await refusal(openSocket(stack, { apikey })), 403);
  }
});

test('the publishable key as access_token has the role anon, which sees no rows', async () => {
  const client = await connect(stack);
  await client.subscribe('realtime:anon', [MINE], stack.publishableKey);
  assert.equal(stack.realtime.inspect().channels[0].role, 'anon');
  const { id } = await insert();
  await stack.sql('delete from workflows where id = $1', [id]);
  await stack.realtime.settle();
  await client.next(({ event }) => event === 'postgres_changes');
  assert.deepEqual(client.changes(), ['DELETE key']);
});

test("a new token's claims apply after a delay, which a second system message announces", async () => {
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

test('a channel closes exactly when its token expires, and the connection stays open', async () => {
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

test('a refused subscription is reported repeatedly, and succeeds once it is valid', async () => {
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

test('large unchanged values are absent unless the replica identity is full', async () => {
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

test('large numbers are not rounded', async () => {
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

test('without filtered deletes, every binding of the table receives every delete', async () => {
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

test('without a publication, only subscriptions are refused', async () => {
  const bare = await useStack({ seed: false, migrations: ['initial_schema'] });
  const client = await connect(bare);
  client.join('realtime:bare', [ALL], token);
  const { payload } = await client.next(({ event }) => event === 'system');
  assert.match(payload.message, /Please check Realtime is enabled/);
});
