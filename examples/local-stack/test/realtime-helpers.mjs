// @ts-check
import { afterEach } from 'node:test';
import { Settings } from '../lib/settings.mjs';
import { userNamed, useStack } from './helpers.mjs';

const { change: _, ...DEFAULTS } = new Settings();

/** A stack for tests of realtime, with helpers. Resets the server's behavior after each test. */
export async function useRealtime() {
  const stack = await useStack();
  const [ada, grace] = ['ada', 'grace'].map((name) => userNamed(stack, name).id);
  const token = stack.signToken({ sub: ada });
  /** All workflows: a table with `replica identity full` and row security. */
  const ALL = { event: '*', schema: 'public', table: 'workflows' };
  const MINE = { ...ALL, filter: `user_id=eq.${ada}` };
  let made = 0;

  afterEach(() => {
    stack.settings.change(DEFAULTS);
    stack.faults.clear();
    stack.realtime.drop();
  });

  /** @param {string} [owner] @returns {Promise<{ id: string, name: string }>} */
  async function insert(owner = ada) {
    made += 1;
    const name = `live-${made}`;
    const [{ id }] = await stack.sql('insert into workflows (user_id, name) values ($1, $2) returning id', [
      owner,
      name,
    ]);
    return { id, name };
  }

  return { stack, ada, grace, token, insert, ALL, MINE };
}
