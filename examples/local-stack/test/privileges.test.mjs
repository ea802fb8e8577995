// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { codeOf, newClient, openSession, rest, signIn, useStack, userNamed } from './helpers.mjs';

// Privileges of the API roles that row security does not limit, in SQL and through PostgREST.
const stack = await useStack({ encryptedKeys: true });
const ada = userNamed(stack, 'ada').id;
const ROLES = ['anon', 'authenticated', 'service_role'];
const tables = (
  await stack.sql("select tablename from pg_tables where schemaname = 'public' order by 1")
).map(({ tablename }) => tablename);
const FUNCTIONS = `
  select p.oid, p.oid::regprocedure::text as signature, n.nspname as schema, p.prosecdef as is_definer,
    p.prorettype = 'trigger'::regtype as is_trigger, coalesce(p.proconfig, '{}') as settings
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname in ('public', 'workflow_private', 'workflow_secrets')`;

test('the API roles have select, insert, update and delete on every table, and only select on the audit log', async () => {
  const rows = await stack.sql(
    `select r as role, t as tbl, array(
       select p from unnest(array[
         'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN'
       ]) p where has_table_privilege(r, 'public.' || t, p)
     ) as verbs
     from unnest($1::text[]) r, unnest($2::text[]) t`,
    [ROLES, tables],
  );
  assert.equal(rows.length, 3 * 14);
  for (const { role, tbl, verbs } of rows) {
    const expected = tbl === 'audit_logs' ? ['SELECT'] : ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
    assert.deepEqual(verbs, expected, `${role} on ${tbl}`);
  }
});

for (const role of ROLES) {
  test(`${role} can neither truncate a table nor create a trigger on it`, async () => {
    const session = await openSession(stack, { role, sub: ada });
    const trigger = 'before insert on public.%s for each row execute function pg_temp.t()';
    await session.sql(
      "create function pg_temp.t() returns trigger language plpgsql as 'begin return new; end'",
    );
    for (const table of tables) {
      assert.equal(await codeOf(session.sql(`truncate public.${table} cascade`)), '42501', table);
      const create = `create trigger t ${trigger.replace('%s', table)}`;
      assert.equal(await codeOf(session.sql(create)), '42501', table);
    }
  });

  test(`${role} cannot write the audit trail`, async () => {
    const session = await openSession(stack, { role, sub: ada });
    for (const statement of [
      "insert into audit_logs (user_id, action) values (auth.uid(), 'x')",
      "update audit_logs set action = 'x'",
      'delete from audit_logs',
      'truncate audit_logs',
      "merge into audit_logs using (select 1) s on true when matched then update set action = 'x'",
    ]) {
      assert.equal(await codeOf(session.sql(statement)), '42501', statement);
    }
  });

  test(`${role} cannot use a trigger function of the migrations on its own table`, async () => {
    const session = await openSession(stack, { role, sub: ada });
    await session.sql(
      'create temp table bait (id uuid, user_id uuid, email text, workflow_id uuid, encrypted_key text)',
    );
    const triggers = (await stack.sql(FUNCTIONS)).filter(({ is_trigger }) => is_trigger);
    assert.ok(triggers.length >= 6);
    for (const { signature } of triggers) {
      const create = `create trigger t before insert on bait for each row execute function ${signature}`;
      assert.equal(await codeOf(session.sql(create)), '42501', signature);
    }
  });
}

test('service_role may call every function of authenticated, and anon none', async () => {
  const rows = await stack.sql(
    `select f.*,
       has_function_privilege('anon', oid, 'execute') as anon,
       has_function_privilege('authenticated', oid, 'execute') as authenticated,
       has_function_privilege('service_role', oid, 'execute') as service_role
     from (${FUNCTIONS}) f`,
  );
  for (const { signature, anon, authenticated, service_role } of rows) {
    assert.equal(anon, false, `anon: ${signature}`);
    assert.ok(service_role || !authenticated, `service_role: ${signature}`);
  }
  const [usage] = await stack.sql(`
    select has_schema_privilege('anon', 'workflow_private', 'usage') as anon,
      has_schema_privilege('authenticated', 'workflow_private', 'usage') as authenticated,
      has_schema_privilege('service_role', 'workflow_private', 'usage') as service_role`);
  assert.deepEqual(usage, { anon: false, authenticated: true, service_role: true });
});

/** Every API function, with arguments that succeed for a server. */
async function calls() {
  const workflow = { id: randomUUID(), user_id: ada, name: randomUUID() };
  const graph = { ...workflow, nodes: [{ node_id: 'a', node_type: 't' }], connections: [] };
  const key = { id: randomUUID(), user_id: ada, service_name: randomUUID(), encrypted_key: 'secret' };
  const [template] = await stack.sql('select id from workflow_templates limit 1');
  return /** @type {[string, object][]} */ ([
    ['batch_save_workflows', { p_workflows: [graph] }],
    ['batch_save_workflows', { p_workflows: [graph], p_replay: true }],
    ['save_workflow_graph', { p_workflow_id: workflow.id, p_nodes: [], p_connections: [] }],
    [
      'create_workflow_from_template',
      { p_workflow_id: randomUUID(), p_user_id: ada, p_template_id: template.id },
    ],
    ['batch_save_api_keys', { p_keys: [key] }],
    ['batch_save_api_keys', { p_keys: [key], p_replay: true }],
    ['store_api_key', { p_user_id: ada, p_service_name: randomUUID(), p_secret: 'secret' }],
  ]);
}

test('a server with the service key may call every function, also with encrypted keys', async () => {
  const server = newClient(stack, stack.serviceKey);
  for (const [name, args] of await calls()) {
    const { error } = await server.rpc(name, args);
    assert.equal(error, null, name);
  }
});

test('anon may call none of the functions', async () => {
  for (const [name, args] of await calls()) {
    const { error } = await newClient(stack).rpc(name, args);
    assert.equal(error?.code, '42501', name);
  }
});

test('no function uses the search path of its caller', async () => {
  for (const { signature, settings } of await stack.sql(FUNCTIONS)) {
    assert.ok(settings.includes('search_path=pg_catalog, pg_temp'), signature);
  }
});

test('temporary types of a caller run no code with the rights of the functions', async () => {
  const session = await openSession(stack, { sub: ada });
  await session.sql('create temp table witness (who text)');
  await session.sql('grant all on witness to public');
  await session.sql(`
    create function pg_temp.spy() returns boolean language plpgsql as
      'begin insert into pg_temp.witness values (current_user); return true; end'`);
  for (const type of ['jsonb', 'inet', 'text', 'uuid']) {
    await session.sql(`create domain pg_temp.${type} as pg_catalog.${type} check (pg_temp.spy())`);
  }
  const [{ id }] = await session.sql(
    "insert into public.api_keys (user_id, service_name, encrypted_key) values ($1, 'spied', 'k') returning id",
    [ada],
  );
  await session.sql('select public.reveal_api_key($1)', [id]);
  const [template] = await stack.sql('select id from workflow_templates limit 1');
  await session.sql('select workflow_private.count_template_use($1)', [template.id]);
  const others = "select distinct who from pg_temp.witness where who <> 'authenticated'";
  assert.deepEqual(await session.sql(others), []);
});

test('PostgREST does not expose functions that only triggers call', async () => {
  for (const { signature, is_trigger } of await stack.sql(FUNCTIONS)) {
    if (!is_trigger) continue;
    const name = signature.replace(/^.*\.|\(.*$/g, '');
    const response = await rest(stack, `rpc/${name}`, { method: 'POST', body: '{}' });
    assert.equal(response.status, 404, name);
  }
});

test('a user can still read, write and call functions', async () => {
  const { client } = await signIn(stack, 'ada');
  for (const [name, args] of await calls()) {
    const { error } = await client.rpc(name, args);
    assert.equal(error, null, name);
  }
  assert.equal((await client.from('audit_logs').select('id').limit(1)).data?.length, 1);
});
