// @ts-check
// How fast changes arrive, and how many a page can handle. The numbers are in the test's output.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useLive } from './support/live.mjs';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const COMMITS = 100;
const FRAMES = 10_000;
/** Generous, because test machines are busy. Quiet ones take a few milliseconds and handle ten times as many frames. */
const MOST_MS = 500;
const FEWEST_FRAMES_PER_S = 1_500;

const world = await useWorld();
const { newUser, newEstate, newWorkflow, insert } = world;
const { follow, change } = useLive(world);

test('the time from a commit to the handler', async (t) => {
  const ada = await newUser('ada');
  const { workflow } = await newEstate(ada);
  const tab = await world.open({ as: ada });
  /** @type {Map<string, number>} */
  const heardAt = new Map();
  await tab.page.exposeFunction('heard', (/** @type {string} */ text) =>
    heardAt.set(text, performance.now()),
  );
  await follow(tab, 'workflows', { scope: ada.id });
  await tab.run((userId) => {
    wdb.getRealtimeManager().subscribe('workflows', userId, ({ record }) => {
      /** @type {any} */ (globalThis).heard(record.description);
    });
  }, ada.id);
  const times = [];
  for (let index = 0; index < COMMITS; index += 1) {
    const text = String(index);
    await change('workflows', workflow.id, 'description', text);
    const committedAt = performance.now();
    await until(() => heardAt.has(text));
    times.push((heardAt.get(text) ?? Infinity) - committedAt);
  }
  times.sort((a, b) => a - b);
  const median = times[COMMITS / 2];
  t.diagnostic(`commit to handler: median ${median.toFixed(1)} ms, 95 % below ${times[94].toFixed(1)} ms`);
  assert.ok(median < MOST_MS, `${median} ms`);
});

for (const [title, rows] of /** @type {const} */ ([
  ['an empty cache', 0],
  ['a cached list of 1 000 rows', 1000],
])) {
  test(`${FRAMES} frames at once all reach the handler, with ${title}`, async (t) => {
    const ada = await newUser('ada');
    const workflow = await newWorkflow(ada);
    const nodes = Array.from({ length: rows }, (_, index) => ({
      workflow_id: workflow.id,
      node_id: `n${index}`,
      node_type: 'text_input',
    }));
    await insert('workflow_nodes', nodes);
    const tab = await world.open({ as: ada, configured: false });
    const outcome = await tab.run(
      async ({ workflowId, count, rows }) => {
        /** A server that replies to joins, and sends what the test passes to `say`. */
        class Socket {
          /** @type {any} */ onopen;
          /** @type {any} */ onmessage;
          constructor() {
            setTimeout(() => this.onopen());
            Object.assign(globalThis, { socket: this });
          }
          /** @param {string} text */
          send(text) {
            const [joinRef, ref, topic, event, payload] = JSON.parse(text);
            if (event !== 'phx_join') return;
            const bindings = payload.config.postgres_changes.map((/** @type {object} */ binding) => ({
              ...binding,
              id: 1,
            }));
            const status = 'ok';
            this.topic = topic;
            this.say([
              joinRef,
              ref,
              topic,
              'phx_reply',
              { status, response: { postgres_changes: bindings } },
            ]);
            const message = 'Subscribed to PostgreSQL';
            this.say([joinRef, null, topic, 'system', { extension: 'postgres_changes', status, message }]);
          }
          /** @param {unknown} frame */
          say(frame) {
            const data = JSON.stringify(frame);
            setTimeout(() => this.onmessage({ data }));
          }
          close() {}
        }
        wdb.configure({
          url: env.url,
          key: env.key,
          accessToken: () => env.token,
          WebSocket: /** @type {any} */ (Socket),
        });
        if (rows > 0) await db.getWorkflowNodes(workflowId);
        let heard = 0;
        const handle = wdb
          .getRealtimeManager()
          .open('workflow_nodes', { scope: workflowId }, () => (heard += 1));
        await handle.ready;
        await new Promise((resolve) => setTimeout(resolve, 500));
        const { socket } = /** @type {any} */ (globalThis);
        const texts = Array.from({ length: count }, (_, index) => {
          const time = new Date(Date.UTC(2030, 0, 1) + index).toISOString().replace('Z', '');
          const record = {
            id: crypto.randomUUID(),
            workflow_id: workflowId,
            node_type: 'text_input',
            node_id: `f${index}`,
            label: 'A label of some length',
            position_x: index,
            position_y: 7.5,
            config: { text: 'something', nested: { list: [1, 2, 3] } },
            created_at: time,
            updated_at: time,
          };
          const data = {
            schema: 'public',
            table: 'workflow_nodes',
            type: 'INSERT',
            commit_timestamp: `${time}Z`,
            errors: null,
            columns: [],
            record,
          };
          return JSON.stringify([null, null, socket.topic, 'postgres_changes', { ids: [1], data }]);
        });
        const start = performance.now();
        for (const data of texts) socket.onmessage({ data });
        const ms = performance.now() - start;
        const list = rows > 0 ? (await db.getWorkflowNodes(workflowId)).length : 0;
        wdb.getRealtimeManager().unsubscribeAll();
        return { heard, perSecond: Math.round((count / ms) * 1000), list };
      },
      { workflowId: workflow.id, count: FRAMES, rows },
    );
    t.diagnostic(`${outcome.perSecond} frames/s with ${title}`);
    assert.equal(outcome.heard, FRAMES);
    if (rows > 0) assert.equal(outcome.list, FRAMES + rows);
    assert.ok(outcome.perSecond >= FEWEST_FRAMES_PER_S, `${outcome.perSecond} frames/s`);
  });
}
