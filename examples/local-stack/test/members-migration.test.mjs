// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSession, useStack, userNamed } from './helpers.mjs';

// Running, repeating and reverting the optional migration workflow_members.
const MEMBERS = ['workflow_members'];
const UNDO = ['undo_workflow_members'];

/** Everything that the migration creates. @param {import('./helpers.mjs').Stack} of */
async function shapeOf(of) {
  const rows = await of.sql(`
    select 'policy ' || to_jsonb(p)::text as item from pg_policies p where schemaname = 'public'
    union all select 'trigger ' || pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    union all select 'published ' || tablename from pg_publication_tables where pubname = 'supabase_realtime'
    union all select 'index ' || indexdef from pg_indexes where schemaname = 'public'
    union all select 'on ' || c.relname || ' ' || coalesce(relacl::text, '') || relreplident::text from pg_class c
      where relnamespace = 'public'::regnamespace and relkind = 'r'
    union all select p.oid::regprocedure || coalesce(proacl::text, '') from pg_proc p
      where pronamespace::regnamespace::text in ('public', 'workflow_private')
    order by 1`);
  return rows.map(({ item }) => item);
}

test('a second run changes nothing, and reverting restores the database', async () => {
  const other = await useStack();
  const [before, rows] = [await shapeOf(other), await other.sql('select * from workflows order by id')];
  await other.migrate(MEMBERS);
  const once = await shapeOf(other);
  assert.notDeepEqual(once, before);
  await other.sql(
    `insert into workflow_members (workflow_id, email, role, invited_by)
     select id, 'x@example.com', 'viewer', user_id from workflows`,
  );
  const members = await other.sql('select * from workflow_members order by id');
  await other.migrate(MEMBERS);
  // Running the standard migrations again changes nothing either.
  await other.migrate();
  assert.deepEqual(await shapeOf(other), once);
  assert.deepEqual(await other.sql('select * from workflow_members order by id'), members);
  assert.deepEqual(await other.sql('select * from workflows order by id'), rows);
  await other.migrate(UNDO);
  await other.migrate(UNDO);
  assert.deepEqual(await shapeOf(other), before);
  assert.deepEqual(await other.sql('select * from workflows order by id'), rows);
});

test('the migration works on the production schema', async () => {
  const production = await useStack({ migrations: ['initial_schema'] });
  await production.migrate(MEMBERS);
  const [workflow] = await production.sql(
    "select id, user_id from workflows where name = 'Product launch video'",
  );
  const grace = userNamed(production, 'grace');
  const [inviter, guest] = await Promise.all(
    [workflow.user_id, grace.id].map((sub) => openSession(production, { sub })),
  );
  const [{ id }] = await inviter.sql(
    "insert into workflow_members (workflow_id, email, role) values ($1, $2, 'editor') returning id",
    [workflow.id, grace.email],
  );
  assert.deepEqual(await guest.sql('select from workflows where id = $1', [workflow.id]), []);
  await guest.sql('select accept_workflow_invitation($1)', [id]);
  const rename = "update workflows set name = 'renamed' where id = $1 returning id";
  assert.equal((await guest.sql(rename, [workflow.id])).length, 1);
});
