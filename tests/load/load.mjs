// @ts-check
// `make load`: what a page takes, in Chromium on the local stack. Prints a table, and fails where a count differs from what
// was sent or from the database, or where memory exceeds its limit. Times are reported, not enforced. Frames come from a
// stand-in server and describe rows that the database lacks. The read that follows a join reports the first of these as
// deleted, so only insertions are counted. SECONDS sets how long frames are sent.
import assert from 'node:assert/strict';
import { loadavg } from 'node:os';
import { after, test } from 'node:test';
import { until } from '../e2e/support/until.mjs';
import { useWorld } from '../e2e/support/world.mjs';
import { startFrames } from './frames.mjs';

const ROWS = 50_000;
const ENTRIES = 5_000;
const SUBSCRIPTIONS = 500;
const WRITES = 1_000;
const FRAMES_PER_S = 10_000;
const SECONDS = Number(process.env.SECONDS ?? 5);
/** How long the page may take to catch up after the last frame. */
const CATCH_UP_MS = 600_000;
const GOAL_TASK_MS = 50;
/** After each load, once garbage is collected. */
const MOST_HEAP_MB = 64;
const MOST_LINEAR_MB = 16;

const world = await useWorld();
/** @type {Record<string, unknown>[]} */
const table = [];
after(() => {
  console.log(`Goal: no task over ${GOAL_TASK_MS} ms. Load average ${loadavg()[0].toFixed(1)}.`);
  console.table(table);
});

/** Runs in the page before anything else: keeps the WebAssembly memory, and notes long tasks and the time of JSON.parse. */
function watch() {
  const seen = { memories: /** @type {WebAssembly.Memory[]} */ ([]), tasks: [0], parse: 0 };
  const keep = (/** @type {any} */ result) => {
    seen.memories.push((result.instance ?? result).exports.memory);
    return result;
  };
  for (const name of /** @type {const} */ (['instantiate', 'instantiateStreaming'])) {
    const original = /** @type {any} */ (WebAssembly)[name];
    /** @type {any} */ (WebAssembly)[name] = (/** @type {any[]} */ ...args) => original(...args).then(keep);
  }
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(/** @type {[WebAssembly.Module, WebAssembly.Imports?]} */ ...args) {
      super(...args);
      keep(this);
    }
  };
  const { parse } = JSON;
  JSON.parse = (...args) => {
    const start = performance.now();
    const value = parse(...args);
    seen.parse = Math.max(seen.parse, performance.now() - start);
    return value;
  };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.tasks.push(duration);
  }).observe({ type: 'longtask' });
  Object.assign(globalThis, { seen });
}

/** A page of a user that is measured, with a default client. @param {any} user @param {string} [socketUrl] */
async function openMeasured(user, socketUrl) {
  const tab = await world.open({ as: user, configured: false });
  await tab.page.addInitScript(watch);
  await tab.page.reload();
  await tab.page.waitForSelector('html[data-is-ready]', { state: 'attached' });
  const { url, publishableKey: key } = world.stack;
  await tab.run(
    ({ env, socketUrl }) => {
      Object.assign(globalThis, { env });
      const Socket = /** @type {any} */ (
        function () {
          return new WebSocket(String(socketUrl));
        }
      );
      const options = socketUrl ? { WebSocket: Socket } : {};
      wdb.configure({ url: env.url, key: env.key, accessToken: () => env.token, ...options });
    },
    { env: { url, key, token: user.token, userId: user.id }, socketUrl },
  );
  const session = await tab.page.context().newCDPSession(tab.page);
  const memory = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    const linear = await tab.run(() =>
      /** @type {any} */ (globalThis).seen.memories.reduce(
        (/** @type {number} */ sum, /** @type {any} */ one) => sum + one.buffer.byteLength,
        0,
      ),
    );
    return { 'heap MB': +(usedSize / 1e6).toFixed(1), 'linear MB': +(linear / 1e6).toFixed(1) };
  };
  return {
    ...tab,
    /** @param {string} name @param {() => Promise<string>} act gives what was counted */
    async measure(name, act) {
      console.log(`${name} …`);
      await tab.run(() => void Object.assign(/** @type {any} */ (globalThis).seen, { tasks: [0], parse: 0 }));
      const start = performance.now();
      const counted = await act();
      const seconds = +((performance.now() - start) / 1000).toFixed(1);
      const seen = await tab.run(() => {
        const { tasks, parse } = /** @type {any} */ (globalThis).seen;
        return { tasks: tasks.length - 1, longest: Math.max(...tasks), parse };
      });
      const bytes = await memory();
      table.push({
        name,
        counted,
        seconds,
        'long tasks': seen.tasks,
        'longest ms': Math.round(seen.longest),
        'JSON.parse ms': Math.round(seen.parse),
        ...bytes,
      });
      assert.ok(bytes['heap MB'] <= MOST_HEAP_MB, `${name}: the heap has ${bytes['heap MB']} MB`);
      assert.ok(bytes['linear MB'] <= MOST_LINEAR_MB, `${name}: linear memory has ${bytes['linear MB']} MB`);
    },
  };
}

test(`a list of ${ROWS} rows`, async () => {
  const ada = await world.newUser('ada');
  const workflow = await world.newWorkflow(ada);
  await world.newNodes(
    workflow,
    Array.from({ length: ROWS }, (_, index) => `n${index}`),
  );
  const tab = await openMeasured(ada);
  await tab.measure(`list of ${ROWS} rows`, async () => {
    const count = await tab.run(async (id) => (await db.getWorkflowNodes(id)).length, workflow.id);
    assert.equal(count, ROWS);
    return `${count} rows`;
  });
});

test(`${ENTRIES} entries set in a cache of the default size, and ${WRITES} writes in flight`, async () => {
  const ada = await world.newUser('ada');
  const workflow = await world.newWorkflow(ada);
  const tab = await openMeasured(ada);
  await tab.measure(`${ENTRIES} entries set`, async () => {
    const kept = await tab.run((count) => {
      for (let index = 0; index < count; index += 1) cache.set(`app:${index}`, { index });
      return cache.getStats().size;
    }, ENTRIES);
    return `${kept} kept`;
  });
  await tab.measure(`${WRITES} creations in flight`, async () => {
    const outcomes = await tab.run(
      async ({ id, count }) => {
        const calls = Array.from({ length: count }, (_, index) =>
          db.createWorkflowNode(
            /** @type {any} */ ({ workflow_id: id, node_id: `w${index}`, node_type: 'text_input' }),
          ),
        );
        const settled = await Promise.allSettled(calls);
        return settled.filter(({ status }) => status === 'fulfilled').length;
      },
      { id: workflow.id, count: WRITES },
    );
    const stored = await world.rows('workflow_nodes', 'where workflow_id = $1', [workflow.id]);
    assert.equal(outcomes, WRITES);
    assert.equal(stored.length, WRITES);
    return `${stored.length} rows`;
  });
});

test(`${SUBSCRIPTIONS} subscriptions`, async () => {
  const ada = await world.newUser('ada');
  const workflow = await world.newWorkflow(ada);
  const frames = await startFrames(workflow.id);
  try {
    const tab = await openMeasured(ada, frames.url);
    await tab.measure(`${SUBSCRIPTIONS} handlers, 100 frames`, async () => {
      await tab.run(
        async ({ id, count }) => {
          Object.assign(globalThis, { heard: 0 });
          const manager = wdb.getRealtimeManager();
          const handles = Array.from({ length: count }, () =>
            manager.open('workflow_nodes', { scope: id }, ({ type }) => {
              if (type === 'INSERT') /** @type {any} */ (globalThis).heard += 1;
            }),
          );
          await Promise.all(handles.map(({ ready }) => ready));
        },
        { id: workflow.id, count: SUBSCRIPTIONS },
      );
      const sent = await frames.send(100, 1);
      const heard = () => tab.run(() => /** @type {any} */ (globalThis).heard);
      await until(async () => (await heard()) >= sent * SUBSCRIPTIONS);
      assert.equal(await heard(), sent * SUBSCRIPTIONS);
      return `${sent} × ${SUBSCRIPTIONS} heard`;
    });
    await tab.run(() => wdb.getRealtimeManager().unsubscribeAll());
  } finally {
    await frames.stop();
  }
});

test(`${FRAMES_PER_S} frames a second`, async () => {
  const ada = await world.newUser('ada');
  const workflow = await world.newWorkflow(ada);
  const frames = await startFrames(workflow.id);
  try {
    const tab = await openMeasured(ada, frames.url);
    await tab.run(async (id) => {
      Object.assign(globalThis, { heard: 0 });
      const manager = wdb.getRealtimeManager();
      await manager.open('workflow_nodes', { scope: id }, ({ type }) => {
        if (type === 'INSERT') /** @type {any} */ (globalThis).heard += 1;
      }).ready;
    }, workflow.id);
    await tab.measure(`${FRAMES_PER_S} frames/s for ${SECONDS} s`, async () => {
      const start = performance.now();
      const sent = await frames.send(FRAMES_PER_S, SECONDS);
      const heard = () => tab.run(() => /** @type {any} */ (globalThis).heard);
      await until(async () => (await heard()) >= sent, CATCH_UP_MS);
      assert.equal(await heard(), sent);
      return `${sent} heard, ${Math.round((sent / (performance.now() - start)) * 1000)}/s`;
    });
    await tab.run(() => wdb.getRealtimeManager().unsubscribeAll());
  } finally {
    await frames.stop();
  }
});
