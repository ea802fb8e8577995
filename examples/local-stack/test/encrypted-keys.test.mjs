// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newClient, rest, signIn, useStack, userNamed } from './helpers.mjs';

/** @typedef {import('./helpers.mjs').Stack} Stack */

const ENCRYPTED = ['encrypted_api_keys'];
const UNDO = ['undo_encrypted_api_keys'];
/** The Postgres from npm lacks the extension, so this creates the names that the migration uses. */
const VAULT = `
  create schema vault authorization postgres;
  create table vault.secrets (id uuid default gen_random_uuid(), name text unique, description text, hidden text);
  create view vault.decrypted_secrets as select *, reverse(hidden) as decrypted_secret from vault.secrets;
  create function vault.create_secret(
    new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
  ) returns uuid language sql as
    'insert into vault.secrets (name, description, hidden) values ($2, $3, reverse($1)) returning id';
  grant all on vault.secrets, vault.decrypted_secrets to postgres;`;

// A database in use, with plain-text keys, which the first test converts.
const stack = await useStack();
const plain = await keysOf(stack);
const ada = await signIn(stack, 'ada');
const grace = await signIn(stack, 'grace');

/** @param {Stack} of @returns {Promise<any[]>} */
function keysOf(of) {
  return of.sql('select * from api_keys order by id');
}

/** @param {{ client: any }} who @param {string} id */
const reveal = (who, id) => who.client.rpc('reveal_api_key', { p_id: id });

/** @param {{ client: any, id: string }} who @param {string} secret @param {object} [columns] */
async function insertKey(who, secret, columns = {}) {
  const row = { user_id: who.id, service_name: randomUUID(), encrypted_key: secret, ...columns };
  const { data, error } = await who.client.from('api_keys').insert(row).select().single();
  assert.equal(error, null);
  return data;
}

/** The error code of an SQL statement that this role sends. @param {string} role @param {string} text */
function refusalOf(role, text) {
  // Several statements in one message are one transaction.
  return stack.sql(`set local role ${role}; ${text}`).catch((error) => error.code);
}

/** Applies the migration, and waits until PostgREST has reloaded its schema. @param {Stack} of */
async function encrypt(of) {
  await of.migrate(ENCRYPTED);
  const isKnown = async () => {
    const { status } = await rest(of, 'api_keys?select=key_format');
    const found = await rest(of, 'rpc/reveal_api_key', { method: 'POST', body: '{"p_id": null}' });
    const { code } = /** @type {any} */ (await found.json());
    return status === 200 && code === 'PT404';
  };
  while (!(await isKnown())) await sleep(10);
}

/** Everything that the migration creates. @param {Stack} of */
const shapeOf = (of) =>
  of.sql(`
    select tgname || tgrelid::regclass as item from pg_trigger where not tgisinternal
    union all select conname || pg_get_constraintdef(oid) from pg_constraint where conrelid = 'api_keys'::regclass
    union all select attname from pg_attribute where attrelid = 'api_keys'::regclass and attnum > 0
    union all select p.oid::regprocedure || coalesce(proacl::text, '') from pg_proc p
      where pronamespace::regnamespace::text in ('public', 'workflow_private', 'workflow_secrets')
    order by 1`);

test('plain-text keys are encrypted without loss, and a second run changes nothing', async () => {
  assert.ok(plain.length > 3);
  await encrypt(stack);
  const [once, shape] = [await keysOf(stack), await shapeOf(stack)];
  await stack.migrate(ENCRYPTED);
  assert.deepEqual(await keysOf(stack), once);
  assert.deepEqual(await shapeOf(stack), shape);
  // Running the standard migrations again changes nothing either.
  await stack.migrate();
  assert.deepEqual(await keysOf(stack), once);

  for (const [index, before] of plain.entries()) {
    const now = once[index];
    assert.equal(now.key_format, 'pgp');
    assert.match(now.encrypted_key, /^[A-Za-z0-9+/]{80,}=*$/);
    assert.deepEqual({ ...now, encrypted_key: '' }, { ...before, encrypted_key: '', key_format: 'pgp' });
    const owner = before.user_id === ada.id ? ada : grace;
    assert.equal((await reveal(owner, now.id)).data, before.encrypted_key);
  }
});

test('only the owner and a server can reveal a key', async () => {
  const key = await insertKey(ada, 'for ada only');
  const service = { client: newClient(stack, stack.serviceKey) };
  assert.equal((await reveal(ada, key.id)).data, 'for ada only');
  assert.equal((await reveal(service, key.id)).data, 'for ada only');
  const [foreign, missing] = [await reveal(grace, key.id), await reveal(grace, randomUUID())];
  assert.deepEqual([foreign.status, foreign.error.code], [404, 'PT404']);
  assert.deepEqual(foreign.error, missing.error, 'nothing tells which');
  assert.equal((await reveal({ client: newClient(stack) }, key.id)).error.code, '42501');
});

test('every write is encrypted, and no client can claim that it already is', async () => {
  const key = await insertKey(ada, 'first', { key_format: 'plain' });
  const forged = await insertKey(ada, 'claimed', { key_format: 'pgp' });
  const update = async (/** @type {object} */ values) => {
    await ada.client.from('api_keys').update(values).eq('id', key.id);
    const [row] = await stack.sql('select * from api_keys where id = $1', [key.id]);
    assert.equal(row.key_format, 'pgp');
    return row;
  };
  assert.equal((await reveal(ada, forged.id)).data, 'claimed');
  const untouched = await update({ is_active: false, key_format: 'plain' });
  assert.equal(untouched.encrypted_key, key.encrypted_key);
  const changed = await update({ encrypted_key: 'second', key_format: 'pgp' });
  assert.ok(!changed.encrypted_key.includes('second'));
  assert.equal((await reveal(ada, key.id)).data, 'second');
});

test('an upsert encrypts once; a ciphertext that is written back stays unchanged', async () => {
  const key = await insertKey(ada, 'first');
  const { user_id, service_name } = key;
  const upsert = { user_id, service_name, encrypted_key: 'second' };
  await ada.client.from('api_keys').upsert(upsert, { onConflict: 'user_id,service_name' });
  assert.equal((await reveal(ada, key.id)).data, 'second');

  await ada.client.from('api_keys').delete().eq('id', key.id);
  const again = await insertKey(ada, key.encrypted_key);
  assert.equal(again.encrypted_key, key.encrypted_key);
  assert.equal((await reveal(ada, again.id)).data, 'first');
});

test("another user's ciphertext is useless", async () => {
  const key = await insertKey(ada, 'for ada only');
  const stolen = await insertKey(grace, key.encrypted_key);
  assert.equal((await reveal(grace, stolen.id)).data, key.encrypted_key);
});

test('a key that moves to another user is encrypted for that one', async () => {
  const key = await insertKey(ada, 'shared');
  await stack.sql('update api_keys set user_id = $1 where id = $2', [grace.id, key.id]);
  assert.equal((await reveal(grace, key.id)).data, 'shared');
});

test('any text is revealed unchanged', async () => {
  for (const secret of ['', ' ', 'ä漢👩‍🚀', 'a:b', 'QUJD', `${ada.id}:x`, 'x'.repeat(100_000), '\n"\\']) {
    const key = await insertKey(ada, secret);
    assert.equal((await reveal(ada, key.id)).data, secret);
  }
});

test('store_api_key creates or replaces a key, and returns neither form of the secret', async () => {
  const store = (/** @type {object} */ rest) =>
    ada.client.rpc('store_api_key', { p_user_id: ada.id, p_service_name: 'stored', ...rest });
  const options = { gateway_type: 'custom', gateway_endpoint: 'https://g.example.com', is_active: false };
  const { data: made } = await store({ p_secret: 'first', p_options: options });
  const { data: replaced } = await store({ p_secret: 'second', p_options: { is_master_key: true } });
  const { key_format, ...stored } = (
    await stack.sql('select to_jsonb(k) as row from api_keys k where id = $1', [made.id])
  )[0].row;
  assert.equal(key_format, 'pgp');
  assert.deepEqual(replaced, { ...stored, encrypted_key: '[REDACTED]' });
  assert.deepEqual(
    [replaced.id, replaced.is_master_key, replaced.is_active, replaced.gateway_endpoint],
    [made.id, true, false, 'https://g.example.com'],
  );
  assert.ok(replaced.updated_at > made.updated_at);
  assert.equal((await reveal(ada, made.id)).data, 'second');

  const forHer = { p_user_id: ada.id, p_service_name: 's', p_secret: 'x' };
  assert.equal((await grace.client.rpc('store_api_key', forHer)).error?.code, '42501');
  assert.equal((await newClient(stack).rpc('store_api_key', forHer)).error?.code, '42501');
});

test('a repeated batch succeeds only if the secrets are equal', async () => {
  const key = { id: randomUUID(), user_id: ada.id, service_name: randomUUID(), encrypted_key: 'batched' };
  const save = (/** @type {object} */ row, /** @type {object} */ how = {}) =>
    ada.client.rpc('batch_save_api_keys', { p_keys: [row], ...how });
  const { data: first } = await save(key);
  assert.ok(!('key_format' in first[0]));
  assert.deepEqual((await save(key, { p_replay: true })).data, first);
  assert.equal((await save({ ...key, encrypted_key: 'other' }, { p_replay: true })).error?.code, 'PT409');
  assert.equal((await save(key)).error?.code, 'PT409');
  await save({ ...key, encrypted_key: 'replaced' }, { p_overwrite: true });
  assert.equal((await reveal(ada, key.id)).data, 'replaced');
});

test('the audit trail records each action, and contains neither form of any secret', async () => {
  const key = await insertKey(ada, 'watched secret');
  await ada.client.from('api_keys').update({ encrypted_key: 'another secret' }).eq('id', key.id);
  const headers = { 'x-forwarded-for': '203.0.113.7', 'user-agent': 'audit test' };
  await rest(stack, 'rpc/reveal_api_key', {
    method: 'POST',
    body: JSON.stringify({ p_id: key.id }),
    headers,
  });
  const sealed = await stack.sql('select encrypted_key from api_keys');
  await ada.client.from('api_keys').delete().eq('id', key.id);
  const trail = await stack.sql('select * from audit_logs where resource_id = $1 order by created_at', [
    key.id,
  ]);
  assert.deepEqual(
    trail.map(({ action }) => action),
    ['api_key_created', 'api_key_updated', 'api_key_revealed', 'api_key_deleted'],
  );
  assert.deepEqual(trail[2].details, { service_name: key.service_name });
  assert.deepEqual([trail[2].user_id, trail[2].user_agent], [ada.id, 'audit test']);
  const all = JSON.stringify(await stack.sql('select * from audit_logs'));
  const forms = [...sealed, ...plain].map(({ encrypted_key }) => encrypted_key);
  for (const text of [...forms, key.encrypted_key, 'watched secret', 'another secret']) {
    if (text.length > 8) assert.ok(!all.includes(text), text);
  }
});

test('no API role can access the encryption key or the functions that use it', async () => {
  for (const role of ['anon', 'authenticated', 'service_role']) {
    assert.equal(await refusalOf(role, 'select * from workflow_secrets.keys'), '42501', role);
    assert.equal(await refusalOf(role, 'select workflow_secrets.encryption_key()'), '42501', role);
    assert.equal(await refusalOf(role, "select workflow_secrets.opened('', null)"), '42501', role);
  }
  for (const name of ['encryption_key', 'opened', 'sealed', 'encrypt_api_key', 'api_key_holds']) {
    const response = await rest(stack, `rpc/${name}`, { method: 'POST', body: '{}' });
    assert.equal(response.status, 404, name);
  }
  const response = await rest(stack, 'keys', { headers: { 'Accept-Profile': 'workflow_secrets' } });
  assert.equal(response.status, 406);
});

test('without its encryption key, nothing is revealed, stored or created', async () => {
  const key = await insertKey(ada, 'locked');
  await stack.sql(
    'create table kept as select * from workflow_secrets.keys; delete from workflow_secrets.keys',
  );
  assert.equal((await reveal(ada, key.id)).error.code, 'PT501');
  const { error } = await ada.client
    .from('api_keys')
    .insert({ user_id: ada.id, service_name: 'x', encrypted_key: 'y' });
  assert.equal(error?.code, 'PT501');
  await assert.rejects(stack.migrate(ENCRYPTED), /restore it/);
  await stack.sql('insert into workflow_secrets.keys select * from kept; drop table kept');
  assert.equal((await reveal(ada, key.id)).data, 'locked');
});

test('a database that gets Vault moves the key there, and every secret stays readable', async () => {
  const key = await insertKey(ada, 'before Vault');
  const [{ value }] = await stack.sql('select value from workflow_secrets.keys');
  await stack.sql(VAULT);
  await stack.migrate(ENCRYPTED);
  await stack.migrate(ENCRYPTED);
  assert.deepEqual(await stack.sql('select * from workflow_secrets.keys'), []);
  const secrets = await stack.sql('select name, decrypted_secret from vault.decrypted_secrets');
  assert.deepEqual(secrets, [{ name: 'workflow_db_api_keys', decrypted_secret: value }]);
  assert.equal((await reveal(ada, key.id)).data, 'before Vault');
  assert.equal((await reveal(ada, (await insertKey(ada, 'in Vault')).id)).data, 'in Vault');
});

test('reverting stores every secret in plain text again, and both directions can be repeated', async () => {
  const key = await insertKey(grace, 'there and back');
  const secretOf = async () =>
    (await stack.sql('select encrypted_key from api_keys where id = $1', [key.id]))[0].encrypted_key;
  await stack.migrate(UNDO);
  await stack.migrate(UNDO);
  assert.equal(await secretOf(), 'there and back');
  const rows = await keysOf(stack);
  for (const before of plain) {
    assert.deepEqual(
      rows.find(({ id }) => id === before.id),
      before,
    );
  }
  await encrypt(stack);
  assert.notEqual(await secretOf(), 'there and back');
  assert.equal((await reveal(grace, key.id)).data, 'there and back');
});

test('the production schema can be converted, and with Vault the key is stored nowhere else', async () => {
  const production = await useStack({ migrations: ['initial_schema'] });
  await production.sql(VAULT);
  const before = await keysOf(production);
  await encrypt(production);
  assert.deepEqual(await production.sql('select * from workflow_secrets.keys'), []);
  const user = userNamed(production, 'ada');
  const key = before.find(({ user_id }) => user_id === user.id);
  const body = JSON.stringify({ p_id: key.id });
  const response = await rest(production, 'rpc/reveal_api_key', { method: 'POST', body });
  assert.equal(await response.json(), key.encrypted_key);
});
