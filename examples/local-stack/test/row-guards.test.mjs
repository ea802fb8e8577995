// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { codeOf, newClient, openSession, signIn, useStack } from './helpers.mjs';

// A user's own rows that refer to, or claim to belong to, rows of others.
const stack = await useStack();
const ada = await signIn(stack, 'ada');
const grace = await signIn(stack, 'grace');
const server = newClient(stack, stack.serviceKey);

/** @param {string} owner @param {boolean} [isPublic] @returns {Promise<string>} its id */
async function newWorkflow(owner, isPublic = false) {
  const [{ id }] = await stack.sql(
    'insert into workflows (user_id, name, is_public) values ($1, $2, $3) returning id',
    [owner, randomUUID(), isPublic],
  );
  return id;
}

/** @param {string} id @param {string} table @returns {Promise<any>} */
async function stored(table, id) {
  return (await stack.sql(`select * from ${table} where id = $1`, [id]))[0];
}

for (const table of ['workflow_executions', 'workflow_favorites']) {
  test(`${table}: a workflow that the user cannot see is refused like one that does not exist`, async () => {
    const [hidden, missing] = [await newWorkflow(ada.id), randomUUID()];
    const insert = (/** @type {string} */ workflow_id) =>
      grace.client.from(table).insert({ user_id: grace.id, workflow_id });
    const [forHidden, forMissing] = [await insert(hidden), await insert(missing)];
    assert.equal(forHidden.error?.code, '42501');
    assert.deepEqual(forHidden.error, forMissing.error, 'nothing tells which');
    assert.deepEqual(await stack.sql(`select from ${table} where workflow_id = $1`, [hidden]), []);
  });

  test(`${table}: an own workflow and a public one are accepted, and a server may refer to any`, async () => {
    const shared = await newWorkflow(ada.id, true);
    for (const workflow_id of [await newWorkflow(grace.id), shared]) {
      const { error } = await grace.client.from(table).insert({ user_id: grace.id, workflow_id });
      assert.equal(error, null);
    }
    const hidden = { user_id: grace.id, workflow_id: await newWorkflow(ada.id) };
    assert.equal((await server.from(table).insert(hidden)).error, null);
  });
}

test('an execution cannot be moved to a workflow that the user cannot see', async () => {
  const [own, hidden] = [await newWorkflow(grace.id), await newWorkflow(ada.id)];
  const shared = await newWorkflow(ada.id, true);
  const { data: run } = await grace.client
    .from('workflow_executions')
    .insert({ user_id: grace.id, workflow_id: own })
    .select()
    .single();
  const move = (/** @type {string} */ workflow_id) =>
    grace.client.from('workflow_executions').update({ workflow_id }).eq('id', run.id);
  const [toHidden, toMissing] = [await move(hidden), await move(randomUUID())];
  assert.equal(toHidden.error?.code, '42501');
  assert.deepEqual(toHidden.error, toMissing.error, 'nothing tells which');
  const upsert = await grace.client
    .from('workflow_executions')
    .upsert({ id: run.id, user_id: grace.id, workflow_id: hidden });
  assert.equal(upsert.error?.code, '42501');
  assert.equal((await stored('workflow_executions', run.id)).workflow_id, own);
  assert.equal((await move(shared)).error, null);
});

test('an execution can be finished after its workflow became private', async () => {
  const shared = await newWorkflow(ada.id, true);
  const { data: run } = await grace.client
    .from('workflow_executions')
    .insert({ user_id: grace.id, workflow_id: shared })
    .select()
    .single();
  await stack.sql('update workflows set is_public = false where id = $1', [shared]);
  const finish = { status: 'completed', workflow_id: shared };
  const { data } = await grace.client.from('workflow_executions').update(finish).eq('id', run.id).select();
  assert.equal(data?.[0].status, 'completed');
});

test('rows cannot be moved under a parent of another user', async () => {
  const [own, foreign] = [await newWorkflow(grace.id), await newWorkflow(ada.id, true)];
  const graceRun = await server
    .from('workflow_executions')
    .insert({ user_id: grace.id, workflow_id: own })
    .select()
    .single();
  const adaRun = await server
    .from('workflow_executions')
    .insert({ user_id: ada.id, workflow_id: foreign })
    .select()
    .single();
  /** @type {[string, object, object][]} a row of Grace's, and what would make it Ada's */
  const moves = [
    ['workflow_nodes', { workflow_id: own, node_id: 'n', node_type: 't' }, { workflow_id: foreign }],
    [
      'workflow_connections',
      { workflow_id: own, connection_id: 'c', source_node_id: 'a', target_node_id: 'b' },
      { workflow_id: foreign },
    ],
    [
      'execution_node_results',
      { execution_id: graceRun.data.id, node_id: 'n', node_type: 't' },
      { execution_id: adaRun.data.id },
    ],
    ['workflow_executions', { user_id: grace.id, workflow_id: own }, { user_id: ada.id }],
    ['workflows', { user_id: grace.id, name: randomUUID() }, { user_id: ada.id }],
    ['api_keys', { user_id: grace.id, service_name: randomUUID(), encrypted_key: 'k' }, { user_id: ada.id }],
    ['integrations', { user_id: grace.id, service_name: randomUUID() }, { user_id: ada.id }],
    [
      'workflow_templates',
      { created_by: grace.id, name: randomUUID(), workflow_data: {} },
      { created_by: ada.id },
    ],
    ['brand_settings', { user_id: grace.id }, { user_id: ada.id }],
    ['account_settings', { user_id: grace.id }, { user_id: ada.id }],
  ];
  await stack.sql('delete from brand_settings; delete from account_settings');
  for (const [table, row, change] of moves) {
    const planted = await grace.client.from(table).insert({ ...row, ...change });
    assert.equal(planted.error?.code, '42501', `insert into ${table}`);
    const { data: made, error } = await grace.client.from(table).insert(row).select().single();
    assert.equal(error, null, table);
    const moved = await grace.client.from(table).update(change).eq('id', made.id);
    assert.equal(moved.error?.code, '42501', `update of ${table}`);
    const merged = await grace.client.from(table).upsert({ ...made, ...change });
    assert.equal(merged.error?.code, '42501', `upsert into ${table}`);
  }
});

const CURATED = { is_featured: true, usage_count: 2147483647, rating: 5 };
/** @param {any} row */
const curatedOf = ({ is_featured, usage_count, rating }) => ({ is_featured, usage_count, rating });

test('the creator of a template cannot set its featured flag, use count or rating', async () => {
  const template = { name: randomUUID(), workflow_data: {}, ...CURATED };
  const { data: made } = await ada.client.from('workflow_templates').insert(template).select().single();
  assert.deepEqual(curatedOf(made), { is_featured: false, usage_count: 0, rating: 0 });

  await stack.sql('update workflow_templates set usage_count = 7, rating = 4.5 where id = $1', [made.id]);
  const kept = { is_featured: false, usage_count: 7, rating: 4.5 };
  const patched = await ada.client
    .from('workflow_templates')
    .update({ ...CURATED, description: 'new' })
    .eq('id', made.id)
    .select()
    .single();
  assert.deepEqual(curatedOf(patched.data), kept);
  assert.equal(patched.data.description, 'new');
  const upserted = await ada.client
    .from('workflow_templates')
    .upsert({ ...made, ...CURATED })
    .select()
    .single();
  assert.deepEqual(curatedOf(upserted.data), kept);
});

test('a server curates templates', async () => {
  const template = { name: randomUUID(), workflow_data: {}, ...CURATED };
  const { data: made } = await server.from('workflow_templates').insert(template).select().single();
  assert.deepEqual(curatedOf(made), CURATED);
  const change = { is_featured: false, usage_count: 3, rating: 2.5 };
  const { data } = await server.from('workflow_templates').update(change).eq('id', made.id).select().single();
  assert.deepEqual(curatedOf(data), change);
});

test('the use count of a template increases by one, up to its maximum', async () => {
  const [{ id }] = await stack.sql(
    "insert into workflow_templates (name, workflow_data, usage_count) values ($1, '{}', 2147483646) returning id",
    [randomUUID()],
  );
  for (const expected of [2147483647, 2147483647]) {
    const { error } = await ada.client.rpc('create_workflow_from_template', {
      p_workflow_id: randomUUID(),
      p_user_id: ada.id,
      p_template_id: id,
    });
    assert.equal(error, null);
    assert.equal((await stored('workflow_templates', id)).usage_count, expected);
  }
});

/** A new account with its profile. */
async function newAccount(email = `${randomUUID()}@example.com`) {
  const [{ id }] = await stack.sql('insert into auth.users (email) values ($1) returning id', [email]);
  const session = await openSession(stack, { sub: id });
  return { id, email, session };
}

test("a user cannot set the email of a profile to an address other than the account's", async () => {
  const { id, email, session } = await newAccount();
  const set = (/** @type {string} */ value) =>
    codeOf(session.sql('update user_profiles set email = $1, organization = $1 where id = $2', [value, id]));
  // An unused address and that of another account are refused with the same error, which does not reveal registered
  // addresses.
  for (const other of ['free@example.com', 'grace@example.com', grace.id, '', email.toUpperCase()]) {
    assert.equal(await set(other), '42501', other);
  }
  assert.deepEqual([await set(email), (await stored('user_profiles', id)).organization], [undefined, email]);
});

test('a profile inserted by its user gets the address of the account, regardless of the sent one', async () => {
  const { id, email, session } = await newAccount();
  const insert = (/** @type {string} */ profileId) =>
    session.sql("insert into user_profiles (id, email) values ($1, 'other@example.com') returning email", [
      profileId,
    ]);
  await stack.sql('delete from user_profiles where id = $1', [id]);
  assert.deepEqual(await insert(id), [{ email }]);
  await stack.sql('delete from user_profiles where id = $1', [grace.id]);
  assert.equal(await codeOf(insert(grace.id)), '42501', "another account's profile");
});

test('a server can still set the email of a profile', async () => {
  const { id } = await newAccount();
  const email = `${randomUUID()}@example.com`;
  const { data } = await server.from('user_profiles').update({ email }).eq('id', id).select().single();
  assert.equal(data.email, email);
});

test('a changed account address updates the profile and its updated_at', async () => {
  const { id } = await newAccount();
  const before = await stored('user_profiles', id);
  const email = `${randomUUID()}@example.com`;
  await stack.sql('update auth.users set email = $1 where id = $2', [email, id]);
  const after = await stored('user_profiles', id);
  assert.equal(after.email, email);
  assert.ok(after.updated_at > before.updated_at);
  await stack.sql('update auth.users set email = null where id = $1', [id]);
  assert.equal((await stored('user_profiles', id)).email, id);
});

test("an address of another profile does not block a change of an account's address", async () => {
  const [one, other] = [await newAccount(), await newAccount()];
  await stack.sql("update user_profiles set email = 'squatted@example.com' where id = $1", [one.id]);
  await stack.sql("update auth.users set email = 'squatted@example.com' where id = $1", [other.id]);
  assert.equal((await stored('user_profiles', other.id)).email, other.id);
});
