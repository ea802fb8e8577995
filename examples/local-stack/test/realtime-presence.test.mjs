// @ts-check
// Broadcast, presence and private channels with the official client.
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { createClient } from '@supabase/supabase-js';
import { WebSocket } from 'ws';
import { Settings } from '../lib/settings.mjs';
import { userNamed, useStack } from './helpers.mjs';
import { connect, waitFor } from './realtime-client.mjs';

const stack = await useStack();
const [ada, grace] = ['ada', 'grace'].map((name) => userNamed(stack, name).id);
const { change: _, ...DEFAULTS } = new Settings();
const VERSIONS = /** @type {const} */ (['1.0.0', '2.0.0']);

await stack.sql(`
  create policy room_read on realtime.messages for select to authenticated
    using (realtime.topic() like 'room:' || (select auth.uid()) || '%' or realtime.topic() = 'room:all');
  create policy room_write on realtime.messages for insert to authenticated
    with check (realtime.topic() = 'room:all' and extension = 'broadcast' or realtime.topic() like 'room:' || (select auth.uid()) || '%')
`);

afterEach(() => {
  stack.settings.change(DEFAULTS);
  stack.realtime.drop();
});

/** @param {string} user @param {'1.0.0' | '2.0.0'} [vsn] */
async function official(user, vsn = '2.0.0') {
  const client = createClient(stack.url, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: /** @type {any} */ (WebSocket), vsn },
  });
  after(() => client.realtime.disconnect());
  await client.realtime.setAuth(stack.signToken({ sub: user }));
  return client;
}

/**
 * @param {import('@supabase/supabase-js').SupabaseClient} client
 * @param {string} name
 * @param {object} [config]
 */
function room(client, name, config) {
  const channel = client.channel(name, { config: { private: true, ...config } });
  /** @type {string[]} */
  const seen = [];
  channel.on('presence', { event: 'sync' }, () =>
    seen.push(`sync ${Object.keys(channel.presenceState()).sort()}`),
  );
  channel.on('presence', { event: 'join' }, ({ key }) => seen.push(`join ${key}`));
  channel.on('presence', { event: 'leave' }, ({ key }) => seen.push(`leave ${key}`));
  channel.on('broadcast', { event: '*' }, ({ event, payload }) => {
    seen.push(`${event} ${payload instanceof ArrayBuffer ? payload.byteLength : JSON.stringify(payload)}`);
  });
  const joined = new Promise((resolve, reject) =>
    channel.subscribe((status, error) =>
      status === 'SUBSCRIBED' ? resolve(status) : reject(error ?? status),
    ),
  );
  return { channel, seen, joined };
}

for (const vsn of VERSIONS) {
  test(`the official client tracks, sees others arrive and leave, and untracks (${vsn})`, async () => {
    const name = 'room:all-public';
    const [one, two] = [await official(ada, vsn), await official(grace, vsn)];
    const first = room(one, name, { private: false, presence: { key: 'ada' } });
    await first.joined;
    assert.equal(await first.channel.track({ at: 1 }), 'ok');
    const second = room(two, name, { private: false, presence: { key: 'grace' } });
    await second.joined;
    await waitFor(() => second.seen.includes('sync ada'));
    assert.equal(await second.channel.track({ at: 2 }), 'ok');
    await waitFor(() => first.seen.includes('join grace'));
    assert.equal(/** @type {any} */ (first.channel.presenceState()).grace[0].at, 2);
    assert.equal(await second.channel.untrack(), 'ok');
    await waitFor(() => first.seen.at(-1) === 'sync ada');
    assert.equal(await second.channel.track({ at: 4 }), 'ok');
    await waitFor(() => first.seen.at(-1) === 'sync ada,grace');
    await two.realtime.disconnect();
    await waitFor(() => first.seen.at(-1) === 'sync ada');
  });

  test(`the official client broadcasts to the others, and optionally to itself (${vsn})`, async () => {
    const name = 'room:all-public';
    const [one, two] = [await official(ada, vsn), await official(grace, vsn)];
    const first = room(one, name, { private: false, broadcast: { self: true, ack: true } });
    const second = room(two, name, { private: false });
    await Promise.all([first.joined, second.joined]);
    const send = (/** @type {any} */ payload) =>
      first.channel.send({ type: 'broadcast', event: 'wave', payload });
    assert.equal(await send({ to: 'all' }), 'ok');
    await waitFor(
      () => second.seen.includes('wave {"to":"all"}') && first.seen.includes('wave {"to":"all"}'),
    );
    await second.channel.send({ type: 'broadcast', event: 'back', payload: { é: 1 } });
    await waitFor(() => first.seen.includes('back {"é":1}'));
    assert.ok(!second.seen.includes('back {"é":1}'));
  });
}

test('replacing an entry sends one message with both entries', async () => {
  const [watcher, member] = [await connect(stack), await connect(stack)];
  for (const [client, key] of /** @type {const} */ ([
    [watcher, 'watcher'],
    [member, 'member'],
  ])) {
    client.push('phx_join', 'realtime:room', { config: { presence: { key, enabled: true } } });
    await client.next(({ event }) => event === 'presence_state');
  }
  for (const at of [1, 1, 2]) {
    member.push('presence', 'realtime:room', { type: 'presence', event: 'track', payload: { at } });
  }
  const diffs = () =>
    watcher.frames.filter(({ event }) => event === 'presence_diff').map(({ payload }) => payload);
  await waitFor(() => diffs().length === 2);
  const [first, second] = diffs();
  const [before] = first.joins.member.metas;
  const [after] = second.joins.member.metas;
  assert.deepEqual(second.leaves, { member: { metas: [before] } });
  assert.deepEqual([after.phx_ref_prev, after.at], [before.phx_ref, 2]);
});

test('clients of both versions receive each other’s messages, except for bytes that JSON cannot represent', async () => {
  const [one, two, three] = [await official(ada, '1.0.0'), await official(grace), await official(ada)];
  const rooms = [one, two, three].map((client) => room(client, 'room:all-public', { private: false }));
  await Promise.all(rooms.map(({ joined }) => joined));
  const send = (/** @type {number} */ from, /** @type {any} */ payload) =>
    rooms[from].channel.send({ type: 'broadcast', event: `from ${from}`, payload });
  await send(0, { a: 1 });
  await send(1, new Uint8Array([1, 2, 3]).buffer);
  await send(1, { b: 2 });
  await waitFor(() => rooms[2].seen.includes('from 1 {"b":2}') && rooms[0].seen.includes('from 1 {"b":2}'));
  assert.ok(rooms[1].seen.includes('from 0 {"a":1}') && rooms[2].seen.includes('from 1 3'));
  assert.ok(!rooms[0].seen.includes('from 1 3'));
});

test('a private channel shares nothing with a public one of the same name', async () => {
  const client = await official(ada);
  const [own, open] = [room(client, 'room:all'), room(await official(grace), 'room:all', { private: false })];
  await Promise.all([own.joined, open.joined]);
  const witness = room(await official(grace), 'room:all');
  await witness.joined;
  await own.channel.send({ type: 'broadcast', event: 'secret', payload: {} });
  await waitFor(() => witness.seen.includes('secret {}'));
  assert.ok(!open.seen.includes('secret {}'));
});

test('row security decides who joins a private channel', async () => {
  const client = await official(grace);
  await room(client, `room:${grace}`).joined;
  await assert.rejects(
    room(client, `room:${ada}`).joined,
    /permissions to read from this Channel topic: room:/,
  );
  const anonymous = await connect(stack);
  const ref = anonymous.push('phx_join', 'realtime:room:all', { config: { private: true } });
  const { payload } = await anonymous.next((frame) => frame.ref === ref);
  assert.equal(payload.status, 'error');
});

test('row security decides who may write in a private channel, separately for each extension', async () => {
  const [one, two] = [room(await official(ada), 'room:all'), room(await official(grace), 'room:all')];
  await Promise.all([one.joined, two.joined]);
  assert.equal(await one.channel.track({ at: 1 }), 'error');
  await one.channel.send({ type: 'broadcast', event: 'hello', payload: {} });
  await waitFor(() => two.seen.includes('hello {}'));
  assert.deepEqual(two.channel.presenceState(), {});
});

test('authorizing a private channel leaves nothing in the database', async () => {
  const { joined } = room(await official(ada), `room:${ada}`);
  await joined;
  assert.deepEqual(await stack.sql('select * from realtime.messages'), []);
});

test('a channel whose new token no longer reads it is closed', async () => {
  const client = await connect(stack);
  const topic = `realtime:room:${ada}`;
  const ref = client.push('phx_join', topic, {
    config: { private: true },
    access_token: stack.signToken({ sub: ada }),
  });
  assert.equal((await client.next((frame) => frame.ref === ref)).payload.status, 'ok');
  client.push('access_token', topic, { access_token: stack.signToken({ sub: grace }) });
  const { payload } = await client.next(({ event }) => event === 'system');
  assert.match(payload.message, /^You no longer have permission to read from this Channel topic: room:/);
  await client.next(({ event }) => event === 'phx_close');
});

test('a channel that changes its presence too often is closed, as on hosted servers', async () => {
  const { channel, joined } = room(await official(ada), `room:${ada}`);
  await joined;
  const closed = new Promise((resolve) => channel.on('system', {}, ({ message }) => resolve(message)));
  for (let at = 0; at < 6; at += 1) void channel.track({ at });
  assert.equal(await closed, 'Client presence rate limit exceeded');
});

test('a silent client leaves when the server closes its connection', async () => {
  const watcher = room(await official(ada), `room:${ada}`, { presence: { key: 'watcher' } });
  await watcher.joined;
  stack.settings.change({ realtimeSilenceMs: 300 });
  const silent = await connect(stack);
  const topic = `realtime:room:${ada}`;
  const config = { private: true, presence: { key: 'silent', enabled: true } };
  silent.push('phx_join', topic, { config, access_token: stack.signToken({ sub: ada }) });
  await silent.next(({ event }) => event === 'presence_state');
  silent.push('presence', topic, { type: 'presence', event: 'track', payload: {} });
  await waitFor(() => watcher.seen.includes('join silent'));
  await waitFor(() => watcher.seen.includes('leave silent'));
});
