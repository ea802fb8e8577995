// @ts-check
import { randomUUID } from 'node:crypto';
import { openSession, useStack, userNamed } from './helpers.mjs';

/** A stack for overlapping statements, each on a separate connection, synchronized by locks. */
export async function useConcurrency() {
  const stack = await useStack();
  const ada = userNamed(stack, 'ada').id;
  const session = () => openSession(stack, { sub: ada });
  const [holder, first, second] = await Promise.all([
    openSession(stack, { role: 'postgres' }),
    session(),
    session(),
  ]);

  /** @param {string} name @param {Record<string, any>} [more] @returns {Record<string, any>} */
  const workflow = (name, more) => ({
    id: randomUUID(),
    user_id: ada,
    name: `${name} ${randomUUID()}`,
    ...more,
  });
  const apiKey = () => ({ id: randomUUID(), user_id: ada, service_name: randomUUID(), encrypted_key: 'k' });
  /** @param {string} node_id */
  const node = (node_id) => ({ id: randomUUID(), node_id, node_type: 't' });
  /** @param {string} connection_id */
  const connection = (connection_id) => ({
    source_node_id: 'a',
    target_node_id: connection_id,
    connection_id,
  });

  /**
   * @param {import('./helpers.mjs').Session} at
   * @param {string} name of the function, without `batch_save_`
   * @param {object[]} rows
   * @param {{ overwrite?: boolean, replay?: boolean }} [how]
   * @returns {Promise<any[]>}
   */
  async function saveBatch(at, name, rows, { overwrite = false, replay = false } = {}) {
    const call = `select batch_save_${name}($1, $2, $3) as saved`;
    const [{ saved }] = await at.sql(call, [JSON.stringify(rows), overwrite, replay]);
    return saved;
  }

  /**
   * Runs `act` while rows are locked, and releases them once it resolves.
   *
   * @template T
   * @param {string} query that locks
   * @param {unknown[]} params
   * @param {() => Promise<T>} act
   * @returns {Promise<T>}
   */
  async function whileLocked(query, params, act) {
    await holder.sql('begin');
    try {
      await holder.sql(query, params);
      return await act();
    } finally {
      await holder.sql('rollback');
    }
  }

  return { stack, ada, first, second, workflow, apiKey, node, connection, saveBatch, whileLocked };
}
