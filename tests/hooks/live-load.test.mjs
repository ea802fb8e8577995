// @ts-check
// Many rows, many changes, many components, and the latency of a change.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../e2e/support/until.mjs';
import { createLive } from './support/live.mjs';
import { ASKED, VERSIONS, useHooks } from './support/world.mjs';

const { stack, rest, openLive, newUser, newWorkflow, insert } = await useHooks();
const { isLive, shows, change, channelsOf } = createLive({ stack });

/** More rows than the maximum that is compared after a gap. */
const TOO_MANY = 5_001;

/** @param {import('../e2e/support/fixtures.mjs').User} user @param {number} count @param {string} [prefix] */
const newWorkflows = (user, count, prefix = 'W') =>
  insert(
    'workflows',
    Array.from({ length: count }, (_, index) => ({
      user_id: user.id,
      name: `${prefix} ${index}`,
      description: 'old',
    })),
  );

/** The quantile of some values. @param {number[]} values @param {number} part */
const quantile = (values, part) => [...values].sort((a, b) => a - b)[Math.floor(values.length * part)];

for (const version of VERSIONS) {
  /** @param {string} name @param {(t: import('node:test').TestContext) => Promise<void>} run */
  const it = (name, run) => test(`React ${version}: ${name}`, run);

  it('a thousand rows in ten components: a change renders each once, and the echo of an own write none', async () => {
    const user = await newUser('ada');
    const rows = await newWorkflows(user, 1_000);
    const tab = await openLive(version, user);
    await tab.run(async (userId) => {
      const probes = Array.from({ length: 10 }, (_, index) => `list ${index}`);
      Object.assign(globalThis, { probes });
      for (const name of probes) show(name, 'useWorkflows', [userId], { rows: 'workflows' });
      await Promise.all(probes.map(settledView));
    }, user.id);
    await isLive(tab);
    await rest();
    const mark = () =>
      tab.run(() => {
        rowRenders.clear();
        const { probes } = /** @type {any} */ (globalThis);
        Object.assign(globalThis, { marks: probes.map((/** @type {string} */ name) => given(name).length) });
      });
    const since = () =>
      tab.run(() => {
        const { probes, marks } = /** @type {any} */ (globalThis);
        const renders = probes.map((/** @type {string} */ name, /** @type {number} */ index) => {
          return given(name).length - marks[index];
        });
        return { renders, rows: Object.fromEntries(rowRenders) };
      });
    const once = { renders: Array(10).fill(1), rows: { [rows[500].id]: 10 } };

    await mark();
    await change('workflows', rows[500].id, 'description', 'theirs');
    await rest();
    assert.deepEqual(await since(), once, 'somebody else’s change');

    await mark();
    await tab.run((id) => db.updateWorkflow(id, { description: 'mine' }), rows[500].id);
    await rest();
    assert.deepEqual(await since(), once, 'an own write whose response arrives first');

    await mark();
    stack.faults.add({ match: { method: 'PATCH' }, action: 'latencyAfter', ms: 300 });
    await tab.run((id) => db.updateWorkflow(id, { description: 'mine again' }), rows[500].id);
    await rest();
    assert.deepEqual(await since(), once, 'an own write whose echo arrives first');
  });

  it('five hundred changes while the socket is down appear when it is back', async () => {
    const user = await newUser('ada');
    const rows = await newWorkflows(user, 400);
    const tab = await openLive(version, user);
    await tab.run((userId) => {
      show('list', 'useWorkflows', [userId]);
      return settledView('list');
    }, user.id);
    await isLive(tab);
    await rest();
    stack.requests.clear();
    stack.faults.add({ match: { path: '/realtime/v1' }, action: 'latency', ms: 1_500 });
    stack.realtime.drop();
    await until(() => channelsOf(user).length === 0);
    const ids = rows.map(({ id }) => id);
    await stack.sql("update workflows set description = 'changed', updated_at = now() where id = any($1)", [
      ids.slice(0, 300),
    ]);
    await stack.sql('delete from workflows where id = any($1)', [ids.slice(300)]);
    await newWorkflows(user, 100, 'new');
    await isLive(tab);
    const expected = await stack.sql(
      'select to_jsonb(w) as row from workflows w where user_id = $1 and archived_at is null',
      [user.id],
    );
    assert.equal(expected.length, 400);
    await shows(
      tab,
      'list',
      'workflows',
      expected.map(({ row }) => row),
    );
  });

  it('a scope too large to be compared is read again after a gap', async () => {
    const user = await newUser('ada');
    const rows = await newWorkflows(user, TOO_MANY);
    const tab = await openLive(version, user);
    await tab.run(async (userId) => {
      show('list', 'useWorkflows', [userId]);
      await until(() => latest('list')?.workflows.length > 5_000);
    }, user.id);
    await isLive(tab);
    await rest();
    stack.realtime.drop();
    await change('workflows', rows[7].id, 'description', 'missed');
    await tab.run(
      (id) =>
        until(() =>
          latest('list').workflows.some(
            (/** @type {any} */ { id: own, description }) => own === id && description === 'missed',
          ),
        ),
      rows[7].id,
    );
    assert.equal(await tab.run(() => latest('list').workflows.length), TOO_MANY);
  });

  it('a changed row appears without a request; its latency is printed', async (t) => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    await newWorkflows(user, 100);
    const tab = await openLive(version, user, { configured: false });
    await tab.run((userId) => {
      /** When the last frame of a change arrived. @type {number[]} */
      const frames = [];
      class Socket extends WebSocket {
        constructor(/** @type {string} */ url) {
          super(url);
          this.addEventListener('message', ({ data }) => {
            if (data.includes('postgres_changes') && data.includes('commit_timestamp'))
              frames.push(performance.now());
          });
        }
      }
      Object.assign(globalThis, { frames });
      const { url, key } = env;
      react.configure({ url, key, accessToken: () => env.token, WebSocket: /** @type {any} */ (Socket) });
      show('list', 'useWorkflows', [userId], { rows: 'workflows' });
      return settledView('list');
    }, user.id);
    await isLive(tab);
    await rest();
    stack.requests.clear();
    const latencies = [];
    for (let step = 0; step < 21; step++) {
      const name = `renamed ${step}!`;
      await tab.run((name) => {
        const shown = new Promise((resolve) => {
          const observer = new MutationObserver(() => {
            if (!document.body.innerText.includes(name)) return;
            observer.disconnect();
            resolve(performance.now() - /** @type {any} */ (globalThis).frames.at(-1));
          });
          observer.observe(document.body, { subtree: true, childList: true, characterData: true });
        });
        Object.assign(globalThis, { shown });
      }, name);
      await change('workflows', workflow.id, 'name', name);
      latencies.push(await tab.run(() => /** @type {any} */ (globalThis).shown));
    }
    const [typical, longest] = [0.5, 0.99].map((part) => quantile(latencies, part));
    t.diagnostic(`from frame to page: median ${typical.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`);
    assert.equal(stack.requests.count(ASKED), 0);
  });
}
