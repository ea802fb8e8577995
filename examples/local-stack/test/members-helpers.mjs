// @ts-check
import { randomUUID } from 'node:crypto';
import { openSession, useStack, userNamed } from './helpers.mjs';

/** @typedef {import('./helpers.mjs').Session} Session */
/** @typedef {{ id: string, email: string, session: Session }} Person */
/** @typedef {Awaited<ReturnType<Awaited<ReturnType<typeof useMembers>>['shared']>>} Shared */

/** The roles in the tests, in the order of their rights. */
export const PEOPLE = ['owner', 'editor', 'viewer', 'invited', 'stranger'];

/**
 * A stack with the optional migration workflow_members, and people with a database session each: access is tested in
 * SQL, with the rights of a user.
 */
export async function useMembers() {
  const stack = await useStack({ members: true });
  const owner = userNamed(stack, 'ada').id;

  /** An account, and its database session. @param {{ email?: string, isVerified?: boolean }} [options] */
  async function newPerson({ email = `${randomUUID()}@example.com`, isVerified = true } = {}) {
    const [{ id }] = await stack.sql(
      'insert into auth.users (email, email_confirmed_at) values ($1, case when $2 then now() end) returning id',
      [email, isVerified],
    );
    return { id, email, session: await openSession(stack, { sub: id }) };
  }

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

  /** A workflow of the owner with one row in each table, an editor, a viewer and an invited person. */
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

  /** A workflow that only its owner can see. */
  async function lonely() {
    const [{ id }] = await stack.sql('insert into workflows (user_id, name) values ($1, $2) returning id', [
      owner,
      randomUUID(),
    ]);
    return id;
  }

  return { stack, owner, people, editor, viewer, invited, stranger, newPerson, addMember, shared, lonely };
}
