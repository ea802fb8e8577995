import { db, type WorkflowConnection, type WorkflowNode } from 'workflow-db';
import { useAction } from '../data/useAction';
import { labelOf } from '../graph/layout';
import { ConfirmDialog } from '../ui/ConfirmDialog';

interface Props {
  node: WorkflowNode;
  /** Those that begin or end at it. */
  connections: readonly WorkflowConnection[];
  onClose: () => void;
}

/** Goes away by itself: when the step is deleted, so is what shows it. */
export function DeleteNodeDialog({ node, connections, onClose }: Props) {
  const remove = useAction(async () => {
    await Promise.all(
      connections.map(({ workflow_id, connection_id }) =>
        db.deleteWorkflowConnection(workflow_id, connection_id),
      ),
    );
    await db.deleteWorkflowNode(node.id);
  });
  const count = connections.length;
  return (
    <ConfirmDialog
      title={`Delete “${labelOf(node)}”?`}
      confirmLabel="Delete step"
      action={remove}
      onClose={onClose}
    >
      <p>
        {count === 0 && 'It has no connections.'}
        {count === 1 && 'Its connection goes with it.'}
        {count > 1 && `Its ${count} connections go with it.`} What it made in earlier runs stays.
      </p>
    </ConfirmDialog>
  );
}
