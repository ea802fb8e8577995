// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newClient, rest, signIn, useStack } from './helpers.mjs';

const stack = await useStack();

/** @param {string} resourceId @returns {Promise<any[]>} oldest first */
function trailOf(resourceId) {
  return stack.sql(
    'select *, host(ip_address) as ip from audit_logs where resource_id = $1 order by created_at, action',
    [resourceId],
  );
}

/** @param {Record<string, string>} headers @returns {Promise<any>} the trail's row of a workflow made with them */
async function trailOfWriteWith(headers) {
  const [{ id: userId }] = stack.users;
  const response = await rest(stack, 'workflows', {
    method: 'POST',
    body: JSON.stringify({ user_id: userId, name: `Headers ${JSON.stringify(headers)}` }),
    headers: { Prefer: 'return=representation', ...headers },
  });
  assert.equal(response.status, 201);
  const [{ id }] = /** @type {any} */ (await response.json());
  const [row] = await trailOf(id);
  return row;
}

test('insert, update and delete each leave a row with the change, its user and its client', async () => {
  const { client, id: userId } = await signIn(stack, 'ada');
  const made = await client.from('workflows').insert({ user_id: userId, name: 'Watched' }).select().single();
  const { id } = made.data;
  await client.from('workflows').update({ name: 'Watched twice' }).eq('id', id);
  await client.from('workflows').delete().eq('id', id);

  const trail = await trailOf(id);
  assert.deepEqual(
    trail.map((row) => row.action),
    ['workflow_created', 'workflow_updated', 'workflow_deleted'],
  );
  assert.ok(trail.every((row) => row.user_id === userId && row.resource_type === 'workflow'));
  const [created, updated, deleted] = trail.map((row) => row.details);
  assert.deepEqual(Object.keys(created), ['new']);
  assert.equal(created.new.name, 'Watched');
  assert.deepEqual(Object.keys(updated).sort(), ['changes', 'new', 'old']);
  assert.deepEqual(updated.changes, { name: 'Watched twice' });
  assert.equal(updated.old.name, 'Watched');
  assert.deepEqual(Object.keys(deleted), ['old']);
});

test('every audited table names its rows as agreed', async () => {
  const rows = await stack.sql('select distinct action, resource_type from audit_logs order by 1');
  const found = rows.map(({ action, resource_type }) => `${action} ${resource_type}`);
  for (const expected of [
    'account_settings_created account_settings',
    'api_key_created api_key',
    'brand_settings_created brand_settings',
    'integration_created integration',
    'workflow_execution_created workflow_execution',
    'workflow_execution_updated workflow_execution',
  ]) {
    assert.ok(found.includes(expected), expected);
  }
});

test('encrypted columns never appear in the trail, but their changes do', async () => {
  const { client, id: userId } = await signIn(stack, 'grace');
  const secrets = ['first-secret', 'second-secret'];
  const key = await client
    .from('api_keys')
    .insert({ user_id: userId, service_name: 'watched', encrypted_key: secrets[0] })
    .select()
    .single();
  await client.from('api_keys').update({ encrypted_key: secrets[1] }).eq('id', key.data.id);
  await client.from('api_keys').delete().eq('id', key.data.id);
  const integration = await client
    .from('integrations')
    .insert({ user_id: userId, service_name: 'watched', encrypted_token: secrets[0] })
    .select()
    .single();
  await client
    .from('integrations')
    .update({ encrypted_token: secrets[1], is_connected: true })
    .eq('id', integration.data.id);

  const keyTrail = await trailOf(key.data.id);
  const integrationTrail = await trailOf(integration.data.id);
  assert.equal(keyTrail.length, 3);
  assert.deepEqual(keyTrail[1].details.changes, { encrypted_key: '[REDACTED]' });
  assert.equal(keyTrail[2].details.old.encrypted_key, '[REDACTED]');
  assert.deepEqual(integrationTrail[1].details.changes, {
    encrypted_token: '[REDACTED]',
    is_connected: true,
  });
  for (const secret of secrets) assert.ok(!JSON.stringify([keyTrail, integrationTrail]).includes(secret));
});

test('the address is the first of x-forwarded-for, and the agent is the User-Agent', async () => {
  const row = await trailOfWriteWith({
    'X-Forwarded-For': '198.51.100.7, 10.0.0.1',
    'User-Agent': 'Tester/1.0',
  });
  assert.equal(row.ip, '198.51.100.7');
  assert.equal(row.user_agent, 'Tester/1.0');
  assert.equal((await trailOfWriteWith({ 'X-Forwarded-For': '2001:db8::1' })).ip, '2001:db8::1');
  assert.equal((await trailOfWriteWith({})).ip, '127.0.0.1');
});

for (const odd of [
  'garbage',
  ',',
  '999.1.1.1',
  '1.2.3.4:5678',
  "'; drop table audit_logs; --",
  '%00',
  '" \\u0000',
]) {
  test(`x-forwarded-for ${odd} leaves the address empty and blocks nothing`, async () => {
    const row = await trailOfWriteWith({ 'X-Forwarded-For': odd });
    assert.equal(row.ip_address, null);
    assert.notEqual(row.user_agent, null);
  });
}

test('a write outside PostgREST or with headers that are not JSON is recorded too', async () => {
  const [{ id: userId }] = stack.users;
  const insert = "insert into workflows (user_id, name) values ('%s', '%n') returning id";
  const [plain] = await stack.sql(insert.replace('%s', userId).replace('%n', 'Plain'));
  const [odd] = await stack.sql(
    `select set_config('request.headers', 'no json', false); ${insert.replace('%s', userId).replace('%n', 'Odd')}`,
  );
  for (const { id } of [plain, odd]) {
    const [row] = await trailOf(id);
    assert.equal(row.ip_address, null);
    assert.equal(row.user_agent, null);
  }
});

test('an audit row that cannot be written does not block the write', async () => {
  await stack.sql('alter table audit_logs add constraint closed check (false) not valid');
  try {
    const { client, id } = await signIn(stack, 'ada');
    const made = await client.from('workflows').insert({ user_id: id, name: 'Unrecorded' }).select().single();
    assert.equal(made.status, 201);
    assert.deepEqual(await trailOf(made.data.id), []);
  } finally {
    await stack.sql('alter table audit_logs drop constraint closed');
  }
});

test('a write that fails leaves no audit row', async () => {
  const { client, id } = await signIn(stack, 'ada');
  const count = async () => (await stack.sql('select count(*) as n from audit_logs'))[0].n;
  const before = await count();
  const failed = await client.from('workflows').insert([
    { user_id: id, name: 'Half of two' },
    { user_id: id, name: 'Social ad variants' },
  ]);
  assert.equal(failed.error?.code, '23505');
  assert.equal(await count(), before);
});

test('deleting an account deletes all its rows, even though the audit triggers fire', async () => {
  const client = newClient(stack);
  const { data } = await client.auth.signUp({ email: 'leaving@example.com', password: 'secret1' });
  const id = data.user?.id;
  const made = await client.from('workflows').insert({ user_id: id, name: 'Last' }).select().single();
  await client.from('workflow_executions').insert({ user_id: id, workflow_id: made.data.id });
  await client.from('api_keys').insert({ user_id: id, service_name: 'x', encrypted_key: 'x' });
  await client.from('account_settings').insert({ user_id: id });
  assert.equal((await stack.sql('select from audit_logs where user_id = $1', [id])).length, 4);

  await stack.sql('delete from auth.users where id = $1', [id]);
  for (const table of ['workflows', 'workflow_executions', 'api_keys', 'account_settings', 'audit_logs']) {
    assert.deepEqual(await stack.sql(`select from ${table} where user_id = $1`, [id]), [], table);
  }
});

/** @param {string} name @returns {Promise<string>} the id of a new workflow of Ada's */
async function newWorkflow(name) {
  const insert = 'insert into workflows (user_id, name) values ($1, $2) returning id';
  const [{ id }] = await stack.sql(insert, [stack.users[0].id, name]);
  return id;
}

test('values that are too long for the trail are truncated', async () => {
  const [{ id: userId }] = stack.users;
  const id = await newWorkflow('cut');
  const text = 'ä漢👩‍🚀"\\'.repeat(5_000);
  await stack.sql('update workflows set description = $1 where id = $2', [text, id]);
  const updated = (await trailOf(id)).at(-1).details;
  const cut = `${Array.from(text).slice(0, 3_000).join('')}…`;
  assert.equal(updated.new.description, cut);
  assert.deepEqual(updated.changes, { description: cut });
  assert.equal(updated.old.description, null);

  const metadata = { list: Array.from({ length: 5_000 }, (_, index) => index) };
  const [integration] = await stack.sql(
    "insert into integrations (user_id, service_name, metadata) values ($1, 'large', $2) returning id",
    [userId, metadata],
  );
  const [{ details }] = await trailOf(integration.id);
  assert.match(details.new.metadata, /^\{"list": \[0, 1, 2.*…$/);
  assert.equal(details.new.service_name, 'large');
});

test('a value of 20,000 bytes is not truncated', async () => {
  const id = await newWorkflow('fits');
  const text = 'x'.repeat(19_000);
  await stack.sql('update workflows set description = $1 where id = $2', [text, id]);
  assert.equal((await trailOf(id)).at(-1).details.new.description, text);
});

test('two large values that differ only after the truncation count as a change', async () => {
  const id = await newWorkflow('tail');
  const change = (/** @type {string} */ end) =>
    stack.sql('update workflows set description = $1 where id = $2', [`${'x'.repeat(50_000)}${end}`, id]);
  await change('a');
  await change('b');
  assert.deepEqual(Object.keys((await trailOf(id)).at(-1).details.changes), ['description']);
});

test('an update with a large value, which the details contain three times, leaves a row of limited size', async () => {
  const id = await newWorkflow('thrice');
  for (const letter of ['x', 'y']) {
    await stack.sql('update workflows set description = repeat($1, 100000000) where id = $2', [letter, id]);
  }
  await stack.sql('delete from workflows where id = $1', [id]);
  const trail = await trailOf(id);
  assert.deepEqual(
    trail.map((row) => row.action),
    ['workflow_created', 'workflow_updated', 'workflow_updated', 'workflow_deleted'],
  );
  assert.match(trail[2].details.old.description, /^x+…$/);
  assert.match(trail[2].details.changes.description, /^y+…$/);
  for (const row of trail) assert.ok(JSON.stringify(row.details).length < 50_000);
});

test('a row that is too large for jsonb appears with its id and its user', async () => {
  const [{ id: userId }] = stack.users;
  const id = await newWorkflow('huge');
  await stack.sql("update workflows set description = repeat('x', 270000000) where id = $1", [id]);
  await stack.sql('delete from workflows where id = $1', [id]);
  const details = (await trailOf(id)).map((row) => row.details);
  const key = { id, user_id: userId };
  assert.deepEqual(details.slice(1), [{ old: key, new: key, changes: {} }, { old: key }]);
});

test('a very long user agent is truncated', async () => {
  const [{ id: userId }] = stack.users;
  const headers = JSON.stringify({ 'user-agent': 'x'.repeat(100_000), 'x-forwarded-for': '198.51.100.7' });
  const [{ id }] = await stack.sql(
    `select set_config('request.headers', '${headers}', false);
     insert into workflows (user_id, name) values ('${userId}', 'Endless agent') returning id`,
  );
  const [row] = await trailOf(id);
  assert.equal(row.user_agent, 'x'.repeat(1_000));
  assert.equal(row.ip, '198.51.100.7');
});

for (const odd of [
  '[]',
  '5',
  '"text"',
  '{"user-agent": {"a": 1}}',
  '{"x-forwarded-for": ["1.2.3.4"]}',
  '{"a"',
]) {
  test(`headers that are ${odd} block nothing`, async () => {
    const [{ id: userId }] = stack.users;
    const [{ id }] = await stack.sql(
      `select set_config('request.headers', '${odd}', false);
       insert into workflows (user_id, name) values ('${userId}', 'Odd ${Math.random()}') returning id`,
    );
    const [row] = await trailOf(id);
    assert.equal(row.action, 'workflow_created');
    assert.equal(row.ip_address, null);
  });
}
