import { db, type Workflow } from 'workflow-db';
import { useAction } from '../data/useAction';
import { ConfirmDialog } from '../ui/ConfirmDialog';

/** Goes away by itself: when the workflow is deleted, so is its row. */
export function DeleteWorkflowDialog({ workflow, onClose }: { workflow: Workflow; onClose: () => void }) {
  const remove = useAction(() => db.deleteWorkflow(workflow.id));
  return (
    <ConfirmDialog
      title={`Delete “${workflow.name}”?`}
      confirmLabel="Delete workflow"
      action={remove}
      onClose={onClose}
    >
      <p>Its steps, connections and all its runs go with it. This cannot be undone.</p>
    </ConfirmDialog>
  );
}
