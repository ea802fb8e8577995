// @ts-check
// Hooks whose read failed, was overtaken, or is delayed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLive } from './support/live.mjs';
import { ASKED, REFUSED, VERSIONS, useHooks } from './support/world.mjs';

const { stack, rest, openHooks, openLive, newUser, newWorkflow, newExecutions } = await useHooks();
const { isLive, shows } = createLive({ stack });

const RUNS = { method: 'GET', path: /^\/rest\/v1\/workflow_executions.*limit=/ };

/**
 * Holds back timers of certain durations, and lists them in `heldTimers`.
 *
 * @param {import('./support/live.mjs').Tab} tab
 * @param {'retries' | 'rereads'} which by their duration: the delay of a retry is fractional and more than a second (the
 *   engine's own delays are shorter in these tests); the delay before reading again is 50 ms
 */
const holdTimers = (tab, which) =>
  tab.run((which) => {
    /** @type {{ ms: number, fire: () => void, isCleared: boolean }[]} */
    const heldTimers = [];
    const [set, clear] = [setTimeout, clearTimeout];
    const isHeld = (/** @type {number} */ ms) => (which === 'retries' ? ms > 1_000 && ms % 1 > 0 : ms === 50);
    const holdable = (/** @type {() => void} */ fire, /** @type {number} */ ms) =>
      isHeld(ms) ? -heldTimers.push({ ms, fire, isCleared: false }) : set(fire, ms);
    const clearable = (/** @type {number} */ id) => {
      const held = heldTimers[-id - 1];
      if (held === undefined) clear(id);
      else held.isCleared = true;
    };
    Object.assign(globalThis, { heldTimers, setTimeout: holdable, clearTimeout: clearable });
  }, which);

for (const version of VERSIONS) {
  const it = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) =>
    test(`React ${version}: ${name}`, run);

  it('a list that could not be refetched shows the error, and is read once the server recovers', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openLive(version, user);
    await tab.run((id) => {
      show('runs', 'useExecutionHistory', [id]);
      return settledView('runs');
    }, workflow.id);
    await isLive(tab);
    await rest();
    stack.faults.add({ match: RUNS, ...REFUSED });
    await newExecutions(workflow, [{}]);
    await tab.run(() => until(() => latest('runs').error?.code === '23514'));
    await newExecutions(workflow, [{}]);
    await shows(tab, 'runs', 'total', 2);
    assert.equal(await tab.run(() => latest('runs').error), null);
  });

  it('a failed read is retried with growing delays, but not after unmounting or for permanent errors', async () => {
    const user = await newUser('ada');
    const tab = await openHooks(version, user);
    stack.faults.add({ match: ASKED, ...REFUSED, times: 'always' });
    await holdTimers(tab, 'retries');
    const { waits, isCleared, useless } = await tab.run(async (userId) => {
      const { heldTimers } = /** @type {any} */ (globalThis);
      show('list', 'useWorkflows', [userId, { realtime: false }]);
      for (let count = 1; count <= 7; count++) {
        await until(() => heldTimers.length === count && latest('list').error && !latest('list').isFetching);
        if (count < 7) heldTimers.at(-1).fire();
      }
      hide('list');
      await until(() => heldTimers.at(-1).isCleared);
      show('bad', 'useWorkflows', ['no id']);
      await until(() => latest('bad')?.error?.code === 'INVALID_INPUT');
      const waits = heldTimers.map((/** @type {any} */ { ms }) => ms);
      return { waits, isCleared: true, useless: waits.length - 7 };
    }, user.id);
    assert.ok(waits[0] >= 1_000 && waits[0] <= 2_000, `${waits}`);
    const factors = waits.map((/** @type {number} */ ms) => Math.round((1_000 * ms) / waits[0]) / 1_000);
    assert.deepEqual([factors, isCleared, useless], [[1, 2, 4, 8, 16, 30, 30], true, 0]);
    stack.faults.clear();
  });

  it('after a failure, rows are read at once when a subscription recovers, and after an own write', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openLive(version, user);
    await tab.run(([id, userId]) => {
      show('runs', 'useExecutionHistory', [id]);
      show('list', 'useWorkflows', [userId, { realtime: false }]);
      return Promise.all(['runs', 'list'].map(settledView));
    }, /** @type {const} */ ([workflow.id, user.id]));
    await isLive(tab);
    await rest();
    await holdTimers(tab, 'retries');
    const failed = (/** @type {string} */ name) =>
      tab.run((name) => until(() => latest(name).error && !latest(name).isFetching), name);

    stack.faults.add({ match: RUNS, ...REFUSED });
    await newExecutions(workflow, [{}]);
    await failed('runs');
    stack.realtime.drop();
    await shows(tab, 'runs', 'total', 1);

    stack.faults.add({ match: ASKED, ...REFUSED });
    await tab.run((userId) => cache.invalidate(wdb.cacheKeys.workflows(userId)), user.id);
    await failed('list');
    const made = await tab.run(() => latest('list').createWorkflow({ name: 'made' }));
    await shows(tab, 'list', 'workflows', [workflow, made]);
    assert.equal(await tab.run(() => latest('list').error), null);
  });

  it('an overtaken response is shown and read again without delay; an own write in it is not lost', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const [first] = await newExecutions(workflow, [{ created_at: '2024-01-01T00:00:00' }]);
    const tab = await openHooks(version, user, { configured: false });
    await tab.run(async ([id, runId]) => {
      const gate = gatedFetch((url, { method }) => {
        const isPage = method === 'GET' && url.includes('workflow_executions') && url.includes('limit=');
        return isPage && /** @type {any} */ (globalThis).isHolding;
      });
      const { url, key } = env;
      react.configure({ url, key, accessToken: () => env.token, fetch: gate.fetch });
      Object.assign(globalThis, { gate });
      show('runs', 'useExecutionHistory', [id, { realtime: false }]);
      show('run', 'useExecution', [runId, { realtime: false }]);
      await Promise.all(['runs', 'run'].map(settledView));
      Object.assign(globalThis, { isHolding: true });
    }, /** @type {const} */ ([workflow.id, first.id]));
    await newExecutions(workflow, [{}]);
    const reread = await tab.run(async (id) => {
      const { gate } = /** @type {any} */ (globalThis);
      const from = given('runs').length;
      cache.invalidate(wdb.cacheKeys.executions(id));
      await gate.arrived(1);
      await db.createExecution({ workflow_id: id, user_id: String(env.userId) });
      gate.release();
      await until(() => latest('runs').total === 2);
      const between = view('runs');
      await gate.arrived(1);
      gate.release();
      await until(() => latest('runs').total === 3 && !latest('runs').isFetching);
      const isFetching = given('runs')
        .slice(from + 1, -1)
        .every((result) => result.isFetching);
      return { loading: between.loading, isFetching };
    }, workflow.id);
    assert.deepEqual(reread, { loading: false, isFetching: true });

    const statuses = await tab.run(async (id) => {
      const { gate } = /** @type {any} */ (globalThis);
      const statusOf = (/** @type {any} */ { data }) =>
        data.find((/** @type {any} */ run) => run.id === id).status;
      cache.invalidate(wdb.cacheKeys.executions(latest('run').execution.workflow_id));
      await gate.arrived(1);
      await latest('run').updateExecution({ status: 'completed' });
      const from = given('runs').length - 1;
      gate.release();
      await gate.arrived(1);
      gate.release();
      await until(() => !latest('runs').isFetching);
      return given('runs').slice(from).map(statusOf);
    }, first.id);
    assert.deepEqual(new Set(statuses), new Set(['completed']));
  });

  it('a component with a delayed read uses the rows that another one read', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openHooks(version, user);
    await holdTimers(tab, 'rereads');
    const facts = await tab.run(async (id) => {
      const { heldTimers } = /** @type {any} */ (globalThis);
      show('one', 'useExecutionHistory', [id, { realtime: false }]);
      await settledView('one');
      const key = wdb.cacheKeys.executions(id);
      const before = heldTimers.length;
      // The first time, it is read at once, then after a delay.
      cache.invalidate(key);
      await until(() => cache.peek(`${key}?limit=20`) !== null);
      cache.invalidate(key);
      await until(() => heldTimers.length > before && latest('one').isFetching);
      show('two', 'useExecutionHistory', [id, { realtime: false }]);
      await settledView('two');
      await settledView('one');
      return heldTimers.slice(before).map((/** @type {any} */ { isCleared }) => isCleared);
    }, workflow.id);
    assert.deepEqual(facts, [true]);
    assert.equal(stack.requests.count(RUNS), 3);
  });

  it('if the browser comes online while the page is hidden, rows are read when it becomes visible', async () => {
    const user = await newUser('ada');
    const tab = await openHooks(version, user);
    await tab.run(async (userId) => {
      show('list', 'useWorkflows', [userId, { realtime: false, refetchOnReconnect: true }]);
      await settledView('list');
      const look = (/** @type {string} */ state) => {
        Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
      };
      look('hidden');
      window.dispatchEvent(new Event('online'));
      look('visible');
      await until(() => latest('list').isFetching);
      await settledView('list');
      look('hidden');
      look('visible');
      await settledView('list');
    }, user.id);
    assert.equal(stack.requests.count(ASKED), 2);
  });
}
