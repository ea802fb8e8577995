// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newClient, signIn, useStack } from './helpers.mjs';

const stack = await useStack();
const ada = await signIn(stack, 'ada');
const grace = await signIn(stack, 'grace');

const OWNED = [
  'workflow_executions',
  'api_keys',
  'brand_settings',
  'account_settings',
  'integrations',
  'saved_templates',
  'audit_logs',
  'workflow_favorites',
];

for (const table of OWNED) {
  test(`${table}: users see only their own rows`, async () => {
    const { data } = await ada.client.from(table).select('user_id');
    assert.ok(data && data.length > 0);
    assert.deepEqual([...new Set(data.map((row) => row.user_id))], [ada.id]);
  });
}

test('users see only their own profile', async () => {
  const { data } = await ada.client.from('user_profiles').select('id');
  assert.deepEqual(data, [{ id: ada.id }]);
});

test('users see public workflows of others, but not their nodes', async () => {
  const { data } = await grace.client
    .from('workflows')
    .select('id, is_public, workflow_nodes(id)')
    .eq('user_id', ada.id);
  assert.equal(data?.length, 1);
  assert.equal(data[0].is_public, true);
  assert.deepEqual(data[0].workflow_nodes, []);
});

test("another user's public workflow cannot be changed, deleted or added to", async () => {
  const { data: rows } = await grace.client.from('workflows').select('id').eq('user_id', ada.id);
  const id = rows?.[0].id;
  const update = await grace.client.from('workflows').update({ name: 'mine' }).eq('id', id).select();
  assert.deepEqual(update.data, []);
  const remove = await grace.client.from('workflows').delete().eq('id', id).select();
  assert.deepEqual(remove.data, []);
  const node = await grace.client
    .from('workflow_nodes')
    .insert({ workflow_id: id, node_id: 'x', node_type: 'output' });
  assert.equal(node.error?.code, '42501');
});

test('a row cannot be created for another user, or transferred to one', async () => {
  const insert = await ada.client.from('workflows').insert({ user_id: grace.id, name: 'planted' });
  assert.equal(insert.error?.code, '42501');
  const { data } = await ada.client.from('workflows').select('id').eq('user_id', ada.id).limit(1);
  const give = await ada.client.from('workflows').update({ user_id: grace.id }).eq('id', data?.[0].id);
  assert.equal(give.error?.code, '42501');
});

test('executions, results and connections can be changed and deleted by their owner', async () => {
  const { data: workflow } = await ada.client
    .from('workflows')
    .select('id')
    .eq('name', 'Podcast to shorts')
    .single();
  const connection = await ada.client
    .from('workflow_connections')
    .update({ connection_id: 'renamed' })
    .eq('workflow_id', workflow?.id)
    .eq('connection_id', 'review-drafts')
    .select();
  assert.equal(connection.data?.length, 1);

  const { data: run } = await ada.client
    .from('workflow_executions')
    .insert({ workflow_id: workflow?.id, user_id: ada.id })
    .select()
    .single();
  const result = await ada.client
    .from('execution_node_results')
    .insert({ execution_id: run.id, node_id: 'episode', node_type: 'audio_input' })
    .select()
    .single();
  const changed = await ada.client
    .from('execution_node_results')
    .update({ status: 'completed' })
    .eq('id', result.data.id)
    .select();
  assert.equal(changed.data?.[0].status, 'completed');
  assert.equal(
    (await ada.client.from('execution_node_results').delete().eq('id', result.data.id).select()).data?.length,
    1,
  );
  assert.equal(
    (await ada.client.from('workflow_executions').delete().eq('id', run.id).select()).data?.length,
    1,
  );
});

test('settings can be upserted and deleted by their owner', async () => {
  for (const table of ['brand_settings', 'account_settings']) {
    const again = () =>
      grace.client.from(table).upsert({ user_id: grace.id }, { onConflict: 'user_id' }).select();
    assert.equal((await again()).data?.length, 1, table);
    assert.equal(
      (await grace.client.from(table).delete().eq('user_id', grace.id).select()).data?.length,
      1,
      table,
    );
    assert.equal((await again()).data?.length, 1, table);
  }
});

test('all users read templates, and only the creator writes them', async () => {
  const anonymous = newClient(stack);
  const { data } = await anonymous.from('workflow_templates').select('id, name, created_by');
  assert.ok(data && data.length > 3);
  const own = data.find((row) => row.created_by === grace.id);
  assert.ok(own);
  const rename = (/** @type {typeof ada.client} */ client) =>
    client.from('workflow_templates').update({ description: 'changed' }).eq('id', own.id).select();
  assert.deepEqual((await rename(anonymous)).data, []);
  assert.deepEqual((await rename(ada.client)).data, []);
  assert.equal((await rename(grace.client)).data?.length, 1);
  const forged = await ada.client
    .from('workflow_templates')
    .insert({ name: 'f', workflow_data: {}, created_by: grace.id });
  assert.equal(forged.error?.code, '42501');
});

test('no user writes the audit trail', async () => {
  const insert = await ada.client.from('audit_logs').insert({ user_id: ada.id, action: 'workflow_created' });
  const remove = await ada.client.from('audit_logs').delete().eq('user_id', ada.id);
  const update = await ada.client.from('audit_logs').update({ action: 'nothing' }).eq('user_id', ada.id);
  assert.deepEqual(
    [insert, remove, update].map(({ error }) => error?.code),
    ['42501', '42501', '42501'],
  );
});

test('anonymous users see templates and nothing else; the service key sees everything', async () => {
  for (const table of [...OWNED, 'workflows', 'user_profiles']) {
    assert.deepEqual((await newClient(stack).from(table).select('id')).data, [], table);
    assert.deepEqual((await newClient(stack, stack.anonKey).from(table).select('id')).data, [], table);
  }
  const { data } = await newClient(stack, stack.serviceKey).from('user_profiles').select('id');
  assert.equal(data?.length, 3);
});
