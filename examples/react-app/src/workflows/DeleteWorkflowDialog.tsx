import type { Workflow } from 'workflow-db/react';
import { useSync } from '../sync/SyncContext';
import { useTask } from '../toasts/useTask';
import { ConfirmDialog } from '../ui/ConfirmDialog';

interface Props {
  workflow: Workflow;
  onDelete: (id: string) => Promise<void>;
  onClose: () => void;
}

/**
 * After confirmation the row disappears immediately. If the server refuses, it reappears, and a toast explains why.
 */
export function DeleteWorkflowDialog({ workflow, onDelete, onClose }: Props) {
  const { submit } = useSync();
  const remove = useTask(`“${workflow.name}” was not deleted.`, () =>
    submit(() => onDelete(workflow.id), workflow.id),
  );
  return (
    <ConfirmDialog
      title={`Delete “${workflow.name}”?`}
      confirmLabel="Delete workflow"
      onConfirm={() => {
        void remove.run();
        onClose();
      }}
      onClose={onClose}
    >
      <p>Its steps, connections and all its runs go with it. This cannot be undone.</p>
    </ConfirmDialog>
  );
}
