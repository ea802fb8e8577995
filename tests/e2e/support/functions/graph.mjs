// @ts-check
import { DONE, FORBIDDEN, NOT_FOUND, badIds, badIdsIn, badPatches } from './promised.mjs';

/** @type {Record<string, import('./promised.mjs').Promised>} */
export const GRAPH = {
  getWorkflowNodes: {
    args: ({ workflow }) => [workflow.id],
    table: 'workflow_nodes',
    missing: [],
    foreign: [],
    anonymous: [],
    bad: () => badIds('workflowId'),
  },
  createWorkflowNode: {
    args: ({ workflow }) => [
      { workflow_id: workflow.id, node_id: 'new', node_type: 'output', config: { a: [1] } },
    ],
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
      [[{ workflow_id: id, node_id: 'n', node_type: 't', config: [Infinity] }], 'config'],
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
      ...badPatches(id, {
        node_id: [null, 5],
        position_x: [NaN, '1', {}],
        config: [NaN, [NaN], { a: -Infinity }],
        workflow_id: ['x'],
      }),
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
      [
        [{ workflow_id: id, source_node_id: 's', target_node_id: 't', connection_id: 'c', label: '' }],
        'label',
      ],
    ],
  },
  updateWorkflowConnection: {
    args: ({ connections }) => [connections[0].id, { target_node_id: 'c' }],
    table: 'workflow_connections',
    target: ({ connections }) => connections[0].id,
    requestsToMiss: 2,
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
