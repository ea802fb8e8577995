// @ts-check
// A realtime server with a crowded room, in which everyone updates their state all the time. It sends the frames that
// the real server forwards for the package, in serialization 2.0.0.
import { randomUUID } from 'node:crypto';

/**
 * @param {any} WebSocketServer from the package ws
 * @param {{ people: number, statesPerS: number }} options
 */
export async function startCrowd(WebSocketServer, { people, statesPerS }) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  const members = Array.from({ length: people }, (_, index) => ({
    user: randomUUID(),
    entry: {
      phx_ref: `ref-${index}`,
      name: `Person ${index}`,
      since: index,
      tab: randomUUID(),
      at: 1,
      state: {},
    },
  }));
  /** @type {{ socket: any, topic: string } | undefined} */
  let joined;
  /** The number of states that the page sent. */
  let received = 0;
  server.on('connection', (/** @type {any} */ socket) => {
    const say = (/** @type {unknown[]} */ frame) => socket.send(JSON.stringify(frame));
    socket.on('message', (/** @type {Buffer} */ data) => {
      const [joinRef, ref, topic, event] = JSON.parse(String(data));
      if (event === 'broadcast') received += 1;
      else say([joinRef, ref, topic, 'phx_reply', { status: 'ok', response: { postgres_changes: [] } }]);
      if (event !== 'phx_join') return;
      const state = members.map(({ user, entry }) => [user, { metas: [entry] }]);
      say([joinRef, null, topic, 'presence_state', Object.fromEntries(state)]);
      joined = { socket, topic };
    });
  });

  return {
    url: `ws://127.0.0.1:${server.address().port}`,
    /**
     * Makes everyone update their state as often as permitted. Returns the number of updates and each last state.
     *
     * @param {number} seconds
     */
    async run(seconds) {
      if (!joined) throw new Error('No page has joined');
      const { socket, topic } = joined;
      const [total, perMs] = [people * statesPerS * seconds, (people * statesPerS) / 1000];
      const start = performance.now();
      let [sent, bytes] = [0, 0];
      while (sent < total) {
        for (const due = Math.min(total, (performance.now() - start) * perMs); sent < due; sent += 1) {
          const { entry } = members[sent % people];
          entry.at += 1;
          entry.state = { cursor: { x: sent % 1_920, y: (sent * 7) % 1_080 } };
          const { tab, at, state } = entry;
          const payload = { type: 'broadcast', event: 'workflow-db:state', payload: { tab, at, state } };
          const frame = JSON.stringify([null, null, topic, 'broadcast', payload]);
          bytes += frame.length;
          socket.send(frame);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return { sent, bytes, received, states: members.map(({ entry }) => entry.state) };
    },
    async close() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
