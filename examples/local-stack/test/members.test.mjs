// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { codeOf, openSession } from './helpers.mjs';
import { useMembers } from './members-helpers.mjs';

// The effects of memberships on runs, accounts, the audit trail and query plans.
const { stack, owner, people, editor, viewer, invited, stranger, newPerson, addMember, shared } =
  await useMembers();

/** @typedef {import('./members-helpers.mjs').Session} Session */

test('a viewer cannot move their own run to a workflow that they may only read', async () => {
  const { workflow } = await shared();
  const [own] = await stack.sql('insert into workflows (user_id, name) values ($1, $2) returning id', [
    viewer.id,
    randomUUID(),
  ]);
  const [run] = await viewer.session.sql(
    'insert into workflow_executions (workflow_id, user_id) values ($1, $2) returning id',
    [own.id, viewer.id],
  );
  const move = viewer.session.sql('update workflow_executions set workflow_id = $1 where id = $2', [
    workflow.id,
    run.id,
  ]);
  assert.equal(await codeOf(move), '42501');
});

test('every user can read and run a public workflow, also its viewers, and none of them can change it', async () => {
  const { workflow } = await shared();
  await stack.sql('update workflows set is_public = true where id = $1', [workflow.id]);
  for (const person of [viewer, stranger]) {
    assert.equal((await person.session.sql('select from workflows where id = $1', [workflow.id])).length, 1);
    await person.session.sql('insert into workflow_executions (workflow_id, user_id) values ($1, $2)', [
      workflow.id,
      person.id,
    ]);
    const rename = 'update workflows set name = gen_random_uuid()::text where id = $1 returning id';
    assert.deepEqual(await person.session.sql(rename, [workflow.id]), []);
  }
});

test('inviting an address has the same result whether or not it has an account', async () => {
  const { workflow } = await shared();
  const invite = async (/** @type {string} */ email) => {
    const [row] = await people.owner.session.sql(
      `insert into workflow_members (workflow_id, email, role, invited_by) values ($1, $2, 'viewer', $3)
       returning *`,
      [workflow.id, email, owner],
    );
    return { ...row, id: '', email: '', created_at: '' };
  };
  assert.deepEqual(await invite(stranger.email), await invite(`${randomUUID()}@example.com`));
});

test('a changed or ended role applies from the next statement on', async () => {
  const { workflow, node, editorship } = await shared();
  const change = () =>
    editor.session.sql("update workflow_nodes set label = 'x' where id = $1 returning id", [node.id]);
  const read = () => editor.session.sql('select from workflows where id = $1', [workflow.id]);
  assert.equal((await change()).length, 1);
  await stack.sql("update workflow_members set role = 'viewer' where id = $1", [editorship]);
  assert.deepEqual([(await change()).length, (await read()).length], [0, 1]);
  await stack.sql('delete from workflow_members where id = $1', [editorship]);
  assert.deepEqual([(await change()).length, (await read()).length], [0, 0]);
});

test('a run still belongs to its user after the membership ended', async () => {
  const { workflow, editorship } = await shared();
  const [run] = await editor.session.sql(
    'insert into workflow_executions (workflow_id, user_id) values ($1, $2) returning id',
    [workflow.id, editor.id],
  );
  assert.equal(
    (await people.owner.session.sql('select from workflow_executions where id = $1', [run.id])).length,
    1,
  );
  await stack.sql('delete from workflow_members where id = $1', [editorship]);
  const finish = "update workflow_executions set status = 'completed' where id = $1 returning id";
  assert.equal((await editor.session.sql(finish, [run.id])).length, 1);
});

test('deleting an account or a workflow deletes its memberships', async () => {
  const { workflow } = await shared();
  const person = await newPerson();
  const id = await addMember(workflow.id, person, 'editor');
  await stack.sql('delete from auth.users where id = $1', [person.id]);
  assert.deepEqual(await stack.sql('select from workflow_members where id = $1', [id]), []);
  await people.owner.session.sql('delete from workflows where id = $1', [workflow.id]);
  assert.deepEqual(await stack.sql('select from workflow_members where workflow_id = $1', [workflow.id]), []);
});

test('the audit trail shows owners every change of members, and members their own actions', async () => {
  const { workflow, invitation } = await shared();
  const claims = JSON.stringify({ 'x-forwarded-for': '203.0.113.9', 'user-agent': 'of the invited' });
  await invited.session.sql("select set_config('request.headers', $1, false)", [claims]);
  await invited.session.sql('select accept_workflow_invitation($1)', [invitation]);
  await people.owner.session.sql("update workflow_members set role = 'editor' where id = $1", [invitation]);
  await invited.session.sql('delete from workflow_members where id = $1', [invitation]);
  const trail = async (/** @type {Session} */ session) =>
    (
      await session.sql(
        `select action, resource_type, details -> 'changes' ->> 'role' as role, ip_address, user_agent
         from audit_logs where resource_id = $1 order by created_at, action`,
        [invitation],
      )
    ).map((row) => [row.action, row.role, row.user_agent]);
  assert.deepEqual(await trail(people.owner.session), [
    ['workflow_member_created', null, null],
    ['workflow_member_updated', null, null],
    ['workflow_member_updated', 'editor', null],
    ['workflow_member_deleted', null, null],
  ]);
  assert.deepEqual(await trail(invited.session), [
    ['workflow_member_updated', null, 'of the invited'],
    ['workflow_member_deleted', null, 'of the invited'],
  ]);
  assert.ok(workflow);
});

test("the owner's audit log contains neither the IP address nor the browser of an editor", async () => {
  const { workflow } = await shared();
  const headers = (/** @type {string} */ agent) =>
    JSON.stringify({ 'x-forwarded-for': '203.0.113.9', 'user-agent': agent });
  for (const [{ session }, agent] of /** @type {const} */ ([
    [editor, 'of the editor'],
    [people.owner, 'of the owner'],
  ])) {
    await session.sql("select set_config('request.headers', $1, false)", [headers(agent)]);
    await session.sql('update workflows set description = $1 where id = $2', [agent, workflow.id]);
  }
  const trail = await people.owner.session.sql(
    `select details -> 'changes' ->> 'description' as change, host(ip_address) as ip, user_agent from audit_logs
     where resource_id = $1 and action = 'workflow_updated' order by created_at`,
    [workflow.id],
  );
  assert.deepEqual(
    trail.map(({ change, ip, user_agent }) => [change, ip, user_agent]),
    [
      ['of the editor', null, null],
      ['of the owner', '203.0.113.9', 'of the owner'],
    ],
  );
  const seen = await editor.session.sql('select from audit_logs where resource_id = $1', [workflow.id]);
  assert.deepEqual(seen, []);
});

test('only signed-in users and servers can access members, and no role can call the triggers', async () => {
  const anon = await openSession(stack, { role: 'anon' });
  for (const statement of [
    'select from workflow_members',
    'select from workflow_invitations()',
    'select accept_workflow_invitation(gen_random_uuid())',
    'select leave_workflow(gen_random_uuid())',
    'select workflow_private.workflow_role(gen_random_uuid())',
  ]) {
    assert.equal(await codeOf(anon.sql(statement)), '42501', statement);
  }
  const verbs = await stack.sql(
    `select r as role, array(select p from unnest(array[
       'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN'
     ]) p where has_table_privilege(r, 'public.workflow_members', p)) as verbs
     from unnest(array['anon', 'authenticated', 'service_role']) r`,
  );
  const four = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
  assert.deepEqual(
    verbs.map((row) => row.verbs),
    [[], four, four],
  );
  const functions = await stack.sql(
    `select p.oid::regprocedure::text as signature, proconfig, prorettype = 'trigger'::regtype as is_trigger,
       has_function_privilege('authenticated', p.oid, 'execute') as callable
     from pg_proc p where proname in ('workflow_role', 'workflows_as', 'verified_email', 'keep_owner_columns',
       'refuse_runs_of_viewers', 'check_member', 'audit_member', 'hide_client_of_others',
       'workflow_invitations', 'accept_workflow_invitation', 'leave_workflow')`,
  );
  assert.equal(functions.length, 11);
  for (const { signature, proconfig, is_trigger, callable } of functions) {
    assert.deepEqual(proconfig, ['search_path=pg_catalog, pg_temp'], signature);
    assert.equal(callable, !is_trigger, signature);
  }
});

test('the policies look up roles with an index, once per statement', async () => {
  const { workflow } = await shared();
  await stack.sql(
    `with made as (
       insert into workflows (user_id, name) select $1, 'many ' || n from generate_series(1, 3000) n returning id
     )
     insert into workflow_members (workflow_id, email, role, invited_by)
     select id, n || '@many.example.com', 'viewer', $1 from made, generate_series(1, 10) n`,
    [stranger.id],
  );
  await stack.sql(
    "insert into workflow_nodes (workflow_id, node_id, node_type) select id, 'a', 't' from workflows where name like 'many %'",
  );
  await stack.sql('analyze');
  const planOf = async (/** @type {{ sql: Session['sql'] }} */ session, /** @type {string} */ text) =>
    (await session.sql(`explain (costs off) ${text}`)).map((row) => row['QUERY PLAN']).join('\n');

  // The helper bodies, which explain does not show.
  const me = `'${editor.id}'`;
  const superuser = { sql: stack.sql };
  const role = await planOf(
    superuser,
    `select m.role from workflows w left join workflow_members m on m.workflow_id = w.id and m.user_id = ${me}
     where w.id = '${workflow.id}'`,
  );
  const as = await planOf(
    superuser,
    `select m.workflow_id from workflow_members m where m.user_id = ${me} and m.role = any('{editor}')`,
  );
  for (const plan of [role, as]) {
    assert.match(plan, /workflow_members_user_id_workflow_id_idx/);
    assert.doesNotMatch(plan, /Seq Scan/);
  }

  const w = `'${workflow.id}'`;
  for (const text of [
    `select * from workflows where id = ${w}`,
    `select * from workflow_nodes where workflow_id = ${w}`,
    `update workflow_nodes set label = 'x' where workflow_id = ${w}`,
    `select * from workflow_members where workflow_id = ${w}`,
  ]) {
    const plan = await planOf(editor.session, text);
    assert.match(plan, /Index Scan|Bitmap Index Scan/, text);
    assert.match(plan, /hashed SubPlan/, text);
    assert.doesNotMatch(plan, /Seq Scan/, text);
  }
});
