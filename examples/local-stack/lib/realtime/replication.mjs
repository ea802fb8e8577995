// @ts-check
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { PUBLICATION } from './bindings.mjs';
import { Decoder } from './pgoutput.mjs';

/** @typedef {import('./pgoutput.mjs').Transaction} Transaction */
/** @typedef {{ close(): Promise<void> }} Stream */

/**
 * How often we report where we are. Postgres may miss that there is something new to send when a commit comes just as it
 * goes to sleep, and would notice at the next commit only; a report makes it look again.
 */
const REPORT_MS = 20;

/** Prefix of the messages that mark a place in the log. */
export const MARK = 'local-stack';

/** Kinds of what the server sends in a replication stream: `w` and `k`. */
const WAL_DATA = 0x77;
const KEEPALIVE = 0x6b;

/**
 * Follows the database's changes from now on. The slot is a temporary one: it goes with the connection, so nothing
 * is left in the data.
 *
 * @param {pg.ClientConfig} address
 * @param {object} on
 * @param {(transaction: Transaction) => void} on.transaction
 * @param {(mark: string) => void} on.mark
 * @param {() => void} on.end the connection broke; not called after `close`
 * @returns {Promise<Stream>} once every later commit will be seen
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
  // What `pg` knows of copying both ways is on its connection, which its types leave out.
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
  // The command lasts as long as the stream; it fails when that ends.
  stream.catch(end);
  await Promise.race([streaming, stream]);
  reports = setInterval(() => connection.sendCopyFromChunk(statusUpdate(received)), REPORT_MS);
  return { close };
}

/** @param {bigint} position up to which all is received @returns {Buffer} */
function statusUpdate(position) {
  const message = Buffer.alloc(34);
  message.write('r');
  for (const offset of [1, 9, 17]) message.writeBigUInt64BE(position, offset);
  message.writeBigInt64BE(BigInt(Date.now() - Date.UTC(2000, 0, 1)) * 1000n, 25);
  return message;
}
