// @ts-check
// A realtime server that accepts every join, and sends changes at the requested rate. Its frames are those of the real
// server, in serialization 2.0.0.

/**
 * @param {any} WebSocketServer from the package ws
 * @param {{ rows: Record<string, any>[], framesPerS: number }} options changes `rows` in turn
 */
export async function startFlood(WebSocketServer, { rows, framesPerS }) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  /** @type {{ socket: any, topic: string } | undefined} */
  let joined;
  server.on('connection', (/** @type {any} */ socket) => {
    const say = (/** @type {unknown[]} */ frame) => socket.send(JSON.stringify(frame));
    socket.on('message', (/** @type {Buffer} */ data) => {
      const [joinRef, ref, topic, event, payload] = JSON.parse(String(data));
      if (event === 'heartbeat') say([joinRef, ref, topic, 'phx_reply', { status: 'ok', response: {} }]);
      if (event !== 'phx_join') return;
      const bindings = payload.config.postgres_changes.map(
        (/** @type {object} */ binding, /** @type {number} */ index) => ({
          ...binding,
          id: index + 1,
        }),
      );
      say([joinRef, ref, topic, 'phx_reply', { status: 'ok', response: { postgres_changes: bindings } }]);
      const message = 'Subscribed to PostgreSQL';
      say([joinRef, null, topic, 'system', { extension: 'postgres_changes', status: 'ok', message }]);
      joined = { socket, topic };
    });
  });

  /** @param {string} topic @param {number} number */
  function frame(topic, number) {
    const row = rows[number % rows.length];
    const time = new Date(Date.UTC(2030, 0, 1) + number).toISOString().replace('Z', '');
    row.description = `version ${number}`;
    row.updated_at = time;
    const data = {
      schema: 'public',
      table: 'workflows',
      type: 'UPDATE',
      commit_timestamp: `${time}Z`,
      errors: null,
      columns: [],
      record: row,
      old_record: { id: row.id },
    };
    return JSON.stringify([null, null, topic, 'postgres_changes', { ids: [1], data }]);
  }

  return {
    url: `ws://127.0.0.1:${server.address().port}`,
    /**
     * Sends the frames of this many seconds to the page that joined last, on schedule or as fast as it accepts them.
     * Returns the last state of each row.
     *
     * @param {number} seconds
     */
    async run(seconds) {
      if (!joined) throw new Error('No page has joined');
      const { socket, topic } = joined;
      const start = performance.now();
      let sent = 0;
      while (sent < framesPerS * seconds) {
        const due = Math.min(framesPerS * seconds, ((performance.now() - start) / 1000) * framesPerS);
        // The socket's buffer is limited, so that the page is measured and not this process.
        while (sent < due && socket.bufferedAmount < 1e6) socket.send(frame(topic, sent++));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return { sent, versions: rows.map(({ description }) => description) };
    },
    async close() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
