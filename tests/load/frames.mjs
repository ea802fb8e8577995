// @ts-check
// A stand-in for the realtime server: accepts every join, and sends frames at a given rate. Postgres replication cannot
// produce 10 000 changes a second on two cores.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../examples/local-stack/package.json', import.meta.url));
const { WebSocketServer } = require('ws');
const TICK_MS = 10;

/** @param {string} workflowId */
export async function startFrames(workflowId) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  /** @type {{ socket: any, topic: string }[]} */
  const joined = [];
  server.on('connection', (/** @type {any} */ socket) => {
    const say = (/** @type {unknown} */ frame) => socket.send(JSON.stringify(frame));
    socket.on('message', (/** @type {Buffer} */ data) => {
      const [joinRef, ref, topic, event, payload] = JSON.parse(String(data));
      if (event !== 'phx_join')
        return say([joinRef, ref, topic, 'phx_reply', { status: 'ok', response: {} }]);
      const bindings = payload.config.postgres_changes.map((/** @type {object} */ binding) => ({
        ...binding,
        id: 1,
      }));
      say([joinRef, ref, topic, 'phx_reply', { status: 'ok', response: { postgres_changes: bindings } }]);
      const message = 'Subscribed to PostgreSQL';
      say([joinRef, null, topic, 'system', { extension: 'postgres_changes', status: 'ok', message }]);
      joined.push({ socket, topic });
    });
  });
  return {
    url: `ws://127.0.0.1:${server.address().port}`,
    /**
     * Sends `perSecond * seconds` frames at that rate, or more slowly on a machine that cannot, and gives how many.
     *
     * @param {number} perSecond
     * @param {number} seconds
     */
    async send(perSecond, seconds) {
      const start = performance.now();
      let sent = 0;
      while (sent < perSecond * seconds) {
        const elapsed = (performance.now() - start) / 1000;
        const due = Math.min(perSecond * seconds, Math.ceil(elapsed * perSecond));
        for (; sent < due; sent += 1) joined[0].socket.send(frame(joined[0].topic, workflowId, sent));
        await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      }
      return sent;
    },
    stop() {
      for (const client of server.clients) client.terminate();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** @param {string} topic @param {string} workflowId @param {number} index */
function frame(topic, workflowId, index) {
  const time = new Date(Date.UTC(2030, 0, 1) + index).toISOString().replace('Z', '');
  const record = {
    id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
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
  return JSON.stringify([null, null, topic, 'postgres_changes', { ids: [1], data }]);
}
