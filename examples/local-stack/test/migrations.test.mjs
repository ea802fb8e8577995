// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newClient, rest, signIn, useStack } from './helpers.mjs';

/** The migrations of the first release. */
const FIRST_RELEASE = [
  'initial_schema',
  'missing_policies',
  'user_profiles',
  'audit_trail',
  'realtime',
  'atomic_saves',
];

const production = await useStack({ migrations: ['initial_schema'] });
const earlier = await useStack({ migrations: FIRST_RELEASE });
const empty = await useStack({ seed: false });

/** Everything that the migrations create, change or grant. @param {import('./helpers.mjs').Stack} stack */
async function shapeOf(stack) {
  const rows = await stack.sql(`
    with own_schema as (
      select oid, nspname, nspacl from pg_namespace where nspname in ('public', 'workflow_private')
    )
    select 'policy ' || to_jsonb(p)::text as item from pg_policies p where schemaname = 'public'
    union all select 'row security ' || relname from pg_class
      where relrowsecurity and relnamespace = 'public'::regnamespace
    union all select 'trigger ' || pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    union all select 'published ' || tablename || ' ' || pubname from pg_publication_tables
    union all select 'index ' || indexdef from pg_indexes where schemaname = 'public'
    union all select 'default ' || table_name || column_name || column_default from information_schema.columns
      where table_schema = 'public' and column_default is not null
    union all select 'function ' || pg_get_functiondef(p.oid) from pg_proc p
      join own_schema s on s.oid = p.pronamespace where prokind = 'f'
    union all select 'on ' || c.relname || ' ' || to_jsonb(a)::text from pg_class c
      join own_schema s on s.oid = c.relnamespace, aclexplode(c.relacl) a
    union all select 'on ' || p.oid::regprocedure || ' ' || to_jsonb(a)::text from pg_proc p
      join own_schema s on s.oid = p.pronamespace, aclexplode(p.proacl) a
    union all select 'on ' || nspname || ' ' || to_jsonb(a)::text from own_schema, aclexplode(nspacl) a
    order by 1`);
  return rows.map(({ item }) => item);
}

/** The tables of the initial schema with their columns. Later migrations may add columns. */
const TABLES = await production.sql(`
  select table_name, string_agg(quote_ident(column_name), ', ' order by ordinal_position) as columns
  from information_schema.columns where table_schema = 'public' group by 1 order by 1`);

/** All rows of the app, with the columns of the initial schema. @param {import('./helpers.mjs').Stack} stack */
async function contentsOf(stack) {
  const tables = await Promise.all(
    TABLES.map(async ({ table_name, columns }) => [
      table_name,
      await stack.sql(`select ${columns} from ${table_name} order by id`),
    ]),
  );
  return Object.fromEntries(tables);
}

test('the production schema refuses an upsert of settings and loses updates of executions', async () => {
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

test('the production schema lets every user write templates, keeps no audit trail and creates no profiles', async () => {
  const stack = production;
  const write = await newClient(stack)
    .from('workflow_templates')
    .insert({ name: 'Anonymous', workflow_data: {} });
  assert.equal(write.status, 201);
  assert.deepEqual(await stack.sql('select from audit_logs'), []);
  const { data } = await newClient(stack).auth.signUp({ email: 'early@example.com', password: 'secret1' });
  assert.deepEqual(await stack.sql('select from user_profiles where id = $1', [data.user?.id]), []);
});

test('the later migrations close the gaps of a production database with data, and can be applied twice', async () => {
  const stack = production;
  const { user_profiles, ...before } = await contentsOf(stack);

  await stack.migrate();
  assert.deepEqual(await shapeOf(stack), await shapeOf(empty), 'it equals a new database');
  const once = await contentsOf(stack);
  const profiles = once.user_profiles;
  assert.deepEqual({ ...once, user_profiles: undefined }, { ...before, user_profiles: undefined });
  for (const profile of user_profiles) {
    assert.deepEqual(
      profiles.find((/** @type {any} */ { id }) => id === profile.id),
      profile,
    );
  }
  await stack.migrate();
  assert.deepEqual(await shapeOf(stack), await shapeOf(empty));
  assert.deepEqual(await contentsOf(stack), once);

  const [backfilled] = await stack.sql("select id from user_profiles where email = 'early@example.com'");
  assert.ok(backfilled, 'an existing user has a profile');
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

test('upgrading a database from the first release gives the schema of a new one, and keeps its rows', async () => {
  const stack = earlier;
  // As the first file of that release granted.
  await stack.sql('grant all on all tables in schema public to anon, authenticated, service_role');
  const before = await contentsOf(stack);
  assert.ok(before.audit_logs.length > 100);
  assert.notDeepEqual(await shapeOf(stack), await shapeOf(empty));
  await stack.migrate();
  assert.deepEqual(await shapeOf(stack), await shapeOf(empty));
  await stack.migrate();
  assert.deepEqual(await shapeOf(stack), await shapeOf(empty));
  assert.deepEqual(await contentsOf(stack), before);
});

test('running any single file again does not reopen gaps that a later one closed', async () => {
  const stack = empty;
  for (const name of FIRST_RELEASE) {
    await stack.migrate([name]);
    const rights = await stack.sql(`
      select r, c.relname from unnest(array['anon', 'authenticated', 'service_role']) r, pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and (
        has_table_privilege(r, c.oid, 'TRUNCATE, TRIGGER, REFERENCES, MAINTAIN')
        or c.relname = 'audit_logs' and has_table_privilege(r, c.oid, 'INSERT, UPDATE, DELETE')
      )`);
    assert.deepEqual(rights, [], name);
  }
  await stack.migrate();
});

/** Unusual accounts that production may contain, each with the expected email of its profile. */
async function oddAccounts(/** @type {import('./helpers.mjs').Stack} */ stack) {
  // Hosted projects exclude single sign-on accounts from their unique index.
  await stack.sql('alter table auth.users drop constraint users_email_key');
  const insert = 'insert into auth.users (email, created_at) values ($1, $2) returning id';
  const account = async (/** @type {string | null} */ email, day = 1) =>
    (await stack.sql(insert, [email, `2024-01-0${day}`]))[0].id;
  const edit = (/** @type {string} */ id, /** @type {string} */ email) =>
    stack.sql(
      'insert into user_profiles (id, email) values ($1, $2) on conflict (id) do update set email = $2',
      [id, email],
    );
  const [first, later] = [await account('same@example.com'), await account('same@example.com', 2)];
  const [phone, empty] = [await account(null), await account('')];
  const squatter = await account('squatter@example.com');
  await edit(squatter, 'victim@example.com');
  const victim = await account('victim@example.com');
  const [left, right] = [await account('left@example.com'), await account('right@example.com')];
  await edit(left, 'a@example.com');
  await edit(right, 'left@example.com');
  await edit(left, 'right@example.com');
  return {
    [first]: 'same@example.com',
    [later]: later,
    [phone]: phone,
    [empty]: empty,
    [squatter]: 'squatter@example.com',
    [victim]: 'victim@example.com',
    [left]: 'left@example.com',
    [right]: 'right@example.com',
  };
}

/** @param {import('./helpers.mjs').Stack} stack @param {string[]} ids */
async function emailsOf(stack, ids) {
  const rows = await stack.sql('select id, email from user_profiles where id = any($1)', [ids]);
  return Object.fromEntries(rows.map(({ id, email }) => [id, email]));
}

test('every account has one profile after one run, even if accounts share an address', async () => {
  const stack = await useStack({ migrations: ['initial_schema'], seed: false });
  const expected = await oddAccounts(stack);
  const ids = Object.keys(expected);
  await stack.migrate(['user_profiles']);
  assert.equal(
    Object.keys(await emailsOf(stack, ids)).length,
    ids.length,
    'the first file creates them alone',
  );
});

test('a profile gets the email of its account, or of the oldest account that shares it', async () => {
  const stack = await useStack({ migrations: FIRST_RELEASE, seed: false });
  const expected = await oddAccounts(stack);
  await stack.sql('delete from user_profiles where email = id::text');
  const ids = Object.keys(expected);
  for (const _ of [1, 2]) {
    await stack.migrate();
    assert.deepEqual(await emailsOf(stack, ids), expected);
  }
});

test('every table of an empty database has row security, full replica identity and is published', async () => {
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

test('every foreign key has an index that starts with its column', async () => {
  const bare = await empty.sql(`
    select c.conrelid::regclass as tbl, c.conkey from pg_constraint c
    where c.contype = 'f' and c.connamespace = 'public'::regnamespace
      and not exists (select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1])`);
  assert.deepEqual(bare, []);
});

test('an existing publication of all tables stays unchanged', async () => {
  const stack = empty;
  await stack.sql('drop publication supabase_realtime; create publication supabase_realtime for all tables');
  await stack.migrate(['realtime']);
  const [publication] = await stack.sql('select puballtables from pg_publication');
  assert.equal(publication.puballtables, true);
});

test('signing up creates a profile from the address and the metadata', async () => {
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

test('users without an address, or with an address that is taken, still get a profile', async () => {
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
