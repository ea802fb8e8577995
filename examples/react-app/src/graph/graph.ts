import type { WorkflowConnection, WorkflowNode } from 'workflow-db/react';
import { shortId } from '../ui/shortId';

/** The part of a node that the canvas shows. A row has all of it. */
export type GraphNode = Pick<
  WorkflowNode,
  'node_id' | 'node_type' | 'label' | 'position_x' | 'position_y' | 'config'
>;

/** The part of a connection that the canvas shows. A row has all of it. */
export type GraphConnection = Pick<WorkflowConnection, 'connection_id' | 'source_node_id' | 'target_node_id'>;

export interface Graph {
  nodes: readonly GraphNode[];
  connections: readonly GraphConnection[];
}

/** A change of a graph, which leaves the rest unchanged. */
export type GraphChange = (graph: Graph) => Graph;

export function adding(node: GraphNode): GraphChange {
  return ({ nodes, connections }) => ({ nodes: [...nodes, node], connections });
}

export function changing(nodeId: string, change: (node: GraphNode) => Partial<GraphNode>): GraphChange {
  return ({ nodes, connections }) => ({
    nodes: nodes.map((node) => (node.node_id === nodeId ? { ...node, ...change(node) } : node)),
    connections,
  });
}

/** Removes a node and its connections. */
export function removing(nodeId: string): GraphChange {
  return ({ nodes, connections }) => ({
    nodes: nodes.filter((node) => node.node_id !== nodeId),
    connections: connections.filter(
      ({ source_node_id, target_node_id }) => source_node_id !== nodeId && target_node_id !== nodeId,
    ),
  });
}

export function connecting(source: string, target: string): GraphChange {
  return (graph) => {
    const isThere = graph.connections.some(
      ({ source_node_id, target_node_id }) => source_node_id === source && target_node_id === target,
    );
    if (isThere || source === target) return graph;
    const connection = {
      connection_id: `${source}-${target}-${shortId()}`,
      source_node_id: source,
      target_node_id: target,
    };
    return { nodes: graph.nodes, connections: [...graph.connections, connection] };
  };
}

export function disconnecting(connectionId: string): GraphChange {
  return ({ nodes, connections }) => ({
    nodes,
    connections: connections.filter(({ connection_id }) => connection_id !== connectionId),
  });
}
