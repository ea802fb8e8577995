// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { codeOf, openSession, useStack, userNamed } from './helpers.mjs';

// The optional migration workflow_members: its matrix and what is tried against it, in SQL with the rights of a user.
const MEMBERS = ['workflow_members'];
const UNDO = ['undo_workflow_members'];
const stack = await useStack({ members: true });
const owner = userNamed(stack, 'ada').id;
const PEOPLE = ['owner', 'editor', 'viewer', 'invited', 'stranger'];

/** @typedef {import('./helpers.mjs').Session} Session */
/** @typedef {Record<string, any>} Row */

/** An account, and its database session. @param {{ email?: string, isVerified?: boolean }} [options] */
async function newPerson({ email = `${randomUUID()}@example.com`, isVerified = true } = {}) {
  const [{ id }] = await stack.sql(
    'insert into auth.users (email, email_confirmed_at) values ($1, case when $2 then now() end) returning id',
    [email, isVerified],
  );
  return { id, email, session: await openSession(stack, { sub: id }) };
}

/** @typedef {Awaited<ReturnType<typeof newPerson>>} Person */

const [editor, viewer, invited, stranger] = await Promise.all(Array.from({ length: 4 }, () => newPerson()));
/** @type {Record<string, { id: string, session: Session }>} */
const people = {
  owner: { id: owner, session: await openSession(stack, { sub: owner }) },
  editor,
  viewer,
  invited,
  stranger,
};

/** @param {string} workflowId @param {Person} person @param {string} role @param {boolean} [isAccepted] */
async function addMember(workflowId, person, role, isAccepted = true) {
  const [{ id }] = await stack.sql(
    `insert into workflow_members (workflow_id, email, role, invited_by, user_id, accepted_at)
     values ($1, $2, $3, $4, $5, case when $5::uuid is not null then localtimestamp end) returning id`,
    [workflowId, person.email, role, owner, isAccepted ? person.id : null],
  );
  return id;
}

/** A workflow of the owner's with one row of everything, an editor, a viewer and an invited person. */
async function shared() {
  const [workflow] = await stack.sql('insert into workflows (user_id, name) values ($1, $2) returning *', [
    owner,
    randomUUID(),
  ]);
  const { id } = workflow;
  const [node] = await stack.sql(
    "insert into workflow_nodes (workflow_id, node_id, node_type) values ($1, 'a', 't') returning *",
    [id],
  );
  const [connection] = await stack.sql(
    `insert into workflow_connections (workflow_id, source_node_id, target_node_id, connection_id)
     values ($1, 'a', 'b', 'ab') returning *`,
    [id],
  );
  const [run] = await stack.sql(
    'insert into workflow_executions (workflow_id, user_id) values ($1, $2) returning *',
    [id, owner],
  );
  const [result] = await stack.sql(
    "insert into execution_node_results (execution_id, node_id, node_type) values ($1, 'a', 't') returning *",
    [run.id],
  );
  return {
    workflow,
    node,
    connection,
    run,
    result,
    editorship: await addMember(id, editor, 'editor'),
    viewership: await addMember(id, viewer, 'viewer'),
    invitation: await addMember(id, invited, 'viewer', false),
  };
}

/** @typedef {Awaited<ReturnType<typeof shared>>} Shared */

/** How many rows a statement reaches; 0 for one that is refused. @param {Session} session @param {string} text @param {unknown[]} params */
async function reaches(session, text, params) {
  await session.sql('begin');
  try {
    return (await session.sql(text, params)).length > 0;
  } catch (error) {
    assert.ok(['42501', 'PT404'].includes(/** @type {any} */ (error).code), String(error));
    return false;
  } finally {
    await session.sql('rollback');
  }
}

const everyone = ['owner', 'editor', 'viewer'];
/** What, who may, and the statement with its parameters. @type {[string, string[], string, (of: Shared, me: string) => unknown[]][]} */
const MATRIX = [
  ['read the workflow', everyone, 'select from workflows where id = $1', ({ workflow: w }) => [w.id]],
  ['read its nodes', everyone, 'select from workflow_nodes where id = $1', ({ node }) => [node.id]],
  [
    'read its connections',
    everyone,
    'select from workflow_connections where id = $1',
    ({ connection }) => [connection.id],
  ],
  ['read every run', everyone, 'select from workflow_executions where id = $1', ({ run }) => [run.id]],
  [
    'read the results of every run',
    everyone,
    'select from execution_node_results where id = $1',
    ({ result }) => [result.id],
  ],
  [
    'change name and description',
    ['owner', 'editor'],
    "update workflows set name = gen_random_uuid()::text, description = 'x', updated_at = 'now' where id = $1 returning id",
    ({ workflow: w }) => [w.id],
  ],
  [
    'add a node',
    ['owner', 'editor'],
    "insert into workflow_nodes (workflow_id, node_id, node_type) values ($1, 'n', 't') returning id",
    ({ workflow: w }) => [w.id],
  ],
  [
    'change a node',
    ['owner', 'editor'],
    "update workflow_nodes set label = 'x' where id = $1 returning id",
    ({ node }) => [node.id],
  ],
  [
    'delete a node',
    ['owner', 'editor'],
    'delete from workflow_nodes where id = $1 returning id',
    ({ node }) => [node.id],
  ],
  [
    'add a connection',
    ['owner', 'editor'],
    `insert into workflow_connections (workflow_id, source_node_id, target_node_id, connection_id)
     values ($1, 'b', 'a', 'ba') returning id`,
    ({ workflow: w }) => [w.id],
  ],
  [
    'change a connection',
    ['owner', 'editor'],
    "update workflow_connections set target_node_id = 'c' where id = $1 returning id",
    ({ connection }) => [connection.id],
  ],
  [
    'delete a connection',
    ['owner', 'editor'],
    'delete from workflow_connections where id = $1 returning id',
    ({ connection }) => [connection.id],
  ],
  [
    'save the whole graph',
    ['owner', 'editor'],
    `select save_workflow_graph($1, '[{"node_id": "a", "node_type": "other"}, {"node_id": "z", "node_type": "t"}]', '[]')`,
    ({ workflow: w }) => [w.id],
  ],
  [
    'run it under one’s own user_id',
    ['owner', 'editor'],
    'insert into workflow_executions (workflow_id, user_id) values ($1, $2) returning id',
    ({ workflow: w }, me) => [w.id, me],
  ],
  [
    'run it under the user_id of another user',
    [],
    'insert into workflow_executions (workflow_id, user_id) values ($1, $2) returning id',
    ({ workflow: w }, me) => [w.id, me === owner ? editor.id : owner],
  ],
  [
    'change a run of the owner',
    ['owner'],
    "update workflow_executions set status = 'failed' where id = $1 returning id",
    ({ run }) => [run.id],
  ],
  [
    'delete a run of the owner',
    ['owner'],
    'delete from workflow_executions where id = $1 returning id',
    ({ run }) => [run.id],
  ],
  [
    'add a result to a run of the owner',
    ['owner'],
    "insert into execution_node_results (execution_id, node_id, node_type) values ($1, 'b', 't') returning id",
    ({ run }) => [run.id],
  ],
  [
    'archive it',
    ['owner'],
    'update workflows set archived_at = localtimestamp where id = $1 returning id',
    ({ workflow: w }) => [w.id],
  ],
  [
    'publish it',
    ['owner'],
    'update workflows set is_public = true where id = $1 returning id',
    ({ workflow: w }) => [w.id],
  ],
  ['delete it', ['owner'], 'delete from workflows where id = $1 returning id', ({ workflow: w }) => [w.id]],
  [
    'give it to another user',
    [],
    'update workflows set user_id = $2 where id = $1 returning id',
    ({ workflow: w }, me) => [w.id, me === owner ? editor.id : me],
  ],
  [
    'see the members',
    everyone,
    'select from workflow_members where workflow_id = $1 and id = $2',
    ({ workflow: w, viewership }) => [w.id, viewership],
  ],
  [
    'invite',
    ['owner'],
    `insert into workflow_members (workflow_id, email, role, invited_by)
     values ($1, 'new@example.com', 'editor', $2) returning id`,
    ({ workflow: w }, me) => [w.id, me],
  ],
  [
    'change a role',
    ['owner'],
    "update workflow_members set role = 'editor' where id = $1 returning id",
    ({ viewership }) => [viewership],
  ],
  [
    'change the role that was offered',
    ['owner'],
    "update workflow_members set role = 'editor' where id = $1 returning id",
    ({ invitation }) => [invitation],
  ],
  [
    'remove the viewer',
    ['owner', 'viewer'],
    'delete from workflow_members where id = $1 returning id',
    ({ viewership }) => [viewership],
  ],
  [
    'remove the editor',
    ['owner', 'editor'],
    'delete from workflow_members where id = $1 returning id',
    ({ editorship }) => [editorship],
  ],
  [
    'take the invitation back, or decline it',
    ['owner', 'invited'],
    'delete from workflow_members where id = $1 returning id',
    ({ invitation }) => [invitation],
  ],
  [
    'find the invitation among one’s own',
    ['invited'],
    'select from workflow_invitations() where id = $1',
    ({ invitation }) => [invitation],
  ],
  [
    'accept the invitation',
    ['invited'],
    'select accept_workflow_invitation($1)',
    ({ invitation }) => [invitation],
  ],
  [
    'mark it as a favourite',
    everyone,
    'insert into workflow_favorites (workflow_id, user_id) values ($1, $2) returning id',
    ({ workflow: w }, me) => [w.id, me],
  ],
];

const matrixRows = await shared();
for (const [what, allowed, text, params] of MATRIX) {
  test(`${allowed.join(', ') || 'no one'} may ${what}`, async () => {
    const outcome = [];
    for (const name of PEOPLE) {
      const { id, session } = people[name];
      if (await reaches(session, text, params(matrixRows, id))) outcome.push(name);
    }
    assert.deepEqual(outcome, allowed);
  });
}

test('the helper names the role of the signed-in user, and of no other', async () => {
  const { workflow } = await shared();
  const roleOf = (/** @type {string} */ name) =>
    people[name].session.sql('select workflow_private.workflow_role($1) as role', [workflow.id]);
  const roles = [];
  for (const name of PEOPLE) roles.push((await roleOf(name))[0].role);
  assert.deepEqual(roles, ['owner', 'editor', 'viewer', null, null]);
});

test('an invitation tells the name of the workflow, the inviter and the role, and nothing else', async () => {
  const { workflow, invitation } = await shared();
  const rows = await invited.session.sql('select * from workflow_invitations() where id = $1', [invitation]);
  assert.equal(rows.length, 1);
  assert.deepEqual(
    { ...rows[0], created_at: '' },
    {
      created_at: '',
      id: invitation,
      workflow_id: workflow.id,
      workflow_name: workflow.name,
      role: 'viewer',
      invited_by: owner,
      inviter_name: 'Ada Okafor',
    },
  );
  const seen = await invited.session.sql('select * from workflow_members where workflow_id = $1', [
    workflow.id,
  ]);
  assert.deepEqual(
    seen.map(({ id }) => id),
    [invitation],
    'of the members only the own invitation',
  );
});

test('who accepts is a member, and a repetition answers the same', async () => {
  const { workflow, invitation } = await shared();
  const accept = async () =>
    (await invited.session.sql('select accept_workflow_invitation($1) as row', [invitation]))[0].row;
  const first = await accept();
  assert.deepEqual([first.id, first.user_id, first.role], [invitation, invited.id, 'viewer']);
  assert.deepEqual(await accept(), first);
  assert.equal((await invited.session.sql('select from workflows where id = $1', [workflow.id])).length, 1);
  assert.deepEqual(
    await invited.session.sql('select * from workflow_invitations() where id = $1', [invitation]),
    [],
  );
});

test('who leaves is no member any more, and a repetition answers that there is nothing to leave', async () => {
  const { workflow, editorship } = await shared();
  const leave = async () =>
    (await editor.session.sql('select leave_workflow($1) as rows', [workflow.id]))[0].rows;
  assert.deepEqual(
    (await leave()).map((/** @type {Row} */ row) => row.id),
    [editorship],
  );
  assert.deepEqual(await leave(), []);
  assert.deepEqual(await editor.session.sql('select from workflows where id = $1', [workflow.id]), []);
});

test('only a verified address accepts, declines or sees an invitation', async () => {
  const { workflow } = await shared();
  const impostor = await newPerson({ isVerified: false });
  const id = await addMember(workflow.id, impostor, 'editor', false);
  const accept = (/** @type {string} */ of) =>
    codeOf(impostor.session.sql('select accept_workflow_invitation($1)', [of]));
  assert.equal(await accept(id), '42501');
  assert.equal(await accept(randomUUID()), '42501', 'nothing tells whether there is an invitation');
  assert.deepEqual(await impostor.session.sql('select * from workflow_invitations()'), []);
  assert.deepEqual(await impostor.session.sql('select * from workflow_members'), []);
  assert.deepEqual(
    await impostor.session.sql('delete from workflow_members where id = $1 returning id', [id]),
    [],
  );
  await stack.sql('update auth.users set email_confirmed_at = now() where id = $1', [impostor.id]);
  assert.equal(await accept(id), undefined);
});

test('addresses are compared in lower case, however they were written', async () => {
  const { workflow } = await shared();
  const name = randomUUID();
  const person = await newPerson({ email: `${name}@Example.COM` });
  const [row] = await people.owner.session.sql(
    `insert into workflow_members (workflow_id, email, role, invited_by) values ($1, $2, 'editor', $3)
     returning id, email`,
    [workflow.id, ` ${name.toUpperCase()}@example.com `, owner],
  );
  assert.equal(row.email, `${name}@example.com`);
  assert.equal(
    await codeOf(person.session.sql('select accept_workflow_invitation($1)', [row.id])),
    undefined,
  );
});

test('accepting a second invitation, to another address, replaces the membership', async () => {
  const { workflow, editorship } = await shared();
  const name = randomUUID();
  const id = await addMember(workflow.id, { ...editor, email: `${name}@example.com` }, 'viewer', false);
  const before = editor.email;
  await stack.sql('update auth.users set email = $1 where id = $2', [`${name}@example.com`, editor.id]);
  await editor.session.sql('select accept_workflow_invitation($1)', [id]);
  await stack.sql('update auth.users set email = $1 where id = $2', [before, editor.id]);
  const rows = await stack.sql('select id from workflow_members where workflow_id = $1 and user_id = $2', [
    workflow.id,
    editor.id,
  ]);
  assert.deepEqual(
    rows.map((row) => row.id),
    [id],
    `not ${editorship}`,
  );
});

/** What is tried, by whom, and the refusal: an SQLSTATE, or `nothing` for a statement that reaches no row. @type {[string, string, string, string, (of: Shared) => Promise<unknown[]> | unknown[]][]} */
const ATTACKS = [
  [
    'an editor publishes by a change of everything',
    'editor',
    '42501',
    'update workflows set name = $2, is_public = true where id = $1 returning id',
    ({ workflow: w }) => [w.id, randomUUID()],
  ],
  [
    'an editor takes the workflow',
    'editor',
    '42501',
    'update workflows set user_id = auth.uid() where id = $1 returning id',
    ({ workflow: w }) => [w.id],
  ],
  [
    'an editor gives the workflow another id',
    'editor',
    '42501',
    'update workflows set id = gen_random_uuid() where id = $1 returning id',
    ({ workflow: w }) => [w.id],
  ],
  [
    'an editor changes when the workflow was created',
    'editor',
    '42501',
    "update workflows set created_at = '2000-01-01' where id = $1 returning id",
    ({ workflow: w }) => [w.id],
  ],
  [
    'an editor publishes by a batch',
    'editor',
    '42501',
    'select batch_save_workflows(jsonb_build_array(to_jsonb(w) || \'{"is_public": true, "nodes": [], "connections": []}\'), true) from workflows w where w.id = $1',
    ({ workflow: w }) => [w.id],
  ],
  [
    'a viewer raises the own role',
    'viewer',
    'nothing',
    "update workflow_members set role = 'editor' where id = $1 returning id",
    ({ viewership }) => [viewership],
  ],
  [
    'an editor raises a viewer',
    'editor',
    'nothing',
    "update workflow_members set role = 'editor' where id = $1 returning id",
    ({ viewership }) => [viewership],
  ],
  [
    'an invited person raises the role that is offered',
    'invited',
    'nothing',
    "update workflow_members set role = 'editor' where id = $1 returning id",
    ({ invitation }) => [invitation],
  ],
  [
    'the owner gives an address a role that there is not',
    'owner',
    '23514',
    "update workflow_members set role = 'owner' where id = $1 returning id",
    ({ viewership }) => [viewership],
  ],
  [
    'the owner moves a member to another workflow',
    'owner',
    '42501',
    'update workflow_members set workflow_id = $2 where id = $1 returning id',
    async ({ viewership }) => [viewership, (await shared()).workflow.id],
  ],
  [
    'the owner changes whom a row belongs to',
    'owner',
    '42501',
    'update workflow_members set user_id = $2 where id = $1 returning id',
    ({ viewership }) => [viewership, stranger.id],
  ],
  [
    'the owner changes an address',
    'owner',
    '42501',
    'update workflow_members set email = $2 where id = $1 returning id',
    ({ viewership }) => [viewership, stranger.email],
  ],
  [
    'the owner changes who invited',
    'owner',
    '42501',
    'update workflow_members set invited_by = $2 where id = $1 returning id',
    ({ viewership }) => [viewership, stranger.id],
  ],
  [
    'the owner accepts for somebody else',
    'owner',
    '42501',
    'update workflow_members set user_id = $2, accepted_at = localtimestamp where id = $1 returning id',
    ({ invitation }) => [invitation, invited.id],
  ],
  [
    'the owner makes a member who never accepted',
    'owner',
    '42501',
    "insert into workflow_members (workflow_id, email, role, invited_by, user_id, accepted_at) values ($1, $2, 'viewer', auth.uid(), $3, localtimestamp) returning id",
    ({ workflow: w }) => [w.id, stranger.email, stranger.id],
  ],
  [
    'the owner invites in the name of another user',
    'owner',
    '42501',
    "insert into workflow_members (workflow_id, email, role, invited_by) values ($1, 'x@example.com', 'viewer', $2) returning id",
    ({ workflow: w }) => [w.id, editor.id],
  ],
  [
    'the owner invites the own address',
    'owner',
    'PT400',
    "insert into workflow_members (workflow_id, email, role, invited_by) values ($1, 'ADA@example.com', 'viewer', auth.uid()) returning id",
    ({ workflow: w }) => [w.id],
  ],
  [
    'an editor invites',
    'editor',
    '42501',
    "insert into workflow_members (workflow_id, email, role, invited_by) values ($1, 'x@example.com', 'viewer', auth.uid()) returning id",
    ({ workflow: w }) => [w.id],
  ],
  [
    'a stranger makes an editor of themselves',
    'stranger',
    '42501',
    "insert into workflow_members (workflow_id, email, role, invited_by, user_id, accepted_at) values ($1, $2, 'editor', auth.uid(), auth.uid(), localtimestamp) returning id",
    ({ workflow: w }) => [w.id, `${randomUUID()}@example.com`],
  ],
  [
    'a stranger accepts an invitation to another address',
    'stranger',
    'PT404',
    'select accept_workflow_invitation($1)',
    ({ invitation }) => [invitation],
  ],
  [
    'a stranger declines an invitation to another address',
    'stranger',
    'nothing',
    'delete from workflow_members where id = $1 returning id',
    ({ invitation }) => [invitation],
  ],
  [
    'a member accepts an invitation to another address',
    'editor',
    'PT404',
    'select accept_workflow_invitation($1)',
    ({ invitation }) => [invitation],
  ],
  [
    'the owner accepts',
    'owner',
    'PT404',
    'select accept_workflow_invitation($1)',
    ({ invitation }) => [invitation],
  ],
  [
    'a stranger reads the addresses of members',
    'stranger',
    'nothing',
    'select email from workflow_members where workflow_id = $1',
    ({ workflow: w }) => [w.id],
  ],
  [
    'a stranger saves the graph',
    'stranger',
    'PT404',
    "select save_workflow_graph($1, '[]', '[]')",
    ({ workflow: w }) => [w.id],
  ],
  [
    'a viewer saves the graph',
    'viewer',
    'PT404',
    "select save_workflow_graph($1, '[]', '[]')",
    ({ workflow: w }) => [w.id],
  ],
  [
    'a viewer adds a node',
    'viewer',
    '42501',
    "insert into workflow_nodes (workflow_id, node_id, node_type) values ($1, 'v', 't') returning id",
    ({ workflow: w }) => [w.id],
  ],
  [
    'a viewer runs',
    'viewer',
    '42501',
    'insert into workflow_executions (workflow_id, user_id) values ($1, auth.uid()) returning id',
    ({ workflow: w }) => [w.id],
  ],
  [
    'an editor runs in the name of the owner',
    'editor',
    '42501',
    'insert into workflow_executions (workflow_id, user_id) values ($1, $2) returning id',
    ({ workflow: w }) => [w.id, owner],
  ],
  [
    'an editor moves a node to a workflow that is not shared',
    'editor',
    '42501',
    'update workflow_nodes set workflow_id = $2 where id = $1 returning id',
    async ({ node }) => [node.id, await lonely()],
  ],
];

/** A workflow that only its owner can see. */
async function lonely() {
  const [{ id }] = await stack.sql('insert into workflows (user_id, name) values ($1, $2) returning id', [
    owner,
    randomUUID(),
  ]);
  return id;
}

for (const [what, who, refusal, text, params] of ATTACKS) {
  test(`refused: ${what}`, async () => {
    const of = await shared();
    const before = await snapshot();
    const given = await params(of);
    const { session } = people[who];
    if (refusal === 'nothing') assert.deepEqual(await session.sql(text, given), []);
    else assert.equal(await codeOf(session.sql(text, given)), refusal);
    const { members } = await snapshot();
    assert.deepEqual(
      members.filter(({ id }) => before.members.some((row) => row.id === id)),
      before.members,
    );
  });
}

async function snapshot() {
  return { members: await stack.sql('select * from workflow_members order by id') };
}

test('a viewer does not move an own run into a workflow that is only to be read', async () => {
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

test('a public workflow can be read and run by every user, viewers too, and changed by none of them', async () => {
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

test('inviting an address answers the same whether or not it has an account', async () => {
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

test('a role that ends or changes counts from the next statement on', async () => {
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

test('a run stays with the user who started it after the membership has ended', async () => {
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

test('the deletion of an account or of a workflow deletes what was shared with it', async () => {
  const { workflow } = await shared();
  const person = await newPerson();
  const id = await addMember(workflow.id, person, 'editor');
  await stack.sql('delete from auth.users where id = $1', [person.id]);
  assert.deepEqual(await stack.sql('select from workflow_members where id = $1', [id]), []);
  await people.owner.session.sql('delete from workflows where id = $1', [workflow.id]);
  assert.deepEqual(await stack.sql('select from workflow_members where workflow_id = $1', [workflow.id]), []);
});

test('the audit trail tells the owner what happened to the members, and members what they did themselves', async () => {
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

test("the owner's audit log holds no IP address and no browser of an editor", async () => {
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

test('no role but a signed-in user and a server reaches members, and no role reaches the triggers', async () => {
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

test('the policies find roles by index, once per statement', async () => {
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

  // The bodies of the helpers, which explain does not open.
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

/** Whatever the migration makes. @param {import('./helpers.mjs').Stack} of */
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

test('a second run changes nothing, and the way back leaves a database as it was', async () => {
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
  // Nor does running the standard migrations again.
  await other.migrate();
  assert.deepEqual(await shapeOf(other), once);
  assert.deepEqual(await other.sql('select * from workflow_members order by id'), members);
  assert.deepEqual(await other.sql('select * from workflows order by id'), rows);
  await other.migrate(UNDO);
  await other.migrate(UNDO);
  assert.deepEqual(await shapeOf(other), before);
  assert.deepEqual(await other.sql('select * from workflows order by id'), rows);
});

test('production as it is can be shared', async () => {
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

test('two who accept one invitation at once: the account that has the address, one time', async () => {
  const { workflow, invitation } = await shared();
  const second = await openSession(stack, { sub: invited.id });
  await invited.session.sql('begin');
  await invited.session.sql('select accept_workflow_invitation($1)', [invitation]);
  const waiting = second.sql('select accept_workflow_invitation($1) as row', [invitation]);
  await second.isBlocked();
  await invited.session.sql('commit');
  assert.equal((await waiting)[0].row.user_id, invited.id);
  const rows = await stack.sql('select from workflow_members where workflow_id = $1 and user_id = $2', [
    workflow.id,
    invited.id,
  ]);
  assert.equal(rows.length, 1);
});
