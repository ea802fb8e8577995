// @ts-check
import pg from 'pg';

/** @typedef {(text: string, params?: unknown[]) => Promise<any[]>} Sql */
/** Runs statements in a transaction that is rolled back. @typedef {<T>(run: (sql: Sql) => Promise<T>) => Promise<T>} Discarded */

const { builtins } = pg.types;

/** Times stay strings, as PostgREST sends them (a `Date` would shift times without a zone); counts become numbers. */
const types = {
  /** @param {number} oid @param {'text' | 'binary'} [format] */
  getTypeParser(oid, format) {
    if (oid === builtins.TIMESTAMP || oid === builtins.TIMESTAMPTZ) return String;
    if (oid === builtins.INT8) return Number;
    return pg.types.getTypeParser(oid, format);
  },
};

/**
 * Opens a small pool of connections.
 *
 * @param {pg.PoolConfig} address
 * @returns {{ sql: Sql, discarded: Discarded, close(): Promise<void> }} `sql` returns the rows of the last statement; without params, the
 *   text may contain several
 */
export function openDatabase(address) {
  const pool = new pg.Pool({ ...address, types, max: 4 });
  // Postgres cuts idle connections if it stops first; the next query reports that.
  pool.on('error', () => {});
  return {
    async sql(text, params) {
      const result = await pool.query(text, params);
      const last = Array.isArray(result) ? result.at(-1) : result;
      return last?.rows ?? [];
    },
    async discarded(run) {
      const client = await pool.connect();
      try {
        await client.query('begin');
        const result = await run(async (text, params) => (await client.query(text, params)).rows);
        await client.query('rollback');
        client.release();
        return result;
      } catch (error) {
        // The connection may be in any state, so it is not reused.
        client.release(true);
        throw error;
      }
    },
    close: () => pool.end(),
  };
}
