// @ts-check

/**
 * Reads messages of Postgres's `pgoutput` plugin, protocol version 1 with logical messages:
 * https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
 */

/** @typedef {{ oid: number, schema: string, table: string, isFull: boolean, columns: { name: string, typeOid: number }[] }} Relation */

/** Values as text, null, or undefined if the stored value did not change and was not sent. @typedef {(string | null | undefined)[]} Tuple */

/**
 * @typedef {object} Change
 * @property {'INSERT' | 'UPDATE' | 'DELETE'} type
 * @property {Relation} relation
 * @property {Tuple | null} row after the change
 * @property {Tuple | null} old before the change: the whole row, only the key, or null
 */

/** @typedef {{ xid: number, committedAt: Date, changes: Change[] }} Transaction */

/** Postgres counts microseconds since 2000. */
const EPOCH_MS = Date.UTC(2000, 0, 1);

/** Assembles a stream of messages into transactions. */
export class Decoder {
  /** @type {Map<number, Relation>} */
  #relations = new Map();
  /** @type {Transaction | null} */
  #open = null;

  /**
   * @param {Buffer} message
   * @returns {{ transaction: Transaction } | { mark: string } | null} what is complete after the message
   */
  read(message) {
    const bytes = new Reader(message);
    switch (bytes.char()) {
      case 'B':
        bytes.skip(8);
        this.#open = { committedAt: readTime(bytes.int64()), xid: bytes.int32(), changes: [] };
        return null;
      case 'C': {
        const transaction = this.#open;
        this.#open = null;
        return transaction && { transaction };
      }
      case 'R':
        this.#readRelation(bytes);
        return null;
      case 'I':
        return this.#add('INSERT', bytes);
      case 'U':
        return this.#add('UPDATE', bytes);
      case 'D':
        return this.#add('DELETE', bytes);
      case 'M': {
        bytes.skip(9);
        const prefix = bytes.string();
        return { mark: `${prefix}:${bytes.text(bytes.int32())}` };
      }
      // Truncations, types and origins: nothing is sent to subscribers.
      default:
        return null;
    }
  }

  /** @param {Reader} bytes */
  #readRelation(bytes) {
    const oid = bytes.int32();
    const schema = bytes.string();
    const table = bytes.string();
    const isFull = bytes.char() === 'f';
    const columns = bytes.times(bytes.int16(), () => {
      bytes.skip(1);
      const column = { name: bytes.string(), typeOid: bytes.int32() };
      bytes.skip(4);
      return column;
    });
    this.#relations.set(oid, { oid, schema, table, isFull, columns });
  }

  /** @param {Change['type']} type @param {Reader} bytes @returns {null} */
  #add(type, bytes) {
    const relation = this.#relations.get(bytes.int32());
    /** @type {Change | null} */
    const change = relation ? { type, relation, row: null, old: null } : null;
    while (change && !bytes.atEnd()) {
      const kind = bytes.char();
      const tuple = readTuple(bytes);
      if (kind === 'N') change.row = tuple;
      else change.old = tuple;
    }
    if (change) this.#open?.changes.push(change);
    return null;
  }
}

/** @param {Reader} bytes @returns {Tuple} */
function readTuple(bytes) {
  return bytes.times(bytes.int16(), () => {
    const kind = bytes.char();
    if (kind === 'n') return null;
    return kind === 'u' ? undefined : bytes.text(bytes.int32());
  });
}

/** @param {bigint} micros */
function readTime(micros) {
  return new Date(EPOCH_MS + Number(micros / 1000n));
}

class Reader {
  #at = 0;

  /** @param {Buffer} buffer */
  constructor(buffer) {
    this.buffer = buffer;
  }

  /** @param {number} count */
  skip(count) {
    this.#at += count;
    return this.#at - count;
  }

  char() {
    return String.fromCharCode(this.buffer[this.skip(1)]);
  }

  int16() {
    return this.buffer.readInt16BE(this.skip(2));
  }

  int32() {
    return this.buffer.readInt32BE(this.skip(4));
  }

  int64() {
    return this.buffer.readBigInt64BE(this.skip(8));
  }

  /** @param {number} length in bytes */
  text(length) {
    const start = this.skip(length);
    return this.buffer.toString('utf8', start, start + length);
  }

  string() {
    const text = this.text(this.buffer.indexOf(0, this.#at) - this.#at);
    this.skip(1);
    return text;
  }

  /** @template T @param {number} count @param {() => T} read @returns {T[]} */
  times(count, read) {
    return Array.from({ length: count }, read);
  }

  atEnd() {
    return this.#at >= this.buffer.length;
  }
}
