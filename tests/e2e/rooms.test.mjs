// @ts-check
// Rooms in Chromium: several people and tabs, broken connections, refusals, limits, and the official client in the same
// room.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { createClient } from '@supabase/supabase-js';
import { useRooms } from './support/rooms.mjs';
import { sabotage } from './support/sabotage.mjs';
import { until } from './support/until.mjs';

/** @typedef {import('./support/fixtures.mjs').User} User */
/** @typedef {import('./support/world.mjs').Tab} Tab */

const require = createRequire(new URL('../../examples/local-stack/stack.mjs', import.meta.url));
/** @type {typeof import('ws')} */
const { WebSocket } = require('ws');

const { world, stack, ada, grace, mary, workflows, open, join, others, sees, setState, framesOf } =
  await useRooms();

test('two people in three tabs see each other once, with the latest state', async () => {
  const tabs = [await open(ada), await open(ada), await open(grace)];
  const [first, second, hers] = tabs;
  await join(first, { state: { at: 'first' } });
  await join(hers, { state: { at: 'hers' }, name: 'Grace Hopper' });
  await sees(first, [['Grace Hopper', { at: 'hers' }]]);
  await sees(hers, [['ada', { at: 'first' }]]);
  await join(second, { state: { at: 'second' } });
  await sees(hers, [['ada', { at: 'second' }]]);
  await sees(second, [['Grace Hopper', { at: 'hers' }]]);
  await setState(first, { at: 'first again', x: 1 });
  await sees(hers, [['ada', { at: 'first again', x: 1 }]]);
  await first.run(() => room.leave());
  await sees(hers, [['ada', { at: 'second' }]]);
  const member = await hers.run(() => ({ ...room.others[0] }));
  assert.equal(member.userId, ada.id);
  assert.match(member.color, /^#[0-9a-f]{6}$/);
  assert.ok(Math.abs(Date.now() - Date.parse(member.since)) < 60_000);
  await second.page.close();
  await sees(hers, []);
});

test('everyone sees a user in the same color', async () => {
  const [hers, third] = [await open(grace), await open(mary)];
  const watched = await open(ada);
  for (const tab of [hers, third, watched]) await join(tab, {});
  const color = (/** @type {Tab} */ tab) =>
    tab.run((id) => room.others.find((/** @type {any} */ { userId }) => userId === id)?.color, ada.id);
  await until(async () => (await color(hers)) !== undefined && (await color(third)) !== undefined);
  assert.equal(await color(hers), await color(third));
});

test('a state survives dropped connections, and no one is listed twice', async () => {
  const [his, hers] = [await open(ada), await open(grace)];
  await join(his, { state: { x: 0 } });
  await join(hers, { state: { y: 0 } });
  await setState(his, { x: 1 });
  await sees(hers, [['ada', { x: 1 }]]);
  stack.realtime.drop();
  await setState(his, { x: 2 });
  await until(() => his.run(() => seen.statuses.join() === 'live,reconnecting,live'), 20_000);
  await sees(hers, [['ada', { x: 2 }]]);
  await sees(his, [['grace', { y: 0 }]]);
  await setState(hers, { y: 1 });
  await sees(his, [['grace', { y: 1 }]]);
});

test('a killed tab leaves the room', async () => {
  const [hers, killed] = [await open(grace), await open(ada)];
  await join(hers, {});
  await join(killed, {});
  await sees(hers, [['ada', {}]]);
  const session = await killed.page.context().newCDPSession(killed.page);
  session.send('Page.crash').catch(() => {});
  await sees(hers, []);
  await killed.page.close();
  assert.deepEqual(world.takeProblems(), ['the page crashed']);
});

test('a silent connection leaves the room when the server closes it', async () => {
  const hers = await open(grace);
  await join(hers, {});
  // A client that sends messages is not silent.
  await hers.run(() => void setInterval(() => room.send('alive'), 100));
  stack.settings.change({ realtimeSilenceMs: 1_000 });
  const silent = new WebSocket(
    `${stack.url.replace('http', 'ws')}/realtime/v1/websocket?vsn=2.0.0&apikey=${stack.publishableKey}`,
  );
  after(() => silent.terminate());
  await new Promise((resolve) => silent.once('open', resolve));
  const topic = `realtime:workflow:${workflows.shared}`;
  const config = { private: true, presence: { key: mary.id, enabled: true } };
  silent.send(JSON.stringify(['1', '1', topic, 'phx_join', { config, access_token: mary.token }]));
  const payload = { name: 'Mary', since: 1, tab: 'a', at: 1, state: {} };
  silent.send(JSON.stringify(['1', '2', topic, 'presence', { event: 'track', payload }]));
  await sees(hers, [['Mary', {}]]);
  await sees(hers, []);
  assert.equal(await hers.run(() => room.status), 'live');
});

test('a room without access is an error, which ends when access is granted', async () => {
  const events = await open(grace, {});
  await join(events, { state: { x: 1 } }, workflows.alone, false);
  await until(() => events.run(() => room.status === 'error'));
  const refused = await events.run(() => ({
    ...room.error,
    message: room.error.message,
    others: room.others.length,
  }));
  assert.equal(refused.code, '42501');
  assert.match(refused.hint, /workflow_members\.sql/);
  assert.equal(refused.others, 0);
  const his = await open(ada);
  await join(his, {}, workflows.alone);
  await world.newMember(workflows.alone, grace, 'viewer');
  // The room is joined again with a new token, without a delay.
  await events.run(
    (token) => {
      env.token = token;
      wdb.authChanged();
    },
    stack.signToken({ sub: grace.id, email: grace.email, renewed: true }),
  );
  await until(() => events.run(() => room.status === 'live'));
  assert.equal(await events.run(() => room.error), null);
  await sees(his, [['grace', { x: 1 }]]);
});

test('the client’s events describe a room without revealing its states', async () => {
  const tab = await open(ada);
  const told = await tab.run(async (workflowId) => {
    /** @type {any[]} */
    const events = [];
    wdb.configure({
      url: env.url,
      key: env.key,
      accessToken: () => env.token,
      onEvent: (event) => events.push(event),
    });
    const room = wdb.getRealtimeManager().joinRoom(workflowId, { state: { secret: 'a secret' } });
    while (room.status !== 'live') await new Promise((resolve) => setTimeout(resolve, 10));
    return events;
  }, workflows.shared);
  const rooms = told.filter(({ type }) => type === 'room');
  assert.deepEqual(rooms, [{ type: 'room', workflowId: workflows.shared, status: 'live', code: undefined }]);
  assert.ok(!JSON.stringify(told).includes('secret'));
});

test('a state that exceeds a kilobyte or is not JSON is refused and changes nothing', async () => {
  const [his, hers] = [await open(ada), await open(grace)];
  await join(his, { state: { x: 1 } });
  await join(hers, {});
  const codes = await his.run((workflowId) => {
    const code = (/** @type {() => unknown} */ act) => {
      try {
        act();
        return 'none';
      } catch (error) {
        return /** @type {any} */ (error).code;
      }
    };
    const manager = wdb.getRealtimeManager();
    return [
      code(() => room.setState({ text: 'é'.repeat(510) })),
      code(() => room.setState({ ['n'.repeat(1_100)]: 1 })),
      code(() => room.setState({ at: NaN })),
      code(() => room.setState(/** @type {any} */ ([1]))),
      code(() => room.setState(/** @type {any} */ (null))),
      code(() => room.send('')),
      code(() => room.send('workflow-db:state')),
      code(() => room.send('wave', () => {})),
      code(() => room.send('wave', 1n)),
      code(() => room.on('wave', /** @type {any} */ (1))),
      code(() => manager.joinRoom('no uuid')),
      code(() => manager.joinRoom(workflowId, { name: 'x'.repeat(101) })),
      code(() => manager.joinRoom(workflowId, { state: { w: 'x'.repeat(2_000) } })),
      code(() => room.setState({ y: 'é'.repeat(400), x: undefined })),
    ];
  }, workflows.shared);
  assert.deepEqual(codes, [...Array(13).fill('INVALID_INPUT'), 'none']);
  await sees(hers, [['ada', { y: 'é'.repeat(400) }]]);
});

test('states are sent at most 20 times a second, and the last one arrives', async () => {
  const [his, hers] = [await open(ada), await open(grace)];
  const sent = framesOf(his.page);
  await join(his, { state: { x: 0 } });
  await join(hers, {});
  await his.run(async () => {
    const end = performance.now() + 2_000;
    for (let x = 1; performance.now() < end; x += 1) {
      room.setState({ x });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    room.setState({ x: 'last' });
  });
  await sees(hers, [['ada', { x: 'last' }]]);
  const states = sent.filter(({ event }) => event === 'broadcast');
  assert.ok(states.length > 5 && states.length <= 43, `${states.length} in 2 seconds`);
  // The presence contains it too, for people who join later. It changes rarely: hosted servers close channels that
  // change it often.
  const tracks = () => sent.filter(({ event }) => event === 'presence');
  assert.equal(tracks().length, 1);
  await until(() => tracks().length === 2, 15_000);
  assert.deepEqual(tracks()[1].payload.payload.state, { x: 'last' });
});

test('messages reach the others, and a handler that throws does not affect other handlers', async () => {
  const [his, hers] = [await open(ada), await open(grace)];
  await join(his, {});
  await join(hers, {});
  await sees(his, [['grace', {}]]);
  await hers.run(() => {
    room.on('wave', () => {
      throw new Error('a handler failed');
    });
    // Handlers run outside the engine's step, so they may do anything.
    room.on('wave', (payload) => {
      room.setState({ heard: payload });
      room.send('wave', 'back');
    });
  });
  assert.equal(await his.run(() => room.send('wave', { to: 'all' })), true);
  await until(() => his.run(() => seen.messages.length === 1));
  assert.deepEqual(await hers.run(() => seen.messages), [{ to: 'all' }]);
  await sees(his, [['grace', { heard: { to: 'all' } }]]);
  assert.match(String(world.takeProblems()), /a handler failed/);
});

test('components that join a room in one page share a channel and a state', async () => {
  const [his, hers] = [await open(ada), await open(grace)];
  const sent = framesOf(his.page);
  await join(his, { state: { x: 1 } });
  await join(hers, {});
  await his.run((workflowId) => {
    const second = wdb.getRealtimeManager().joinRoom(workflowId, { state: { x: 2, y: 2 } });
    Object.assign(globalThis, { second });
  }, workflows.shared);
  await sees(hers, [['ada', { x: 1, y: 2 }]]);
  assert.equal(await his.run(() => /** @type {any} */ (globalThis).second.status), 'live');
  await his.run(() => room.leave());
  await his.run(() => /** @type {any} */ (globalThis).second.setState({ z: 3 }));
  await sees(hers, [['ada', { x: 1, y: 2, z: 3 }]]);
  const left = await his.run(() => [room.status, room.others.length, room.send('wave')]);
  assert.deepEqual(left, ['closed', 0, false]);
  await his.run(() => /** @type {any} */ (globalThis).second[Symbol.dispose ?? 'leave']());
  await sees(hers, []);
  assert.equal(sent.filter(({ event }) => event === 'phx_join').length, 1);
});

test('an unchanged member stays the same object, and so does the list while nothing changes', async () => {
  const [his, hers, third] = [await open(ada), await open(grace), await open(mary)];
  await join(his, {});
  await join(hers, { state: { x: 1 } });
  await sees(his, [['grace', { x: 1 }]]);
  await his.run(() => void Object.assign(globalThis, { before: room.others }));
  await join(third, {});
  await until(async () => (await others(his)).length === 2);
  const facts = await his.run(() => {
    const [before] = /** @type {any} */ (globalThis).before;
    return [room.others.includes(before), /** @type {any} */ (globalThis).before.length, seen.told];
  });
  assert.deepEqual(facts.slice(0, 2), [true, 1]);
  await setState(hers, { x: 1 });
  await third.run(() => room.send('wave'));
  await until(() => his.run(() => seen.messages.length === 1));
  assert.equal(await his.run(() => seen.told), facts[2]);
});

test('a user who signs out leaves, and the next user is not in the room', async () => {
  const [his, hers] = [await open(ada), await open(mary)];
  await join(his, {});
  await join(hers, {});
  await sees(hers, [['ada', {}]]);
  await his.run((token) => {
    env.token = token;
    wdb.authChanged();
  }, grace.token);
  await sees(hers, []);
  assert.deepEqual(await his.run(() => [room.status, room.error.code, room.others.length]), [
    'closed',
    'ABORTED',
    0,
  ]);
});

test('a room joined before configure waits for it', async () => {
  const tab = await world.open({ configured: false });
  const status = await tab.run(async ([workflowId, token]) => {
    const room = wdb.getRealtimeManager().joinRoom(workflowId, { state: { x: 1 } });
    const before = room.status;
    wdb.configure({ url: env.url, key: env.key, accessToken: () => token });
    while (room.status !== 'live') await new Promise((resolve) => setTimeout(resolve, 10));
    return before;
  }, /** @type {const} */ ([workflows.shared, ada.token]));
  assert.equal(status, 'connecting');
});

test('a room survives an engine failure', async () => {
  const [his, hers] = [
    await world.open({ as: /** @type {User} */ (ada), configured: false }),
    await open(grace),
  ];
  await his.run(sabotage);
  await his.run(() => wdb.configure({ url: env.url, key: env.key, accessToken: () => env.token }));
  await join(his, { state: { x: 1, y: 1 } });
  await join(hers, { state: { z: 1 } });
  await setState(his, { x: 2, y: undefined });
  await sees(hers, [['ada', { x: 2 }]]);
  await his.run(async () => {
    const { trap } = /** @type {any} */ (globalThis);
    trap.arm(1);
    await outcome(db.getUserProfile(env.userId));
    trap.arm(Infinity);
  });
  await until(() => his.run(() => seen.statuses.join() === 'live,reconnecting,live'));
  await sees(hers, [['ada', { x: 2 }]]);
  await setState(his, { x: 3 });
  await sees(hers, [['ada', { x: 3 }]]);
  await sees(his, [['grace', { z: 1 }]]);
});

test('the official client and ours share a room', async () => {
  const his = await open(ada);
  await join(his, { state: { x: 1 } });
  const client = createClient(stack.url, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: /** @type {any} */ (WebSocket) },
  });
  after(() => client.realtime.disconnect());
  await client.realtime.setAuth(grace.token);
  const channel = client.channel(`workflow:${workflows.shared}`, {
    config: { private: true, presence: { key: grace.id } },
  });
  /** @type {any[]} */
  const heard = [];
  channel.on('broadcast', { event: 'wave' }, ({ payload }) => heard.push(payload));
  channel.on('presence', { event: 'sync' }, () => {});
  await new Promise((resolve) => channel.subscribe((status) => status === 'SUBSCRIBED' && resolve(status)));
  await until(() => ada.id in channel.presenceState());
  assert.deepEqual(/** @type {any} */ (channel.presenceState())[ada.id][0].state, { x: 1 });
  await channel.track({ name: 'Grace', state: { y: 2 } });
  await sees(his, [['Grace', { y: 2 }]]);
  // The official client sends it as bytes.
  await channel.send({ type: 'broadcast', event: 'wave', payload: { é: 1 } });
  await until(() => his.run(() => seen.messages.length === 1));
  assert.deepEqual(await his.run(() => seen.messages), [{ é: 1 }]);
  await his.run(() => room.send('wave', [1]));
  await until(() => heard.length === 1);
  assert.deepEqual(heard, [[1]]);
});
