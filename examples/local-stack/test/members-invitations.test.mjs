// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { codeOf, openSession } from './helpers.mjs';
import { PEOPLE, useMembers } from './members-helpers.mjs';

// Invitations and memberships: accepting, declining, leaving.
const { stack, owner, people, editor, invited, newPerson, addMember, shared } = await useMembers();

/** @typedef {Record<string, any>} Row */

test('the helper returns the role of the signed-in user, and not of others', async () => {
  const { workflow } = await shared();
  const roleOf = (/** @type {string} */ name) =>
    people[name].session.sql('select workflow_private.workflow_role($1) as role', [workflow.id]);
  const roles = [];
  for (const name of PEOPLE) roles.push((await roleOf(name))[0].role);
  assert.deepEqual(roles, ['owner', 'editor', 'viewer', null, null]);
});

test('an invitation contains the name of the workflow, the inviter and the role, and nothing else', async () => {
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
    'only the own row of the members',
  );
});

test('accepting an invitation creates a membership, and repeating it has the same result', async () => {
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

test('leaving ends the membership, and repeating it reports that there is none', async () => {
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

test('only a user with a verified address can accept, decline or see an invitation', async () => {
  const { workflow } = await shared();
  const impostor = await newPerson({ isVerified: false });
  const id = await addMember(workflow.id, impostor, 'editor', false);
  const accept = (/** @type {string} */ of) =>
    codeOf(impostor.session.sql('select accept_workflow_invitation($1)', [of]));
  assert.equal(await accept(id), '42501');
  assert.equal(
    await accept(randomUUID()),
    '42501',
    'the error does not reveal whether there is an invitation',
  );
  assert.deepEqual(await impostor.session.sql('select * from workflow_invitations()'), []);
  assert.deepEqual(await impostor.session.sql('select * from workflow_members'), []);
  assert.deepEqual(
    await impostor.session.sql('delete from workflow_members where id = $1 returning id', [id]),
    [],
  );
  await stack.sql('update auth.users set email_confirmed_at = now() where id = $1', [impostor.id]);
  assert.equal(await accept(id), undefined);
});

test('addresses are compared without regard to case', async () => {
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

test('of two concurrent acceptances of one invitation, the account with the address succeeds', async () => {
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

test('a server with the service key invites in the name of the owner', async () => {
  const { workflow } = await shared();
  const server = await openSession(stack, { role: 'service_role' });
  const [row] = await server.sql(
    "insert into workflow_members (workflow_id, email, role) values ($1, $2, 'viewer') returning *",
    [workflow.id, `${randomUUID()}@example.com`],
  );
  assert.equal(row.invited_by, owner);
});
