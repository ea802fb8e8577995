import { useState } from 'react';
import type { WorkflowRole, WorkflowWithRelations } from 'workflow-db/react';
import { useFavorites } from '../data/entries';
import { useRunner } from '../executions/useRunner';
import { ShareDialog } from '../sharing/ShareDialog';
import { useSync } from '../sync/SyncContext';
import { SaveAsTemplateDialog } from '../templates/SaveAsTemplateDialog';
import { Icon } from '../ui/Icon';
import { PendingButton } from '../ui/PendingButton';
import { FavoriteButton } from '../workflows/FavoriteButton';

interface Props {
  userId: string;
  workflow: WorkflowWithRelations;
  role: WorkflowRole | null;
  /** Whether there are unsaved changes, which a run would not include. */
  isDirty: boolean;
}

/** The actions for the saved workflow. */
export function WorkflowActions({ userId, workflow, role, isDirty }: Props) {
  const favorites = useFavorites(userId);
  const runner = useRunner(userId, workflow);
  const [dialog, setDialog] = useState<'template' | 'share' | null>(null);
  const closeDialog = () => setDialog(null);
  const isFavorite = favorites.data?.some(({ workflow_id }) => workflow_id === workflow.id) ?? false;
  const { unsent } = useSync();
  const isUnsent = unsent.some(({ rowId }) => rowId === workflow.id);
  const canRun = workflow.nodes.length > 0 && !isDirty && !isUnsent;

  return (
    <div className="workflow-actions">
      <FavoriteButton userId={userId} workflow={workflow} isFavorite={isFavorite} />
      {role !== null && (
        <button type="button" className="button" onClick={() => setDialog('share')}>
          <Icon name="share" />
          Share
        </button>
      )}
      {(role === 'owner' || role === 'editor') && (
        <>
          <button type="button" className="button" disabled={!canRun} onClick={() => setDialog('template')}>
            <Icon name="layers" />
            Save as template
          </button>
          <PendingButton
            className="button primary"
            isPending={runner.isPending}
            disabled={!canRun}
            title={
              isDirty ? 'Save the changes first' : isUnsent ? 'Its changes must be sent first' : undefined
            }
            onClick={() => void runner.run()}
          >
            <Icon name="play" />
            Run
          </PendingButton>
        </>
      )}
      {dialog === 'template' && <SaveAsTemplateDialog workflow={workflow} onClose={closeDialog} />}
      {dialog === 'share' && (
        <ShareDialog userId={userId} workflow={workflow} isOwner={role === 'owner'} onClose={closeDialog} />
      )}
    </div>
  );
}
