// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rest, signIn, useStack } from './helpers.mjs';

const stack = await useStack();
const ada = await signIn(stack, 'ada');

test('the official client selects, inserts, updates, upserts and deletes', async () => {
  const { client, id } = ada;
  const made = await client.from('workflows').insert({ user_id: id, name: 'CRUD' }).select().single();
  assert.equal(made.status, 201);
  const changed = await client
    .from('workflows')
    .update({ name: 'CRUD 2' })
    .eq('id', made.data.id)
    .select()
    .single();
  assert.equal(changed.data.name, 'CRUD 2');
  const upserted = await client
    .from('workflows')
    .upsert({ user_id: id, name: 'CRUD 2', description: 'again' }, { onConflict: 'user_id,name' })
    .select()
    .single();
  assert.equal(upserted.data.id, made.data.id);
  assert.equal((await client.from('workflows').delete().eq('id', made.data.id)).status, 204);
  assert.equal((await client.from('workflows').select().eq('id', made.data.id).maybeSingle()).data, null);
});

test('counts, ranges and heads pass through', async () => {
  const runs = ada.client.from('workflow_executions');
  const page = await runs.select('id', { count: 'exact' }).order('created_at').range(10, 19);
  assert.equal(page.data?.length, 10);
  assert.ok(page.count && page.count > 100);
  const head = await runs.select('*', { count: 'exact', head: true });
  assert.equal(head.count, page.count);
  assert.equal(head.data, null);
  const past = await runs.select('id', { count: 'exact' }).range(5000, 5010);
  assert.deepEqual([past.status, past.error?.code], [416, 'PGRST103']);
});

test('error codes of Postgres and PostgREST pass through', async () => {
  const { client, id } = ada;
  const cases = [
    [client.from('workflows').insert({ user_id: id, name: 'Social ad variants' }), '23505'],
    [client.from('workflows').insert({ user_id: id }), '23502'],
    [client.from('workflow_executions').update({ status: 'odd' }).eq('user_id', id), '23514'],
    [client.from('workflows').select().eq('id', 'no uuid'), '22P02'],
    [client.from('workflows').select().eq('user_id', id).single(), 'PGRST116'],
    [client.from('nothing').select(), '42P01'],
    [client.rpc('nothing'), 'PGRST202'],
  ];
  for (const [request, code] of cases) {
    assert.equal((await /** @type {any} */ (request)).error?.code, code);
  }
});

test('a list is silently truncated at 1000 rows, as on hosted projects', async () => {
  const { client, id } = ada;
  const { data } = await client.from('workflows').select('id').eq('user_id', id).limit(1).single();
  await stack.sql(
    "insert into workflow_nodes (workflow_id, node_id, node_type) select $1, 'bulk' || n, 'output' from generate_series(1, 1205) n",
    [data?.id],
  );
  const list = await client.from('workflow_nodes').select('id').like('node_id', 'bulk*');
  assert.deepEqual([list.status, list.data?.length], [200, 1000]);
  const embedded = await client.from('workflows').select('workflow_nodes(id)').eq('id', data?.id).single();
  assert.equal(embedded.data?.workflow_nodes.length, 1000);
  await client.from('workflow_nodes').delete().like('node_id', 'bulk*');
});

test('a request needs a known key in a header or in the query', async () => {
  const ask = (/** @type {string} */ query, /** @type {Record<string, string>} */ headers = {}) =>
    fetch(`${stack.url}/rest/v1/workflow_templates${query}`, { headers });
  const none = await ask('');
  assert.equal(none.status, 401);
  assert.equal(/** @type {any} */ (await none.json()).message, 'No API key found in request');
  assert.equal(none.headers.get('access-control-allow-origin'), '*');
  assert.equal((await ask('', { apikey: 'wrong' })).status, 401);
  for (const query of [
    `?apikey=${stack.anonKey}`,
    `?apikey=${stack.anonKey}&select=id`,
    `?select=id&apikey=${stack.anonKey}&limit=1`,
    `?select=id&apikey=${stack.publishableKey}`,
  ]) {
    assert.equal((await ask(query)).status, 200, query);
  }
});

test("without a user's token the key decides the role", async () => {
  const count = async (/** @type {string} */ key, /** @type {string} */ bearer) => {
    const headers = { apikey: key, ...(bearer && { Authorization: `Bearer ${bearer}` }) };
    const response = await fetch(`${stack.url}/rest/v1/workflows?select=id`, { headers });
    assert.equal(response.status, 200);
    return /** @type {any[]} */ (await response.json()).length;
  };
  assert.equal(await count(stack.publishableKey, ''), 0);
  assert.equal(await count(stack.publishableKey, stack.publishableKey), 0);
  assert.equal(await count(stack.anonKey, ''), 0);
  assert.ok((await count(stack.serviceKey, '')) > 10);
});

test('a preflight succeeds for any origin, header and method, and is cached', async () => {
  const response = await fetch(`${stack.url}/rest/v1/workflows`, {
    method: 'OPTIONS',
    headers: {
      Origin: 'https://app.example.com',
      'Access-Control-Request-Method': 'PATCH',
      'Access-Control-Request-Headers': 'apikey,authorization,x-anything',
    },
  });
  assert.equal(response.status, 204);
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  assert.match(response.headers.get('access-control-allow-methods') ?? '', /PATCH/);
  assert.equal(response.headers.get('access-control-allow-headers'), 'apikey,authorization,x-anything');
  assert.ok(Number(response.headers.get('access-control-max-age')) > 0);
});

test('PostgREST alone decides which headers a page may read', async () => {
  const response = await rest(stack, 'workflows?select=id', {
    headers: { Origin: 'https://app.example.com' },
  });
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  const exposed = response.headers.get('access-control-expose-headers') ?? '';
  assert.match(exposed, /Content-Range/);
  assert.doesNotMatch(exposed, /Retry-After/i);
});

test('paths outside the services return 404, readable by pages', async () => {
  const response = await fetch(`${stack.url}/storage/v1/object`, { headers: { apikey: stack.anonKey } });
  assert.equal(response.status, 404);
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
});
