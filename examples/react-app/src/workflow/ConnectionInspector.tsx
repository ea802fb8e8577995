import type { GraphConnection, GraphNode } from '../graph/graph';
import { labelOf } from '../graph/layout';
import { Icon } from '../ui/Icon';
import { InspectorPanel } from './InspectorPanel';

interface Props {
  connection: GraphConnection;
  nodes: readonly GraphNode[];
  onDelete: (() => void) | undefined;
  onClose: () => void;
}

export function ConnectionInspector({ connection, nodes, onDelete, onClose }: Props) {
  const nameOf = (nodeId: string) => {
    const node = nodes.find((each) => each.node_id === nodeId);
    return node === undefined ? nodeId : labelOf(node);
  };

  return (
    <InspectorPanel kind="Connection" onClose={onClose}>
      <h3 className="connection-ends">
        {nameOf(connection.source_node_id)}
        <Icon name="arrow" size={16} />
        {nameOf(connection.target_node_id)}
      </h3>
      {onDelete !== undefined && (
        <div className="inspector-actions">
          <button type="button" className="button small danger-text" onClick={onDelete}>
            <Icon name="trash" size={16} />
            Delete connection
          </button>
        </div>
      )}
    </InspectorPanel>
  );
}
