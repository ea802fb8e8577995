// @ts-check
import { randomUUID } from 'node:crypto';

/** @typedef {import('../../e2e/support/fixtures.mjs').User} User */
/** @typedef {Record<string, any>} Row */

/**
 * An operation of a client. Only `subscribe` is not a call of `db`.
 *
 * @typedef {object} Operation
 * @property {'read' | 'insert' | 'write' | 'subscribe'} kind `insert` contains the id, so that the row can be found
 * @property {(user: User, workflow: Row) => unknown[]} call the name and the arguments
 * @property {[table: string, rest: string]} [rows] selects the rows that it creates, by the workflow's id ($1) and the user's ($2)
 * @property {number} [leaves] the number of these rows afterwards; 1 by default
 * @property {number} [entries] the number of cache entries afterwards; 0 by default
 */

const node = { node_id: 'a', node_type: 'text_input' };
const OWN = 'where $1::text is not null and user_id = $2';

/** @type {Record<string, Operation>} */
export const OPERATIONS = {
  read: { kind: 'read', call: (_, { id }) => ['getWorkflow', id], entries: 1 },
  list: { kind: 'read', call: ({ id }) => ['getWorkflows', id], entries: 1 },
  page: { kind: 'read', call: (_, { id }) => ['getExecutionHistory', id], entries: 1 },
  'cursor page': {
    kind: 'read',
    call: ({ id }) => ['getWorkflowsPage', { userId: id, pageSize: 5 }],
    entries: 1,
  },
  relations: { kind: 'read', call: (_, { id }) => ['getWorkflowWithRelations', id], entries: 4 },
  create: {
    kind: 'insert',
    call: ({ id }) => ['createWorkflow', id, { name: 'made' }],
    rows: ['workflows', `${OWN} and name = 'made'`],
  },
  update: {
    kind: 'write',
    call: (_, { id }) => ['updateWorkflow', id, { description: 'changed' }],
    rows: ['workflows', "where id = $1 and user_id = $2 and description = 'changed'"],
  },
  delete: {
    kind: 'write',
    call: (_, { id }) => ['deleteWorkflow', id],
    rows: ['workflows', 'where id = $1 and user_id = $2'],
    leaves: 0,
  },
  upsert: {
    kind: 'write',
    call: ({ id }) => ['upsertBrandSettings', id, { tagline: 'made' }],
    rows: ['brand_settings', `${OWN} and tagline = 'made'`],
  },
  batch: {
    kind: 'write',
    call: ({ id }) => [
      'batchSaveWorkflows',
      { workflows: [{ id: randomUUID(), user_id: id, name: 'made', nodes: [node], connections: [] }] },
    ],
    rows: ['workflows', `${OWN} and name = 'made'`],
    entries: 4,
  },
  'graph save': {
    kind: 'write',
    call: (_, { id }) => ['saveWorkflowGraph', id, { nodes: [node], connections: [] }],
    rows: ['workflow_nodes', 'where workflow_id = $1 and $2::text is not null'],
    entries: 4,
  },
  subscribe: { kind: 'subscribe', call: () => [] },
};
