// @ts-check
// How much one page can take: `make load` prints what was measured, and fails where anything is lost or memory grows without
// bound. The goal for tasks is 50 ms, from where on browsers call them long (`maxTaskMs`; 0: none was).
//
// Everything runs on the real stack but for the flood of frames: Postgres cannot replicate as many changes a second here,
// so a server of its own sends frames as the real one writes them (shared recordings of realtime), through a real socket.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { linearMemoryOf, noteMemories } from '../e2e/support/linear-memory.mjs';
import { useWorld } from '../e2e/support/world.mjs';
import { startFlood } from './flood.mjs';

const require = createRequire(
  fileURLToPath(new URL('../../examples/local-stack/package.json', import.meta.url)),
);
const { WebSocketServer } = require('ws');

const FLOOD_S = Number(process.env.SECONDS ?? 60);
const FRAMES_PER_S = 10_000;
const world = await useWorld({ maxRows: 1000 });
const { stack, newUser, newWorkflow, insert } = world;
/** @type {Record<string, unknown>[]} */
const table = [];
after(() => console.table(table));

/** A page that notes its long tasks, and what memory it takes. @param {import('../e2e/support/fixtures.mjs').User} user */
async function openMeasured(user, options = {}) {
  const tab = await world.open({ as: user, options, configured: false });
  const session = await tab.page.context().newCDPSession(tab.page);
  // From before the engine starts: `open` configures nothing.
  await tab.page.evaluate(`globalThis.memories = (${noteMemories})();`);
  await tab.run((options) => {
    const tasks = /** @type {number[]} */ ([]);
    new PerformanceObserver((list) =>
      tasks.push(...list.getEntries().map(({ duration }) => duration)),
    ).observe({
      type: 'longtask',
    });
    Object.assign(globalThis, { tasks });
    wdb.configure({ url: env.url, key: env.key, accessToken: () => env.token, ...options });
  }, options);
  return {
    ...tab,
    async memory() {
      await session.send('HeapProfiler.collectGarbage');
      const { usedSize } = await session.send('Runtime.getHeapUsage');
      const linear = await linearMemoryOf(tab.page);
      return { heapMB: round(usedSize / 1e6), linearMB: round(linear / 1e6) };
    },
    /** The longest task since the last time, in milliseconds; 0 when none was long. */
    longest: () =>
      tab.run(async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return Math.max(0, .../** @type {any} */ (globalThis).tasks.splice(0));
      }),
  };
}

const round = (/** @type {number} */ number) => Math.round(number * 10) / 10;

/** Long tasks are shown, not judged: they depend on what else the machine does. @param {string} what @param {Record<string, number>} measured */
const report = (what, measured) => table.push({ what, ...measured });

test('a list of 50 000 rows', async () => {
  const ada = await newUser('ada');
  const { id } = await newWorkflow(ada);
  await stack.sql(
    `insert into public.workflow_nodes (workflow_id, node_id, node_type)
     select $1, 'n' || n, 'text_input' from generate_series(1, 50000) n`,
    [id],
  );
  const tab = await openMeasured(ada, { timeoutMs: 60_000 });
  const { count, ms } = await tab.run(async (id) => {
    const start = performance.now();
    const rows = await db.getWorkflowNodes(id);
    return {
      count: new Set(rows.map((/** @type {any} */ row) => row.id)).size,
      ms: performance.now() - start,
    };
  }, id);
  assert.equal(count, 50_000);
  report('a list of 50 000 rows', { ms: round(ms), maxTaskMs: await tab.longest(), ...(await tab.memory()) });
});

test('5 000 cached entries, each written to', async () => {
  const ada = await newUser('ada');
  const rows = Array.from({ length: 5000 }, (_, index) => ({ user_id: ada.id, name: `w${index}` }));
  const ids = (await insert('workflows', rows)).map(({ id }) => id);
  const tab = await openMeasured(ada, { cache: { maxSize: 6000 } });
  const outcome = await tab.run(async (ids) => {
    await Promise.all(ids.map((id) => db.getWorkflow(id)));
    const cached = cache.getStats().size;
    const start = performance.now();
    for (let index = 0; index < 200; index += 1) await db.updateWorkflow(ids[index], { description: 'new' });
    return { cached, perWriteMs: (performance.now() - start) / 200 };
  }, ids);
  assert.equal(outcome.cached, 5000);
  report('5 000 cached entries, 200 writes', {
    perWriteMs: round(outcome.perWriteMs),
    maxTaskMs: await tab.longest(),
    ...(await tab.memory()),
  });
});

test('1 000 writes in flight', async () => {
  const ada = await newUser('ada');
  const tab = await openMeasured(ada, { timeoutMs: 60_000 });
  const { made, ms } = await tab.run(async (userId) => {
    const start = performance.now();
    const writes = Array.from({ length: 1000 }, (_, index) =>
      db.createWorkflow(userId, { name: `w${index}` }),
    );
    const made = new Set((await Promise.all(writes)).map(({ id }) => id)).size;
    return { made, ms: performance.now() - start };
  }, ada.id);
  const [{ count }] = await stack.sql(
    'select count(*)::int as count from public.workflows where user_id = $1',
    [ada.id],
  );
  assert.deepEqual([made, count], [1000, 1000]);
  report('1 000 writes in flight', {
    ms: round(ms),
    maxTaskMs: await tab.longest(),
    ...(await tab.memory()),
  });
});

test('500 subscriptions', async () => {
  const ada = await newUser('ada');
  const rows = Array.from({ length: 500 }, (_, index) => ({ user_id: ada.id, name: `w${index}` }));
  const ids = (await insert('workflows', rows)).map(({ id }) => id);
  const tab = await openMeasured(ada);
  const { ms } = await tab.run(async (ids) => {
    const heard = /** @type {Set<string>} */ (new Set());
    Object.assign(globalThis, { heard });
    const start = performance.now();
    const manager = wdb.getRealtimeManager();
    const handles = ids.map((id) =>
      manager.open('workflows', { scope: id }, (/** @type {any} */ { record }) => heard.add(record.id)),
    );
    await Promise.all(handles.map(({ ready }) => ready));
    return { ms: performance.now() - start };
  }, ids);
  await stack.sql("update public.workflows set description = 'told', updated_at = now() where user_id = $1", [
    ada.id,
  ]);
  await tab.page.waitForFunction(() => /** @type {any} */ (globalThis).heard.size === 500, null, {
    timeout: 60_000,
  });
  report('500 subscriptions, each told', {
    ms: round(ms),
    maxTaskMs: await tab.longest(),
    ...(await tab.memory()),
  });
});

test(
  `${FRAMES_PER_S} frames a second for ${FLOOD_S} s, with 5 000 entries cached`,
  { timeout: 600_000 },
  async () => {
    const ada = await newUser('ada');
    const rows = Array.from({ length: 5000 }, (_, index) => ({ user_id: ada.id, name: `w${index}` }));
    const workflows = await insert('workflows', rows);
    const flood = await startFlood(WebSocketServer, {
      rows: workflows,
      framesPerS: FRAMES_PER_S,
      seconds: FLOOD_S,
    });
    try {
      const tab = await openMeasured(ada, { cache: { maxSize: 6000 } });
      await tab.run(
        async ([url, ids, userId]) => {
          class Socket extends WebSocket {
            constructor() {
              super(url);
            }
          }
          wdb.configure({
            url: env.url,
            key: env.key,
            accessToken: () => env.token,
            WebSocket: Socket,
            cache: { maxSize: 6000 },
          });
          await Promise.all(ids.map((id) => db.getWorkflow(id)));
          const told = { count: 0 };
          Object.assign(globalThis, { told });
          await wdb.getRealtimeManager().open('workflows', { scope: userId }, () => (told.count += 1)).ready;
          await new Promise((resolve) => setTimeout(resolve, 1000));
          told.count = 0;
        },
        /** @type {const} */ ([flood.url, workflows.map(({ id }) => id), ada.id]),
      );
      await tab.longest();
      const before = await tab.memory();
      const start = performance.now();
      const { sent, versions } = await flood.run();
      await tab.page.waitForFunction((sent) => /** @type {any} */ (globalThis).told.count >= sent, sent, {
        timeout: 300_000,
      });
      const seconds = (performance.now() - start) / 1000;
      const shown = await tab.run(
        async (ids) =>
          (await Promise.all(ids.map((id) => db.getWorkflow(id)))).map(({ description }) => description),
        workflows.map(({ id }) => id),
      );
      assert.equal(
        await tab.run(() => /** @type {any} */ (globalThis).told.count),
        sent,
        'each is told once',
      );
      assert.deepEqual(shown, versions, 'the cache holds what was sent last');
      const maxTaskMs = await tab.longest();
      const after = await tab.memory();
      assert.ok(
        after.heapMB < before.heapMB + 20 && after.linearMB <= before.linearMB + 1,
        'memory is bounded',
      );
      report('frames with 5 000 entries cached', {
        perSecond: Math.round(sent / seconds),
        maxTaskMs,
        ...after,
      });
    } finally {
      await flood.close();
    }
  },
);
