// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { openSession, rest, useStack, userNamed } from './helpers.mjs';

// The columns have no zone: they contain UTC, regardless of the zone of the writing session.
const stack = await useStack({ encryptedKeys: true });
const ada = userNamed(stack, 'ada').id;
const ZONES = ['Asia/Tokyo', 'America/New_York'];

/** @param {Record<string, any>} row */
function assertIsUtc(row) {
  const times = Object.entries(row).filter(([column, value]) => column.endsWith('_at') && value !== null);
  assert.ok(times.length > 0);
  for (const [column, value] of times) {
    const age = Date.now() - Date.parse(`${value.replace(' ', 'T')}Z`);
    assert.ok(Math.abs(age) < 60_000, `${column}: ${value}`);
  }
}

test('every default time is in UTC', async () => {
  const defaults = await stack.sql(`
    select column_default from information_schema.columns
    where table_schema = 'public' and data_type = 'timestamp without time zone' and column_default is not null`);
  assert.equal(defaults.length, 14 + 8 + 2);
  for (const { column_default } of defaults) {
    assert.equal(column_default, "(now() AT TIME ZONE 'utc'::text)");
  }
});

for (const zone of ZONES) {
  test(`rows written in ${zone} have times in UTC`, async () => {
    const session = await openSession(stack, { sub: ada });
    await session.sql(`set timezone = '${zone}'`);
    const insert =
      'insert into workflows (user_id, name) values ($1, $2) returning to_jsonb(workflows) as row';
    const [{ row }] = await session.sql(insert, [ada, randomUUID()]);
    assertIsUtc(row);
    const [{ trail }] = await stack.sql(
      'select to_jsonb(a) as trail from audit_logs a where resource_id = $1',
      [row.id],
    );
    assertIsUtc(trail);
  });

  test(`the functions write times in UTC in ${zone}`, async () => {
    const session = await openSession(stack, { sub: ada });
    await session.sql(`set timezone = '${zone}'`);
    const graph = { id: randomUUID(), user_id: ada, name: randomUUID(), nodes: [], connections: [] };
    const key = { id: randomUUID(), user_id: ada, service_name: randomUUID(), encrypted_key: 'k' };
    const nodes = JSON.stringify([{ node_id: 'a', node_type: 't' }]);
    const [template] = await stack.sql('select id from workflow_templates limit 1');
    /** @type {[string, unknown[]][]} */
    const calls = [
      ['batch_save_workflows($1)->0', [JSON.stringify([graph])]],
      ['batch_save_workflows($1, true)->0', [JSON.stringify([graph])]],
      ["save_workflow_graph($1, $2, '[]')", [graph.id, nodes]],
      ["save_workflow_graph($1, $2, '[]')->'nodes'->0", [graph.id, nodes]],
      ['create_workflow_from_template($1, $2, $3)', [randomUUID(), ada, template.id]],
      ['batch_save_api_keys($1)->0', [JSON.stringify([key])]],
      ['batch_save_api_keys($1, true)->0', [JSON.stringify([key])]],
      ['store_api_key($1, $2, $3)', [ada, key.service_name, 'again']],
    ];
    for (const [call, params] of calls) {
      const [{ row }] = await session.sql(`select ${call} as row`, params);
      assertIsUtc(row);
    }
  });

  test(`a client that requests ${zone} from PostgREST writes times in UTC`, async () => {
    const response = await rest(stack, 'workflows', {
      method: 'POST',
      body: JSON.stringify({ user_id: ada, name: randomUUID() }),
      headers: { Prefer: `return=representation,timezone=${zone}` },
    });
    assert.match(response.headers.get('preference-applied') ?? '', new RegExp(`timezone=${zone}`));
    const [row] = /** @type {any} */ (await response.json());
    assertIsUtc(row);
  });

  test(`an account created or changed in ${zone} has a profile with times in UTC`, async () => {
    const [{ id }] = await stack.sql(
      `set local timezone = '${zone}'; insert into auth.users (email) values ('${randomUUID()}@example.com') returning id`,
    );
    const profile = async () =>
      (await stack.sql('select to_jsonb(p) as row from user_profiles p where id = $1', [id]))[0].row;
    assertIsUtc(await profile());
    await stack.sql(
      `set local timezone = '${zone}'; update auth.users set email = '${randomUUID()}@example.com' where id = '${id}'`,
    );
    assertIsUtc(await profile());
  });
}
