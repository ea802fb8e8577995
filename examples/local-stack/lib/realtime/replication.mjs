// @ts-check
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { PUBLICATION } from './bindings.mjs';
import { Decoder } from './pgoutput.mjs';

/** @typedef {import('./pgoutput.mjs').Transaction} Transaction */
/** @typedef {{ close(): Promise<void> }} Stream */

/**
 * The interval of position reports. Postgres may overlook a commit that arrives just as it goes to sleep, and would
 * notice it only at the next commit. A report wakes it up.
 */
const REPORT_MS = 20;

/** The prefix of messages that mark a position in the log. */
export const MARK = 'local-stack';

/** Message types in a replication stream: `w` and `k`. */
const WAL_DATA = 0x77;
const KEEPALIVE = 0x6b;

/**
 * Follows the database's changes from now on. The replication slot is temporary: it disappears with the connection.
 *
 * @param {pg.ClientConfig} address
 * @param {object} on
 * @param {(transaction: Transaction) => void} on.transaction
 * @param {(mark: string) => void} on.mark
 * @param {() => void} on.end the connection broke; not called after `close`
 * @returns {Promise<Stream>} once all later commits will be received
 */
export async function followChanges(address, on) {
  const client = new pg.Client(/** @type {any} */ ({ ...address, replication: 'database' }));
  let closed = false;
  let received = 0n;
  /** @type {NodeJS.Timeout | undefined} */
  let reports;
  const end = () => {
    if (closed) return;
    closed = true;
    clearInterval(reports);
    on.end();
  };
  client.on('error', end);
  client.on('end', end);
  // The `pg` types omit the connection, which supports bidirectional copying.
  const { connection } = /** @type {any} */ (client);
  const close = async () => {
    closed = true;
    clearInterval(reports);
    connection.stream.destroy();
  };
  await client.connect();

  const slot = `local_stack_${randomUUID().replaceAll('-', '')}`;
  const created = await client.query(
    `CREATE_REPLICATION_SLOT ${slot} TEMPORARY LOGICAL pgoutput (SNAPSHOT 'nothing')`,
  );
  const decoder = new Decoder();
  connection.on('copyData', (/** @type {{ chunk: Buffer }} */ { chunk }) => {
    if (closed) return;
    if (chunk[0] === WAL_DATA) {
      received = chunk.readBigUInt64BE(1);
      const done = decoder.read(chunk.subarray(25));
      if (done && 'transaction' in done) on.transaction(done.transaction);
      else if (done) on.mark(done.mark);
    } else if (chunk[0] === KEEPALIVE) {
      received = chunk.readBigUInt64BE(1);
    }
  });
  const streaming = new Promise((resolve) => connection.once('replicationStart', resolve));
  const stream = client.query(
    `START_REPLICATION SLOT ${slot} LOGICAL ${created.rows[0].consistent_point} ` +
      `(proto_version '1', publication_names '${PUBLICATION}', messages 'true')`,
  );
  // The command lasts as long as the stream, and fails when the stream ends.
  stream.catch(end);
  await Promise.race([streaming, stream]);
  if (!closed) reports = setInterval(() => connection.sendCopyFromChunk(statusUpdate(received)), REPORT_MS);
  return { close };
}

/** @param {bigint} position up to which everything was received @returns {Buffer} */
function statusUpdate(position) {
  const message = Buffer.alloc(34);
  message.write('r');
  for (const offset of [1, 9, 17]) message.writeBigUInt64BE(position, offset);
  message.writeBigInt64BE(BigInt(Date.now() - Date.UTC(2000, 0, 1)) * 1000n, 25);
  return message;
}
