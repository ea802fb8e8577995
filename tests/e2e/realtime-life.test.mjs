// @ts-check
// Sockets that drop, freeze, or are refused: every subscription is live again, and misses nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { useLive } from './support/live.mjs';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

/** Checking a suspicious socket may take 5 s; the first reconnection is delayed by at most 1 s. */
const CHECK_MS = 8_000;
/** Full jitter up to 1, 2, 4 s, but no delay below 100 ms. */
const MOST_ATTEMPTS_IN_3_S = 12;
const UPGRADES = { path: '/realtime/v1' };

const world = await useWorld();
const { stack, newUser, newWorkflow } = world;
const { follow, begin, told, hears, rest, status, stands, hideAndShow } = useLive(world);

/** A new user and their page, which subscribes to their workflows. */
async function openLive(
  name = 'ada',
  prepare = async (/** @type {import('./support/world.mjs').Tab} */ _) => {},
) {
  const user = await newUser(name);
  const tab = await world.open({ as: user });
  await prepare(tab);
  await follow(tab, 'workflows', { scope: user.id });
  return { user, tab };
}

/** Asserts that a change is eventually reported once. @param {Awaited<ReturnType<typeof openLive>>} page */
async function isTold({ user, tab }, timeoutMs = 15_000) {
  const before = (await told(tab)).length;
  const { id } = await newWorkflow(user);
  await hears(tab, before + 1, 'first', timeoutMs);
  await rest();
  assert.deepEqual(
    (await told(tab)).slice(before).map(({ record }) => record.id),
    [id],
  );
}

/** Whether the server has no channel of a user. @param {import('./support/world.mjs').User} user */
const isGone = ({ id }) => stack.realtime.inspect().channels.every(({ sub }) => sub !== id);

/**
 * Closes a page that no later test uses, and the remaining frozen sockets, which the server sees as silent.
 *
 * @param {Awaited<ReturnType<typeof openLive>>} page
 */
async function leave({ tab }) {
  await tab.page.goto('about:blank');
  stack.realtime.drop();
}

for (const code of /** @type {const} */ ([1012, 1006])) {
  test(`subscriptions survive a server restart that closes with ${code}`, async () => {
    const page = await openLive();
    stack.realtime.restart({ code, downMs: 300 });
    await stands(page.tab, 'reconnecting');
    await isTold(page);
    assert.equal(await status(page.tab), 'live');
    assert.deepEqual(await page.tab.run(() => following.first.statuses), ['live', 'reconnecting', 'live']);
  });
}

test('subscriptions survive three restarts in a row', async () => {
  const page = await openLive();
  for (let round = 0; round < 3; round += 1) {
    stack.realtime.drop();
    await sleep(150);
  }
  await isTold(page, 20_000);
});

for (const code of [401, 403, 404, 429, 503]) {
  test(`an upgrade refused with ${code} is retried, at a moderate rate`, async () => {
    stack.faults.add({ match: UPGRADES, action: 'status', status: code, times: 'always' });
    const user = await newUser('ada');
    const tab = await world.open({ as: user });
    await begin(tab, 'workflows', { scope: user.id });
    await sleep(3000);
    const attempts = stack.requests.count(UPGRADES);
    assert.ok(attempts >= 2 && attempts <= MOST_ATTEMPTS_IN_3_S, `${attempts} attempts`);
    assert.equal(await status(tab), 'connecting');
    stack.faults.clear();
    await tab.run(() => dispatchEvent(new Event('online')));
    await stands(tab, 'live');
    await isTold({ user, tab });
  });
}

test('when the network is back, no long backoff delays the reconnection', async () => {
  const page = await openLive();
  stack.faults.add({ match: UPGRADES, action: 'refuse', times: 'always' });
  stack.realtime.drop();
  await until(() => stack.requests.count(UPGRADES) >= 5, 30_000);
  stack.faults.clear();
  const start = Date.now();
  await page.tab.run(() => {
    dispatchEvent(new Event('offline'));
    dispatchEvent(new Event('online'));
  });
  await stands(page.tab, 'live');
  assert.ok(Date.now() - start < 2500, `${Date.now() - start} ms`);
});

test('a frozen socket is detected when the page becomes visible', async () => {
  const page = await openLive();
  stack.realtime.freeze();
  const { id } = await newWorkflow(page.user);
  await hideAndShow(page.tab, 2000);
  await hears(page.tab, 1, 'first', CHECK_MS);
  assert.deepEqual(
    (await told(page.tab)).map(({ record }) => record.id),
    [id],
  );
  assert.equal(await status(page.tab), 'live');
});

test('a frozen socket is detected by its heartbeat within 35 s', async () => {
  const page = await openLive('cara', (tab) => tab.page.clock.install());
  stack.realtime.freeze();
  const { id } = await newWorkflow(page.user);
  await page.tab.page.clock.runFor(25_500);
  assert.equal(await status(page.tab), 'live', 'the failure is not detected yet');
  await page.tab.page.clock.runFor(10_500);
  await until(async () => {
    await page.tab.page.clock.runFor(500);
    return (await told(page.tab)).length > 0;
  });
  assert.deepEqual(
    (await told(page.tab)).map(({ record }) => record.id),
    [id],
  );
});

test('heartbeats keep a socket open', async () => {
  const page = await openLive('cara', (tab) => tab.page.clock.install());
  const upgrades = stack.requests.count(UPGRADES);
  stack.settings.change({ realtimeSilenceMs: 5000 });
  for (let round = 0; round < 7; round += 1) {
    await page.tab.page.clock.runFor(25_100);
    await sleep(800);
  }
  assert.equal(stack.requests.count(UPGRADES), upgrades);
  assert.deepEqual(await page.tab.run(() => following.first.statuses), ['live']);
  stack.settings.change({ realtimeSilenceMs: 60_000 });
  await leave(page);
});

test('closing a client leaves no socket or channel', async () => {
  const user = await newUser('ada');
  const tab = await world.open({ as: user });
  const outcome = await tab.run(async (userId) => {
    const client = wdb.createClient({ url: env.url, key: env.key, accessToken: () => env.token });
    const handle = client.realtime.open('workflows', { scope: userId }, () => {});
    await handle.ready;
    client.close();
    return [handle.status, handle.error?.code, client.realtime.getActiveSubscriptions().length];
  }, user.id);
  assert.deepEqual(outcome, ['closed', 'ABORTED', 0]);
  await until(() => isGone(user));
});

test('configuring another server closes the socket; configuring the same one does not', async () => {
  const page = await openLive();
  const joins = stack.realtime.inspect().joins;
  await page.tab.run(() =>
    wdb.configure({ url: env.url, key: env.key, accessToken: () => env.token, timeoutMs: 9000 }),
  );
  await isTold(page);
  assert.equal(stack.realtime.inspect().joins, joins);
  await page.tab.run(() => wdb.configure({ url: env.url.replace('127.0.0.1', 'localhost'), key: env.key }));
  assert.equal(await status(page.tab), 'closed');
  await until(() => isGone(page.user));
});
