import { db, type WorkflowConnection, type WorkflowNode } from 'workflow-db';
import { useAction } from '../data/useAction';
import { labelOf } from '../graph/layout';
import { ErrorNote } from '../ui/ErrorNote';
import { Icon } from '../ui/Icon';
import { PendingButton } from '../ui/PendingButton';
import { InspectorPanel } from './InspectorPanel';

interface Props {
  connection: WorkflowConnection;
  nodes: readonly WorkflowNode[];
  isOwn: boolean;
  onClose: () => void;
}

export function ConnectionInspector({ connection, nodes, isOwn, onClose }: Props) {
  const remove = useAction(() =>
    db.deleteWorkflowConnection(connection.workflow_id, connection.connection_id),
  );
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
      {isOwn && (
        <div className="inspector-actions">
          <PendingButton
            className="button small danger-text"
            isPending={remove.isPending}
            onClick={() => void remove.run()}
          >
            <Icon name="trash" size={16} />
            Delete connection
          </PendingButton>
        </div>
      )}
      {remove.error !== null && <ErrorNote error={remove.error} onRetry={remove.retry} />}
    </InspectorPanel>
  );
}
