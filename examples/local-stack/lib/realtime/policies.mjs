// @ts-check

/** @typedef {{ read: boolean, write: boolean }} Access */
/** @typedef {{ broadcast: Access, presence: Access }} Policies */

/** The permissions in a public channel. @type {Policies} */
export const EVERYTHING = Object.freeze({
  broadcast: { read: true, write: true },
  presence: { read: true, write: true },
});

const INSERT = 'insert into realtime.messages (topic, extension) values ($1, $2)';

/**
 * Asks the row security of `realtime.messages` what a token may do in a private channel, like the server: in a
 * transaction that is rolled back, it checks whether a row with the topic would be visible and could be inserted.
 *
 * @param {import('../sql.mjs').Discarded} discarded
 * @param {string} topic without `realtime:`
 * @param {import('./token.mjs').Claims} claims
 * @returns {Promise<Policies>}
 */
export function readPolicies(discarded, topic, claims) {
  return discarded(async (sql) => {
    for (const extension of ['broadcast', 'presence']) await sql(INSERT, [topic, extension]);
    await sql(
      `select set_config('role', $1, true), set_config('realtime.topic', $2, true),
         set_config('request.jwt.claims', $3, true), set_config('request.headers', '{}', true)`,
      [claims.role, topic, JSON.stringify(claims)],
    );
    const seen = await sql('select extension from realtime.messages where topic = $1', [topic]);
    const access = async (/** @type {string} */ extension) => ({
      read: seen.some((row) => row.extension === extension),
      write: await succeeds(sql, () => sql(INSERT, [topic, extension])),
    });
    return { broadcast: await access('broadcast'), presence: await access('presence') };
  });
}

/** @param {import('../sql.mjs').Sql} sql @param {() => Promise<unknown>} statement */
async function succeeds(sql, statement) {
  await sql('savepoint attempt');
  try {
    await statement();
    return true;
  } catch (error) {
    if (/** @type {{ code?: string }} */ (error).code !== '42501') throw error;
    await sql('rollback to attempt');
    return false;
  }
}
