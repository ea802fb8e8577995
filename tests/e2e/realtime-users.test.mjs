// @ts-check
// Tokens that are renewed or expire, and changes of user, while a page has subscriptions.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFollowing, signIn, signOut } from './support/following.mjs';
import { useLive } from './support/live.mjs';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

/** @typedef {import('./support/world.mjs').Tab} Tab */

const world = await useWorld({ seed: true });
const { stack, newUser, newWorkflow } = world;
const { follow, begin, told, hears, rest, status, stands } = useLive(world);
const [ada, grace] = stack.users;

const seconds = () => Math.floor(Date.now() / 1000);
const tokenOf = (/** @type {{ id: string }} */ { id }, secondsLeft = 3600) =>
  stack.signToken({ sub: id, exp: seconds() + secondsLeft });

/** The tokens that a page sent on its channels. @param {import('playwright-core').Page} page */
function shownOn(page) {
  /** @type {string[]} */
  const shown = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const [, , , event, content] = JSON.parse(String(payload));
      if (event === 'access_token' || event === 'phx_join') shown.push(content.access_token);
    }),
  );
  return shown;
}

/** @param {Tab} tab @param {string | null} token */
const useToken = (tab, token, tell = true) =>
  tab.run(([token, tell]) => {
    env.token = token;
    if (tell) wdb.authChanged();
  }, /** @type {const} */ ([token, tell]));

before(() => stack.realtime.restart());

test('a new token of the same user reaches the socket through authChanged', async () => {
  const user = await newUser('ada');
  const tab = await world.open({ as: user });
  const shown = shownOn(tab.page);
  await follow(tab, 'workflows', { scope: user.id });
  const renewed = tokenOf(user, 7200);
  await useToken(tab, renewed);
  await until(() => shown.includes(renewed));
  assert.deepEqual(shown, [user.token, renewed]);
  await newWorkflow(user);
  await hears(tab, 1);
  assert.deepEqual(await tab.run(() => following.first.statuses), ['live']);
});

test('a token is renewed before it expires', async () => {
  const user = await newUser('ada');
  const short = tokenOf(user, 12);
  const tab = await world.open({ as: { ...user, token: short } });
  const shown = shownOn(tab.page);
  await follow(tab, 'workflows', { scope: user.id });
  const renewed = tokenOf(user);
  await useToken(tab, renewed, false);
  await until(() => shown.includes(renewed), 11_000);
  assert.deepEqual(shown, [short, renewed]);
  assert.deepEqual(await tab.run(() => following.first.statuses), ['live']);
});

test('an expired token causes a gap but does not end the subscription', async () => {
  const user = await newUser('ada');
  const tab = await world.open({ as: user });
  await follow(tab, 'workflows', { scope: user.id });
  // The provider keeps returning this token.
  await useToken(tab, tokenOf(user, 2));
  await stands(tab, 'reconnecting');
  const { id } = await newWorkflow(user);
  await sleep(500);
  await useToken(tab, tokenOf(user), false);
  await stands(tab, 'live', 'first', 20_000);
  assert.deepEqual(
    (await hears(tab, 1)).map(({ record }) => record.id),
    [id],
  );
});

test('a failing token provider is called again', async () => {
  const user = await newUser('ada');
  const tab = await world.open({ as: user, configured: false });
  await tab.run(() => {
    let failures = 3;
    const accessToken = () => {
      if (failures-- > 0) throw new Error('offline');
      return env.token;
    };
    wdb.configure({ url: env.url, key: env.key, accessToken, retry: { maxAttempts: 1 } });
  });
  await begin(tab, 'workflows', { scope: user.id });
  await stands(tab, 'live');
  await newWorkflow(user);
  await hears(tab, 1);
});

test("another user's sign-in closes the previous user's subscriptions, which then report nothing", async () => {
  const [one, two] = [await newUser('ada'), await newUser('eve')];
  const tab = await world.open({ as: one });
  await follow(tab, 'workflows', { scope: one.id }, 'old');
  await useToken(tab, two.token);
  await begin(tab, 'workflows', { scope: two.id }, 'new');
  await stands(tab, 'closed', 'old');
  await stands(tab, 'live', 'new');
  const active = await tab.run(() =>
    wdb
      .getRealtimeManager()
      .getActiveSubscriptions()
      .map(({ id }) => id),
  );
  assert.equal(active.length, 1);
  const error = await tab.run(() => following.old.handle.error?.code);
  assert.equal(error, 'ABORTED');
  await newWorkflow(one);
  const { id } = await newWorkflow(two);
  await hears(tab, 1, 'new');
  await rest();
  assert.deepEqual(
    [await told(tab, 'old'), (await told(tab, 'new')).map(({ record }) => record.id)],
    [[], [id]],
  );
  assert.deepEqual(new Set(stack.realtime.inspect().channels.map(({ sub }) => sub)), new Set([two.id]));
});

test('a subscription of the new user, opened in the tick of the sign-in, stays open', async () => {
  const [one, two] = [await newUser('ada'), await newUser('eve')];
  const tab = await world.open({ as: one });
  await follow(tab, 'workflows', { scope: one.id }, 'old');
  await tab.run(([token, id]) => {
    const told = /** @type {any[]} */ ([]);
    const open = () =>
      wdb.getRealtimeManager().open('workflows', { scope: id }, (change) => told.push(change));
    env.token = token;
    const handle = open();
    wdb.authChanged();
    Object.assign(globalThis, { following: { ...following, new: { told, statuses: [], handle, gaps: 0 } } });
  }, /** @type {const} */ ([two.token, two.id]));
  await stands(tab, 'closed', 'old');
  await stands(tab, 'live', 'new');
  const { id } = await newWorkflow(two);
  assert.deepEqual(
    (await hears(tab, 1, 'new')).map(({ record }) => record.id),
    [id],
  );
});

test('rows in transit to the previous user are not reported after another user signs in', async () => {
  const [one, two] = [await newUser('ada'), await newUser('eve')];
  const tab = await world.open({ as: one });
  await follow(tab, 'workflows', { scope: one.id }, 'old');
  stack.settings.change({ realtimeDelayMs: 2000 });
  await newWorkflow(one);
  await useToken(tab, two.token);
  await rest();
  await sleep(2200);
  assert.deepEqual(await told(tab, 'old'), []);
});

test('with supabase-js: a renewed session reaches the socket, a sign-out closes, the next user follows', async () => {
  const tab = await openFollowing(world);
  const shown = shownOn(tab.page);
  await signIn(tab, ada);
  await follow(tab, 'workflows', { scope: ada.id }, 'adas');
  await newWorkflow(ada);
  await hears(tab, 1, 'adas');
  const renewed = await tab.run(async () => {
    const { data } = await /** @type {any} */ (globalThis).supabase.auth.refreshSession();
    return data.session.access_token;
  });
  await until(() => shown.includes(renewed));
  await newWorkflow(ada);
  await hears(tab, 2, 'adas');
  await signOut(tab);
  await stands(tab, 'closed', 'adas');
  await signIn(tab, grace);
  await follow(tab, 'workflows', { scope: grace.id }, 'graces');
  await newWorkflow(ada);
  const { id } = await newWorkflow(grace);
  assert.deepEqual(
    (await hears(tab, 1, 'graces')).map(({ record }) => record.id),
    [id],
  );
  await rest();
  assert.equal((await told(tab, 'adas')).length, 2);
  assert.equal(await status(tab, 'graces'), 'live');
});
