// @ts-check
// Lasting refusals of subscriptions: the application is notified, and the subscriptions recover once the cause is gone.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { useLive } from './support/live.mjs';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const UPGRADES = { path: '/realtime/v1' };
/** Without an HTTP status, reporting takes 8 s. */
const TOLD_MS = 20_000;
/** The backoff grows up to half a minute. */
const HEALED_MS = 45_000;

const world = await useWorld();
const { stack, newUser, newWorkflow } = world;
const { begin, hears, stands } = useLive(world);

/** @typedef {import('./support/world.mjs').Tab} Tab */

/** The page of a new user that subscribes to their workflows, after `prepare` ran in it. */
async function openRefused(/** @type {() => void} */ prepare = () => {}) {
  const user = await newUser('ada');
  const tab = await world.open({ as: user, configured: false });
  await tab.run(prepare);
  await tab.run(() => {
    const events = /** @type {unknown[]} */ ([]);
    Object.assign(globalThis, { events });
    const { url, key } = env;
    const accessToken = /** @type {any} */ (globalThis).provide ?? (() => env.token);
    const onEvent = (/** @type {any} */ event) => {
      if (event.type === 'subscription') events.push([event.status, event.code]);
    };
    wdb.configure({ url, key, accessToken, onEvent });
  });
  await begin(tab, 'workflows', { scope: user.id });
  return { user, tab };
}

/** The rejection of `ready`, the state of the handle, and the reports until then. @param {Tab} tab */
async function refusal(tab) {
  await stands(tab, 'error', 'first', TOLD_MS);
  return tab.run(async () => {
    const { handle, statuses } = following.first;
    const rejected = await handle.ready.then(
      () => undefined,
      (/** @type {any} */ error) => error.code,
    );
    const { code, details } = handle.error;
    return { rejected, code, details, statuses, events: /** @type {any} */ (globalThis).events };
  });
}

/** Asserts that it becomes live by itself, `ready` resolves, and a change is reported. @param {Awaited<ReturnType<typeof openRefused>>} page */
async function heals({ user, tab }) {
  await stands(tab, 'live', 'first', HEALED_MS);
  assert.equal(
    await tab.run(() => following.first.handle.ready.then(() => following.first.handle.error)),
    null,
  );
  assert.deepEqual(await tab.run(() => following.first.statuses), ['error', 'live']);
  const workflow = await newWorkflow(user);
  const heard = await hears(tab, 1);
  assert.deepEqual(heard.at(-1)?.record, workflow);
}

test('a refused connection is reported as NETWORK in a browser, and recovers without a further call', async () => {
  stack.faults.add({ match: UPGRADES, action: 'status', status: 403, times: 'always' });
  const page = await openRefused();
  const { rejected, code, statuses, events } = await refusal(page.tab);
  assert.deepEqual([rejected, code], ['NETWORK', 'NETWORK']);
  assert.deepEqual([statuses, events], [['error'], [['error', 'NETWORK']]]);
  stack.faults.clear();
  await heals(page);
});

test('a join refused because of its token is reported with the server’s reason', async () => {
  const page = await openRefused(() => {
    Object.assign(env, { good: env.token, token: `${String(env.token).slice(0, -6)}AAAAAA` });
  });
  const { rejected, code, details } = await refusal(page.tab);
  assert.deepEqual([rejected, code, details], ['UNKNOWN_ERROR', 'UNKNOWN_ERROR', 'signature_error']);
  await page.tab.run(() => Object.assign(env, { token: /** @type {any} */ (env).good }));
  await heals(page);
});

test('a token provider that throws is reported', async () => {
  const page = await openRefused(() => {
    Object.assign(globalThis, {
      provide: () => {
        if (/** @type {any} */ (globalThis).isMended) return env.token;
        throw new Error('no session');
      },
    });
  });
  const { rejected, code } = await refusal(page.tab);
  assert.equal(rejected, code);
  await page.tab.run(() => Object.assign(globalThis, { isMended: true }));
  await heals(page);
});

test('a token provider that never answers is reported', async () => {
  const page = await openRefused(() => {
    Object.assign(globalThis, {
      provide: () => (/** @type {any} */ (globalThis).isMended ? env.token : new Promise(() => {})),
    });
  });
  const { rejected, code } = await refusal(page.tab);
  assert.deepEqual([rejected, code], ['TIMEOUT', 'TIMEOUT']);
  await page.tab.run(() => Object.assign(globalThis, { isMended: true }));
  await heals(page);
});

test('a short failure is not reported', async () => {
  stack.faults.add({ match: UPGRADES, action: 'status', status: 403, times: 2 });
  const { tab } = await openRefused();
  await stands(tab, 'live');
  assert.deepEqual(await tab.run(() => following.first.statuses), ['live']);
});

for (const status of [401, 403, 404]) {
  test(`a socket that reports the status of a refusal passes on ${status}`, async () => {
    stack.faults.add({ match: UPGRADES, action: 'status', status, times: 'always' });
    const { WebSocket } = createRequire(new URL('../../examples/local-stack/package.json', import.meta.url))(
      'ws',
    );
    const { createClient } = await import(pathToFileURL(join(world.unpacked.root, 'index.js')).href);
    const user = await newUser('ada');
    const { url, publishableKey: key } = stack;
    const client = createClient({ url, key, accessToken: () => user.token, WebSocket });
    try {
      const handle = client.realtime.open('workflows', { scope: user.id }, () => {});
      await assert.rejects(handle.ready, { code: 'UNKNOWN_ERROR', status });
      assert.deepEqual(await client.db.getWorkflows(user.id), [], 'reads still work');
      stack.faults.clear();
      await until(() => handle.status === 'live', HEALED_MS);
      await handle.ready;
    } finally {
      client.close();
    }
  });
}
