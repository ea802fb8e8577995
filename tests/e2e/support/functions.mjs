// @ts-check
import { randomUUID } from 'node:crypto';

/** @typedef {Awaited<ReturnType<ReturnType<import('./fixtures.mjs').createFixtures>['newEstate']>>} Estate */
/** @typedef {import('./fixtures.mjs').Row} Row */

/**
 * What a function of `db` promises, as far as it can be said for all of them in one form.
 *
 * An outcome is the value that the call resolves to, or `{ code }` of what it is rejected with.
 *
 * @typedef {object} Promised
 * @property {(estate: Estate) => unknown[]} args for rows of the user's own
 * @property {string} table where the outcome is read or written
 * @property {(estate: Estate) => string | null} [target] the row that is written; null for one that is made
 * @property {unknown} missing the outcome for ids of nobody's
 * @property {unknown} foreign the outcome for another user's row
 * @property {unknown} anonymous the outcome when nobody is signed in
 * @property {(estate: Estate) => [args: unknown[], named: string][]} bad refused, with the name in the message
 */

export const NOT_FOUND = { code: 'NOT_FOUND' };
export const FORBIDDEN = { code: '42501' };
export const DONE = undefined;
export const EMPTY_PAGE = { data: [], total: 0, page: 0, pageSize: 50, hasMore: false };

/** What no id may be. */
const NO_UUIDS = [undefined, null, 7, '', 'x', {}, [], `${randomUUID()}'`, `${randomUUID()},id.gt.0`, ` ${randomUUID()}`];

/** @param {string} named @param {unknown[]} [rest] @returns {[unknown[], string][]} */
const badIds = (named, rest = []) => NO_UUIDS.map((id) => [[id, ...rest], named]);

/** @param {(id: unknown) => Row} rowOf @param {string} named @returns {[unknown[], string][]} */
const badIdsIn = (rowOf, named) => [undefined, null, 7, 'x', `${randomUUID()})`].map((id) => [[rowOf(id)], named]);

/** @param {string} id @param {Row} wrong a value for each column that it refuses @returns {[unknown[], string][]} */
const badPatches = (id, wrong) => [
  [[id], 'patch'],
  [[id, null], 'patch'],
  [[id, []], 'patch'],
  [[id, {}], 'patch'],
  [[id, { name: undefined, node_id: undefined, full_name: undefined, status: undefined }], 'patch'],
  [[id, { colour: 'red' }], 'colour'],
  [[id, { id: randomUUID() }], 'id'],
  .../** @type {[unknown[], string][]} */ (
    Object.entries(wrong).flatMap(([column, values]) =>
      values.map((/** @type {unknown} */ value) => [[id, { [column]: value }], column]),
    )
  ),
];

/** @type {Record<string, Promised>} */
const WORKFLOWS = {
  getWorkflows: {
    args: ({ user }) => [user.id],
    table: 'workflows',
    missing: [],
    foreign: [],
    anonymous: [],
    bad: ({ user }) => [
      ...NO_UUIDS.filter((id) => JSON.stringify(id) !== '{}').map((id) => /** @type {any} */ ([[id], 'userId'])),
      [[{}], 'userId'],
      [[{ userId: 'x' }], 'userId'],
      [[user.id, 'yes'], 'includeArchived'],
      [[{ userId: user.id, limit: 0 }], 'limit'],
      [[{ userId: user.id, limit: 1.5 }], 'limit'],
      [[{ userId: user.id, limit: NaN }], 'limit'],
      [[{ userId: user.id, limit: '5' }], 'limit'],
      [[{ userId: user.id, offset: -1 }], 'offset'],
      [[{ userId: user.id, offset: Infinity }], 'offset'],
      [[{ userId: user.id, sortBy: 'id' }], 'sortBy'],
      [[{ userId: user.id, sortOrder: 'up' }], 'sortOrder'],
      [[{ userId: user.id, includeArchived: 1 }], 'includeArchived'],
      [[{ userId: user.id, page: 1 }], 'page'],
    ],
  },
  getWorkflow: {
    args: ({ workflow }) => [workflow.id],
    table: 'workflows',
    missing: null,
    foreign: null,
    anonymous: null,
    bad: () => badIds('id'),
  },
  getWorkflowWithRelations: {
    args: ({ workflow }) => [workflow.id],
    table: 'workflows',
    missing: null,
    foreign: null,
    anonymous: null,
    bad: () => badIds('id'),
  },
  createWorkflow: {
    args: ({ user }) => [user.id, { name: `Made ${randomUUID()}` }],
    table: 'workflows',
    target: () => null,
    missing: FORBIDDEN,
    foreign: FORBIDDEN,
    anonymous: FORBIDDEN,
    bad: ({ user }) => [
      ...badIds('userId', [{ name: 'x' }]),
      [[user.id], 'new'],
      [[user.id, {}], 'name'],
      [[user.id, { name: undefined }], 'name'],
      [[user.id, { name: null }], 'name'],
      [[user.id, { name: 5 }], 'name'],
      [[user.id, { name: 'a\0b' }], 'name'],
      [[user.id, { name: 'x', user_id: randomUUID() }], 'user_id'],
      [[user.id, { name: 'x', id: 'mine' }], 'id'],
      [[user.id, { name: 'x', is_public: 'yes' }], 'is_public'],
      [[user.id, { name: 'x', description: {} }], 'description'],
      [[user.id, { name: 'x', archived_at: 'soon' }], 'archived_at'],
      [[user.id, { name: 'x', nodes: [] }], 'nodes'],
    ],
  },
  updateWorkflow: {
    args: ({ workflow }) => [workflow.id, { name: `Renamed ${randomUUID()}` }],
    table: 'workflows',
    target: ({ workflow }) => workflow.id,
    missing: NOT_FOUND,
    foreign: NOT_FOUND,
    anonymous: NOT_FOUND,
    bad: ({ workflow }) => [
      ...badIds('id', [{ name: 'x' }]),
      ...badPatches(workflow.id, { name: [null, 5, {}], is_public: [1, 'true'], archived_at: [5, '2024-13-01'] }),
    ],
  },
  archiveWorkflow: {
    args: ({ workflow }) => [workflow.id],
    table: 'workflows',
    target: ({ workflow }) => workflow.id,
    missing: NOT_FOUND,
    foreign: NOT_FOUND,
    anonymous: NOT_FOUND,
    bad: () => badIds('id'),
  },
  deleteWorkflow: {
    args: ({ workflow }) => [workflow.id],
    table: 'workflows',
    target: ({ workflow }) => workflow.id,
    missing: NOT_FOUND,
    foreign: NOT_FOUND,
    anonymous: NOT_FOUND,
    bad: () => badIds('id'),
  },
};

/** @type {Record<string, Promised>} */
const GRAPH = {
  getWorkflowNodes: {
    args: ({ workflow }) => [workflow.id],
    table: 'workflow_nodes',
    missing: [],
    foreign: [],
    anonymous: [],
    bad: () => badIds('workflowId'),
  },
  createWorkflowNode: {
    args: ({ workflow }) => [{ workflow_id: workflow.id, node_id: 'new', node_type: 'output', config: { a: [1] } }],
    table: 'workflow_nodes',
    target: () => null,
    missing: FORBIDDEN,
    foreign: FORBIDDEN,
    anonymous: FORBIDDEN,
    bad: ({ workflow: { id } }) => [
      ...badIdsIn((workflow_id) => ({ workflow_id, node_id: 'n', node_type: 't' }), 'workflow_id'),
      [[], 'new'],
      [['x'], 'new'],
      [[{ workflow_id: id, node_id: 'n' }], 'node_type'],
      [[{ workflow_id: id, node_type: 't' }], 'node_id'],
      [[{ workflow_id: id, node_id: 'n', node_type: 't', position_x: NaN }], 'position_x'],
      [[{ workflow_id: id, node_id: 'n', node_type: 't', position_y: Infinity }], 'position_y'],
      [[{ workflow_id: id, node_id: 'n', node_type: 't', position_y: '1' }], 'position_y'],
      [[{ workflow_id: id, node_id: 'n', node_type: 't', config: [] }], 'config'],
      [[{ workflow_id: id, node_id: 'n', node_type: 't', config: 'x' }], 'config'],
      [[{ workflow_id: id, node_id: 'n', node_type: 't', config: { a: NaN } }], 'config'],
      [[{ workflow_id: id, node_id: 'n', node_type: 't', x: 1 }], 'x'],
    ],
  },
  updateWorkflowNode: {
    args: ({ nodes }) => [nodes[1].id, { label: 'Moved', position_x: 12.5 }],
    table: 'workflow_nodes',
    target: ({ nodes }) => nodes[1].id,
    missing: NOT_FOUND,
    foreign: NOT_FOUND,
    anonymous: NOT_FOUND,
    bad: ({ nodes: [{ id }] }) => [
      ...badIds('id', [{ label: 'x' }]),
      ...badPatches(id, { node_id: [null, 5], position_x: [NaN, '1', {}], config: [[], 'x', 5], workflow_id: ['x'] }),
    ],
  },
  deleteWorkflowNode: {
    args: ({ nodes }) => [nodes[1].id],
    table: 'workflow_nodes',
    target: ({ nodes }) => nodes[1].id,
    missing: DONE,
    foreign: DONE,
    anonymous: DONE,
    bad: () => badIds('id'),
  },
  getWorkflowConnections: {
    args: ({ workflow }) => [workflow.id],
    table: 'workflow_connections',
    missing: [],
    foreign: [],
    anonymous: [],
    bad: () => badIds('workflowId'),
  },
  createWorkflowConnection: {
    args: ({ workflow }) => [
      { workflow_id: workflow.id, source_node_id: 'c', target_node_id: 'a', connection_id: 'c>a' },
    ],
    table: 'workflow_connections',
    target: () => null,
    missing: FORBIDDEN,
    foreign: FORBIDDEN,
    anonymous: FORBIDDEN,
    bad: ({ workflow: { id } }) => [
      ...badIdsIn(
        (workflow_id) => ({ workflow_id, source_node_id: 's', target_node_id: 't', connection_id: 'c' }),
        'workflow_id',
      ),
      [[{ workflow_id: id, target_node_id: 't', connection_id: 'c' }], 'source_node_id'],
      [[{ workflow_id: id, source_node_id: 's', connection_id: 'c' }], 'target_node_id'],
      [[{ workflow_id: id, source_node_id: 's', target_node_id: 't' }], 'connection_id'],
      [[{ workflow_id: id, source_node_id: 's', target_node_id: 't', connection_id: 7 }], 'connection_id'],
      [[{ workflow_id: id, source_node_id: 's', target_node_id: 't', connection_id: 'c', label: '' }], 'label'],
    ],
  },
  updateWorkflowConnection: {
    args: ({ connections }) => [connections[0].id, { target_node_id: 'c' }],
    table: 'workflow_connections',
    target: ({ connections }) => connections[0].id,
    missing: NOT_FOUND,
    foreign: NOT_FOUND,
    anonymous: NOT_FOUND,
    bad: ({ connections: [{ id }] }) => [
      ...badIds('id', [{ target_node_id: 'x' }]),
      ...badPatches(id, { target_node_id: [null, 5], connection_id: [{}], updated_at: ['2024-01-01'] }),
    ],
  },
  deleteWorkflowConnection: {
    args: ({ workflow, connections }) => [workflow.id, connections[0].connection_id],
    table: 'workflow_connections',
    target: ({ connections }) => connections[0].id,
    missing: DONE,
    foreign: DONE,
    anonymous: DONE,
    bad: ({ workflow }) => [
      ...badIds('workflowId', ['a>b']),
      ...[undefined, null, '', 7, {}, 'a\0b', 'x'.repeat(8_000)].map(
        (id) => /** @type {[unknown[], string]} */ ([[workflow.id, id], 'connectionId']),
      ),
    ],
  },
};

/** @type {Record<string, Promised>} */
const RUNS = {
  createExecution: {
    args: ({ workflow, user }) => [{ workflow_id: workflow.id, user_id: user.id, node_count: 4 }],
    table: 'workflow_executions',
    target: () => null,
    missing: FORBIDDEN,
    foreign: FORBIDDEN,
    anonymous: FORBIDDEN,
    bad: ({ workflow, user }) => [
      ...badIdsIn((workflow_id) => ({ workflow_id, user_id: user.id }), 'workflow_id'),
      ...badIdsIn((user_id) => ({ workflow_id: workflow.id, user_id }), 'user_id'),
      [[{ workflow_id: workflow.id, user_id: user.id, status: 'done' }], 'status'],
      [[{ workflow_id: workflow.id, user_id: user.id, status: null }], 'status'],
      [[{ workflow_id: workflow.id, user_id: user.id, node_count: 1.5 }], 'node_count'],
      [[{ workflow_id: workflow.id, user_id: user.id, node_count: 2 ** 31 }], 'node_count'],
      [[{ workflow_id: workflow.id, user_id: user.id, node_count: NaN }], 'node_count'],
      [[{ workflow_id: workflow.id, user_id: user.id, started_at: 'now' }], 'started_at'],
    ],
  },
  getExecution: {
    args: ({ execution }) => [execution.id],
    table: 'workflow_executions',
    missing: null,
    foreign: null,
    anonymous: null,
    bad: () => badIds('id'),
  },
  updateExecution: {
    args: ({ execution }) => [execution.id, { status: 'completed', completed_at: '2024-02-29T12:00:00+02:00' }],
    table: 'workflow_executions',
    target: ({ execution }) => execution.id,
    missing: NOT_FOUND,
    foreign: NOT_FOUND,
    anonymous: NOT_FOUND,
    bad: ({ execution: { id } }) => [
      ...badIds('id', [{ status: 'failed' }]),
      ...badPatches(id, { status: ['done', null, 5], execution_time_ms: [1.5, '1'], completed_at: ['today'] }),
    ],
  },
  deleteExecution: {
    args: ({ execution }) => [execution.id],
    table: 'workflow_executions',
    target: ({ execution }) => execution.id,
    missing: DONE,
    foreign: DONE,
    anonymous: DONE,
    bad: () => badIds('id'),
  },
  getExecutionHistory: {
    args: ({ workflow }) => [workflow.id],
    table: 'workflow_executions',
    missing: EMPTY_PAGE,
    foreign: EMPTY_PAGE,
    anonymous: EMPTY_PAGE,
    bad: ({ workflow, user }) => [
      ...NO_UUIDS.filter((id) => JSON.stringify(id) !== '{}').map((id) => /** @type {any} */ ([[id], 'workflowId'])),
      [[workflow.id, 0], 'limit'],
      [[workflow.id, -1], 'limit'],
      [[workflow.id, 10, -1], 'offset'],
      [[workflow.id, 10, 0.5], 'offset'],
      [[{}], 'userId'],
      [[{ workflowId: workflow.id }], 'userId'],
      [[{ userId: user.id, workflowId: 'x' }], 'workflowId'],
      [[{ userId: user.id, status: 'done' }], 'status'],
      [[{ userId: user.id, startDate: 'yesterday' }], 'startDate'],
      [[{ userId: user.id, endDate: '2024-02-30' }], 'endDate'],
      [[{ userId: user.id, endDate: 5 }], 'endDate'],
      [[{ userId: user.id, limit: NaN }], 'limit'],
      [[{ userId: user.id, since: '2024-01-01' }], 'since'],
    ],
  },
  createExecutionResult: {
    args: ({ execution }) => [{ execution_id: execution.id, node_id: 'c', node_type: 'output', input_data: { x: 1 } }],
    table: 'execution_node_results',
    target: () => null,
    missing: FORBIDDEN,
    foreign: FORBIDDEN,
    anonymous: FORBIDDEN,
    bad: ({ execution: { id } }) => [
      ...badIdsIn((execution_id) => ({ execution_id, node_id: 'n', node_type: 't' }), 'execution_id'),
      [[{ execution_id: id, node_type: 't' }], 'node_id'],
      [[{ execution_id: id, node_id: 'n' }], 'node_type'],
      [[{ execution_id: id, node_id: 'n', node_type: 't', status: 'ok' }], 'status'],
      [[{ execution_id: id, node_id: 'n', node_type: 't', output_data: [1] }], 'output_data'],
      [[{ execution_id: id, node_id: 'n', node_type: 't', api_call_count: '3' }], 'api_call_count'],
    ],
  },
  updateExecutionResult: {
    args: ({ results }) => [results[0].id, { status: 'failed', output_data: null, api_call_count: 3 }],
    table: 'execution_node_results',
    target: ({ results }) => results[0].id,
    missing: NOT_FOUND,
    foreign: NOT_FOUND,
    anonymous: NOT_FOUND,
    bad: ({ results: [{ id }] }) => [
      ...badIds('id', [{ status: 'failed' }]),
      ...badPatches(id, { status: ['ok'], output_data: ['x', [1]], node_id: [null] }),
    ],
  },
  deleteExecutionResult: {
    args: ({ results }) => [results[0].id],
    table: 'execution_node_results',
    target: ({ results }) => results[0].id,
    missing: DONE,
    foreign: DONE,
    anonymous: DONE,
    bad: () => badIds('id'),
  },
  getExecutionResults: {
    args: ({ execution }) => [execution.id],
    table: 'execution_node_results',
    missing: [],
    foreign: [],
    anonymous: [],
    bad: () => badIds('executionId'),
  },
  getUserProfile: {
    args: ({ user }) => [user.id],
    table: 'user_profiles',
    missing: null,
    foreign: null,
    anonymous: null,
    bad: () => badIds('userId'),
  },
  updateUserProfile: {
    args: ({ user }) => [user.id, { full_name: 'Ada "Countess" O\'Lovelace, \\ 100 % & (more) 👩‍🚀' }],
    table: 'user_profiles',
    target: ({ user }) => user.id,
    missing: NOT_FOUND,
    foreign: NOT_FOUND,
    anonymous: NOT_FOUND,
    bad: ({ user: { id } }) => [
      ...badIds('userId', [{ full_name: 'x' }]),
      ...badPatches(id, { email: [null, 5], full_name: [5, {}] }),
    ],
  },
};

/** All 26. */
export const FUNCTIONS = { ...WORKFLOWS, ...GRAPH, ...RUNS };
