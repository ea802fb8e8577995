import { disconnecting, type Graph, type GraphChange, type GraphNode } from '../graph/graph';
import type { Selection } from '../graph/selection';
import { ConnectionInspector } from './ConnectionInspector';
import { NodeInspector } from './NodeInspector';

interface Props {
  graph: Graph;
  selection: Selection | null;
  onEdit: ((change: GraphChange) => void) | undefined;
  onConnect: (source: GraphNode) => void;
  onClose: () => void;
}

/** The inspector of the selected node or connection, if it still exists. */
export function Inspector({ graph, selection, onEdit, onConnect, onClose }: Props) {
  const { kind, id } = selection ?? {};
  const node = graph.nodes.find((each) => kind === 'node' && each.node_id === id);
  const connection = graph.connections.find((each) => kind === 'connection' && each.connection_id === id);
  if (node !== undefined) {
    return (
      <NodeInspector
        key={node.node_id}
        node={node}
        graph={graph}
        onEdit={onEdit}
        onConnect={() => onConnect(node)}
        onClose={onClose}
      />
    );
  }
  if (connection !== undefined) {
    return (
      <ConnectionInspector
        connection={connection}
        nodes={graph.nodes}
        onDelete={onEdit && (() => onEdit(disconnecting(connection.connection_id)))}
        onClose={onClose}
      />
    );
  }
  return null;
}
