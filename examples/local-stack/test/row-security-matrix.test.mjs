// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { rest, useStack, userNamed } from './helpers.mjs';

// 14 tables × 4 verbs × owner, another user and anonymous, through PostgREST, verified by SQL.
const stack = await useStack();
const ada = userNamed(stack, 'ada').id;

/** @typedef {Record<string, any>} Row */

/** @param {string} table @param {Row} row @returns {Promise<Row>} */
async function insert(table, row) {
  const columns = Object.keys(row);
  const [{ made }] = await stack.sql(
    `insert into public.${table} as t (${columns}) select ${columns}
     from jsonb_populate_record(null::public.${table}, $1) returning to_jsonb(t) as made`,
    [JSON.stringify(row)],
  );
  return made;
}

const workflow = () => insert('workflows', { user_id: ada, name: randomUUID() });
const execution = async () =>
  insert('workflow_executions', { workflow_id: (await workflow()).id, user_id: ada });
const template = () =>
  insert('workflow_templates', { name: randomUUID(), workflow_data: {}, created_by: ada });
const ends = () => ({ source_node_id: randomUUID(), target_node_id: 'b', connection_id: randomUUID() });
/** Each user has one row of settings: a new one requires that the old one is deleted. @param {string} table */
const settings = (table) => async () => {
  await stack.sql(`delete from public.${table} where user_id = $1`, [ada]);
  return { user_id: ada };
};

/** Creates a new row of Ada's, and the values that change it. @type {Record<string, { make: () => Promise<Row>, change: Row }>} */
const TABLES = {
  user_profiles: { make: async () => ({ id: ada }), change: { organization: 'x' } },
  workflows: { make: async () => ({ user_id: ada, name: randomUUID() }), change: { description: 'x' } },
  workflow_nodes: {
    make: async () => ({ workflow_id: (await workflow()).id, node_id: randomUUID(), node_type: 't' }),
    change: { label: 'x' },
  },
  workflow_connections: {
    make: async () => ({ workflow_id: (await workflow()).id, ...ends() }),
    change: { target_node_id: 'x' },
  },
  workflow_executions: {
    make: async () => ({ workflow_id: (await workflow()).id, user_id: ada }),
    change: { node_count: 3 },
  },
  execution_node_results: {
    make: async () => ({ execution_id: (await execution()).id, node_id: 'a', node_type: 't' }),
    change: { api_call_count: 3 },
  },
  api_keys: {
    make: async () => ({ user_id: ada, service_name: randomUUID(), encrypted_key: 'k' }),
    change: { is_active: false },
  },
  brand_settings: { make: settings('brand_settings'), change: { tagline: 'x' } },
  account_settings: { make: settings('account_settings'), change: { language: 'x' } },
  integrations: {
    make: async () => ({ user_id: ada, service_name: randomUUID() }),
    change: { is_connected: true },
  },
  workflow_templates: {
    make: async () => ({ name: randomUUID(), workflow_data: {}, created_by: ada }),
    change: { category: 'x' },
  },
  saved_templates: {
    make: async () => ({ user_id: ada, template_id: (await template()).id }),
    change: { created_at: '2024-01-01' },
  },
  audit_logs: { make: async () => ({ user_id: ada, action: 'x' }), change: { action: 'y' } },
  workflow_favorites: {
    make: async () => ({ user_id: ada, workflow_id: (await workflow()).id }),
    change: { created_at: '2024-01-01' },
  },
};

/** The permitted verbs: for the owner, for another user, for anonymous users. */
const ALLOWED = Object.fromEntries(
  Object.keys(TABLES).map((table) => [table, { ada: 'select insert update delete', grace: '', anon: '' }]),
);
ALLOWED.user_profiles.ada = 'select update';
ALLOWED.saved_templates.ada = 'select insert delete';
ALLOWED.workflow_favorites.ada = 'select insert delete';
ALLOWED.audit_logs.ada = 'select';
ALLOWED.workflow_templates = { ada: 'select insert update delete', grace: 'select', anon: 'select' };

/** @param {string} who @param {string} path @param {RequestInit} [init] */
function ask(who, path, init = {}) {
  const headers = { 'Content-Type': 'application/json', Prefer: 'return=representation' };
  if (who !== 'anon') return rest(stack, path, { as: who, ...init, headers });
  const url = `${stack.url}/rest/v1/${path}`;
  return fetch(url, { ...init, headers: { ...headers, apikey: stack.publishableKey } });
}

/** @param {string} table @param {string} id */
async function stored(table, id) {
  const rows = await stack.sql(`select to_jsonb(t) as row from public.${table} t where id = $1`, [id]);
  return rows[0]?.row;
}

/** An existing row of the user. For profiles, it is the only one, on which all others depend. @param {string} table */
async function existing(table) {
  const row = await TABLES[table].make();
  return table === 'user_profiles' ? stored(table, ada) : insert(table, row);
}

/** @type {Record<string, (table: string, who: string) => Promise<boolean>>} each returns whether it succeeded */
const VERBS = {
  async select(table, who) {
    const { id } = await existing(table);
    const answer = await ask(who, `${table}?id=eq.${id}`);
    return answer.ok && (await answer.json()).length === 1;
  },
  async insert(table, who) {
    const id = randomUUID();
    const row = { ...(await TABLES[table].make()), id };
    if (table === 'user_profiles') row.email = `${id}@example.com`;
    const answer = await ask(who, table, { method: 'POST', body: JSON.stringify(row) });
    const isThere = (await stored(table, id)) !== undefined;
    assert.equal(answer.status === 201, isThere, `${answer.status}`);
    return isThere;
  },
  async update(table, who) {
    const { id } = await existing(table);
    const before = await stored(table, id);
    const { change } = TABLES[table];
    const reset = Object.fromEntries(Object.keys(change).map((column) => [column, before[column]]));
    await ask(who, `${table}?id=eq.${id}`, { method: 'PATCH', body: JSON.stringify(change) });
    const after = await stored(table, id);
    const isChanged = JSON.stringify(after) !== JSON.stringify(before);
    if (table === 'user_profiles' && isChanged) {
      await ask(who, `${table}?id=eq.${id}`, { method: 'PATCH', body: JSON.stringify(reset) });
    }
    return isChanged;
  },
  async delete(table, who) {
    const { id } = await existing(table);
    await ask(who, `${table}?id=eq.${id}`, { method: 'DELETE' });
    return (await stored(table, id)) === undefined;
  },
};

for (const table of Object.keys(TABLES)) {
  for (const [verb, attempt] of Object.entries(VERBS)) {
    test(`${verb} on ${table}: owner, another user, anonymous`, async () => {
      const allowed = ALLOWED[table];
      const outcome = {
        ada: await attempt(table, 'ada'),
        grace: await attempt(table, 'grace'),
        anon: await attempt(table, 'anon'),
      };
      const may = (/** @type {'ada' | 'grace' | 'anon'} */ who) => allowed[who].split(' ').includes(verb);
      assert.deepEqual(outcome, { ada: may('ada'), grace: may('grace'), anon: may('anon') });
    });
  }
}
