// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newClient, rest, signIn, useStack } from './helpers.mjs';

const production = await useStack({ migrations: ['initial_schema'] });
const empty = await useStack({ seed: false });

test('production as it is refuses an upsert of settings and loses updates of executions', async () => {
  const stack = production;
  const { client, id } = await signIn(stack, 'ada');
  const upsert = await client
    .from('brand_settings')
    .upsert({ user_id: id, tagline: 'x' }, { onConflict: 'user_id' });
  assert.equal(upsert.error?.code, '42501');
  const update = await client
    .from('workflow_executions')
    .update({ node_count: 1 })
    .eq('user_id', id)
    .select();
  assert.equal(update.status, 200);
  assert.deepEqual(update.data, []);
});

test('production as it is lets anybody write templates, keeps no audit trail and makes no profile', async () => {
  const stack = production;
  const write = await newClient(stack)
    .from('workflow_templates')
    .insert({ name: 'Anonymous', workflow_data: {} });
  assert.equal(write.status, 201);
  assert.deepEqual(await stack.sql('select from audit_logs'), []);
  const { data } = await newClient(stack).auth.signUp({ email: 'early@example.com', password: 'secret1' });
  assert.deepEqual(await stack.sql('select from user_profiles where id = $1', [data.user?.id]), []);
});

test('the later migrations close the holes of a production database with data, and may be applied twice', async () => {
  const stack = production;
  const tables = ['workflows', 'workflow_nodes', 'workflow_executions', 'api_keys', 'workflow_templates'];
  const contents = () => Promise.all(tables.map((table) => stack.sql(`select * from ${table} order by id`)));
  const shape = () =>
    stack.sql(`
      select tablename || policyname as item from pg_policies
      union all select tgname || tgrelid::regclass from pg_trigger where not tgisinternal
      union all select tablename || pubname from pg_publication_tables
      union all select indexdef from pg_indexes where schemaname = 'public' order by 1`);
  const before = await contents();

  await stack.migrate();
  const once = await shape();
  await stack.migrate();
  assert.deepEqual(await shape(), once);
  assert.deepEqual(await contents(), before);

  const [backfilled] = await stack.sql("select id from user_profiles where email = 'early@example.com'");
  assert.ok(backfilled, 'a user who signed up before has a profile');
  const { client, id } = await signIn(stack, 'ada');
  const upsert = await client
    .from('brand_settings')
    .upsert({ user_id: id, tagline: 'x' }, { onConflict: 'user_id' });
  assert.equal(upsert.error, null);
  const update = await client
    .from('workflow_executions')
    .update({ node_count: 1 })
    .eq('user_id', id)
    .select();
  assert.ok(update.data && update.data.length > 100);
  const write = await newClient(stack)
    .from('workflow_templates')
    .insert({ name: 'Anonymous 2', workflow_data: {} });
  assert.equal(write.error?.code, '42501');
});

test('every table of an empty database has row security, full replica identity and a place in the publication', async () => {
  const tables = await empty.sql(`
    select c.relname, c.relrowsecurity, c.relreplident, p.tablename is not null as published
    from pg_class c
    left join pg_publication_tables p on p.tablename = c.relname and p.pubname = 'supabase_realtime'
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`);
  assert.equal(tables.length, 14);
  for (const table of tables) {
    assert.deepEqual(
      { ...table, relname: '' },
      { relname: '', relrowsecurity: true, relreplident: 'f', published: true },
    );
  }
});

test('every foreign key has an index that begins with its column', async () => {
  const bare = await empty.sql(`
    select c.conrelid::regclass as tbl, c.conkey from pg_constraint c
    where c.contype = 'f' and c.connamespace = 'public'::regnamespace
      and not exists (select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1])`);
  assert.deepEqual(bare, []);
});

test('an existing publication of all tables is left as it is', async () => {
  const stack = empty;
  await stack.sql('drop publication supabase_realtime; create publication supabase_realtime for all tables');
  await stack.migrate(['realtime']);
  const [publication] = await stack.sql('select puballtables from pg_publication');
  assert.equal(publication.puballtables, true);
});

test('signing up makes a profile from the address and the metadata', async () => {
  const stack = empty;
  const { data } = await newClient(stack).auth.signUp({
    email: 'Mary@example.com',
    password: 'secret1',
    options: { data: { full_name: 'Mary Jackson', avatar_url: 'https://assets.example.com/m.png' } },
  });
  const [profile] = await stack.sql('select * from user_profiles where id = $1', [data.user?.id]);
  assert.equal(profile.email, 'mary@example.com');
  assert.equal(profile.full_name, 'Mary Jackson');
  assert.equal(profile.avatar_url, 'https://assets.example.com/m.png');
});

test('users without an address, or with one another profile took, get a profile all the same', async () => {
  const stack = empty;
  const [first, second] = await stack.sql(
    'insert into auth.users (email) values (null), (null) returning id',
  );
  await stack.sql("update user_profiles set email = 'taken@example.com' where id = $1", [first.id]);
  const [third] = await stack.sql("insert into auth.users (email) values ('taken@example.com') returning id");
  const rows = await stack.sql('select email from user_profiles where id = any($1)', [[second.id, third.id]]);
  assert.deepEqual(new Set(rows.map(({ email }) => email)), new Set([second.id, third.id]));
});

test('the helper functions cannot be called through the API', async () => {
  const stack = production;
  for (const name of ['write_audit_log', 'create_user_profile']) {
    const response = await rest(stack, `rpc/${name}`, { method: 'POST', body: '{}' });
    assert.equal(response.status, 404, name);
  }
});
