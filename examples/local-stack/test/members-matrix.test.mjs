// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PEOPLE, useMembers } from './members-helpers.mjs';

// The permissions of each role in a shared workflow.
const { owner, people, editor, shared } = await useMembers();

/** @typedef {import('./members-helpers.mjs').Session} Session */
/** @typedef {import('./members-helpers.mjs').Shared} Shared */

/** Whether a statement affects a row; false if it is refused. Rolls back. @param {Session} session @param {string} text @param {unknown[]} params */
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
/** The action, who may do it, and the statement with its parameters. @type {[string, string[], string, (of: Shared, me: string) => unknown[]][]} */
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
    'run it under their own user_id',
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
    'transfer it to another user',
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
    'change the role in the invitation',
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
    'withdraw or decline the invitation',
    ['owner', 'invited'],
    'delete from workflow_members where id = $1 returning id',
    ({ invitation }) => [invitation],
  ],
  [
    'see the invitation among their own',
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
    'mark it as a favorite',
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
