import {
  changing,
  disconnecting,
  removing,
  type Graph,
  type GraphChange,
  type GraphNode,
} from '../graph/graph';
import { edgesOf, labelOf } from '../graph/layout';
import { nodeType } from '../graph/nodeTypes';
import { Icon } from '../ui/Icon';
import { ConnectionItem } from './ConnectionItem';
import { InspectorPanel } from './InspectorPanel';

interface Props {
  node: GraphNode;
  graph: Graph;
  onEdit: ((change: GraphChange) => void) | undefined;
  onConnect: () => void;
  onClose: () => void;
}

export function NodeInspector({ node, graph, onEdit, onConnect, onClose }: Props) {
  const { node_id, node_type, label } = node;
  const edges = edgesOf(graph.nodes, graph.connections).filter(
    ({ source, target }) => source.node_id === node_id || target.node_id === node_id,
  );

  return (
    <InspectorPanel kind="Step" onClose={onClose}>
      {onEdit === undefined ? (
        <h3>{labelOf(node)}</h3>
      ) : (
        <label className="field">
          <span>Label</span>
          <input
            value={label ?? ''}
            placeholder={node_id}
            maxLength={80}
            onChange={(event) => onEdit(changing(node_id, () => ({ label: event.target.value })))}
          />
        </label>
      )}
      <p className="subtle">{nodeType(node_type).name}</p>
      {edges.length > 0 && (
        <ul className="connection-list" aria-label="Connections of this step">
          {edges.map(({ connection, source, target }) => (
            <ConnectionItem
              key={connection.connection_id}
              text={source.node_id === node_id ? `to ${labelOf(target)}` : `from ${labelOf(source)}`}
              onDelete={onEdit && (() => onEdit(disconnecting(connection.connection_id)))}
            />
          ))}
        </ul>
      )}
      {onEdit !== undefined && (
        <div className="inspector-actions">
          <button
            type="button"
            className="button small"
            disabled={graph.nodes.length < 2}
            onClick={onConnect}
          >
            <Icon name="connect" size={16} />
            Connect to…
          </button>
          <button
            type="button"
            className="button small danger-text"
            onClick={() => onEdit(removing(node_id))}
          >
            <Icon name="trash" size={16} />
            Delete step
          </button>
        </div>
      )}
    </InspectorPanel>
  );
}
