// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { codeOf } from './helpers.mjs';
import { useMembers } from './members-helpers.mjs';

// Attempts to exceed a role.
const { stack, owner, people, editor, invited, stranger, shared, lonely } = await useMembers();

/** @typedef {import('./members-helpers.mjs').Shared} Shared */

/** Name, actor and expected result of each attempt; the result is an SQLSTATE, or `nothing` if no row is affected. @type {[string, string, string, string, (of: Shared) => Promise<unknown[]> | unknown[]][]} */
const ATTACKS = [
  [
    'an editor publishes the workflow by updating every column',
    'editor',
    '42501',
    'update workflows set name = $2, is_public = true where id = $1 returning id',
    ({ workflow: w }) => [w.id, randomUUID()],
  ],
  [
    'an editor takes over the workflow',
    'editor',
    '42501',
    'update workflows set user_id = auth.uid() where id = $1 returning id',
    ({ workflow: w }) => [w.id],
  ],
  [
    'an editor changes the id of the workflow',
    'editor',
    '42501',
    'update workflows set id = gen_random_uuid() where id = $1 returning id',
    ({ workflow: w }) => [w.id],
  ],
  [
    'an editor changes the creation time of the workflow',
    'editor',
    '42501',
    "update workflows set created_at = '2000-01-01' where id = $1 returning id",
    ({ workflow: w }) => [w.id],
  ],
  [
    'an editor publishes the workflow with a batch',
    'editor',
    '42501',
    'select batch_save_workflows(jsonb_build_array(to_jsonb(w) || \'{"is_public": true, "nodes": [], "connections": []}\'), true) from workflows w where w.id = $1',
    ({ workflow: w }) => [w.id],
  ],
  [
    'a viewer raises their own role',
    'viewer',
    'nothing',
    "update workflow_members set role = 'editor' where id = $1 returning id",
    ({ viewership }) => [viewership],
  ],
  [
    'an editor raises the role of a viewer',
    'editor',
    'nothing',
    "update workflow_members set role = 'editor' where id = $1 returning id",
    ({ viewership }) => [viewership],
  ],
  [
    'an invited person raises the role in the invitation',
    'invited',
    'nothing',
    "update workflow_members set role = 'editor' where id = $1 returning id",
    ({ invitation }) => [invitation],
  ],
  [
    'the owner invites with an unknown role',
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
    'the owner changes the user of a membership',
    'owner',
    '42501',
    'update workflow_members set user_id = $2 where id = $1 returning id',
    ({ viewership }) => [viewership, stranger.id],
  ],
  [
    'the owner changes the address of a membership',
    'owner',
    '42501',
    'update workflow_members set email = $2 where id = $1 returning id',
    ({ viewership }) => [viewership, stranger.email],
  ],
  [
    'the owner changes the inviter',
    'owner',
    '42501',
    'update workflow_members set invited_by = $2 where id = $1 returning id',
    ({ viewership }) => [viewership, stranger.id],
  ],
  [
    'the owner accepts for another user',
    'owner',
    '42501',
    'update workflow_members set user_id = $2, accepted_at = localtimestamp where id = $1 returning id',
    ({ invitation }) => [invitation, invited.id],
  ],
  [
    'the owner creates a membership without an acceptance',
    'owner',
    '42501',
    "insert into workflow_members (workflow_id, email, role, invited_by, user_id, accepted_at) values ($1, $2, 'viewer', auth.uid(), $3, localtimestamp) returning id",
    ({ workflow: w }) => [w.id, stranger.email, stranger.id],
  ],
  [
    'the owner invites as another user',
    'owner',
    '42501',
    "insert into workflow_members (workflow_id, email, role, invited_by) values ($1, 'x@example.com', 'viewer', $2) returning id",
    ({ workflow: w }) => [w.id, editor.id],
  ],
  [
    'the owner invites their own address',
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
    'a stranger inserts a membership as editor',
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
    'an editor runs the workflow as the owner',
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
