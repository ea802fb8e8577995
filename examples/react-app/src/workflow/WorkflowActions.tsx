import { useState } from 'react';
import type { WorkflowWithRelations } from 'workflow-db/react';
import { useFavorites } from '../data/entries';
import { useRunner } from '../executions/useRunner';
import { SaveAsTemplateDialog } from '../templates/SaveAsTemplateDialog';
import { Icon } from '../ui/Icon';
import { PendingButton } from '../ui/PendingButton';
import { FavoriteButton } from '../workflows/FavoriteButton';

interface Props {
  userId: string;
  workflow: WorkflowWithRelations;
  isOwn: boolean;
  /** Whether there are changes that a run would not see. */
  isDirty: boolean;
}

/** What can be done with a workflow as it is saved. */
export function WorkflowActions({ userId, workflow, isOwn, isDirty }: Props) {
  const favorites = useFavorites(userId);
  const runner = useRunner(userId, workflow);
  const [isSavingTemplate, setIsSavingTemplate] = useState(false);
  const isFavorite = favorites.data?.some(({ workflow_id }) => workflow_id === workflow.id) ?? false;
  const canRun = workflow.nodes.length > 0 && !isDirty;

  return (
    <div className="workflow-actions">
      <FavoriteButton userId={userId} workflow={workflow} isFavorite={isFavorite} />
      {isOwn && (
        <>
          <button
            type="button"
            className="button"
            disabled={!canRun}
            onClick={() => setIsSavingTemplate(true)}
          >
            <Icon name="layers" />
            Save as template
          </button>
          <PendingButton
            className="button primary"
            isPending={runner.isPending}
            disabled={!canRun}
            title={isDirty ? 'Save the changes first' : undefined}
            onClick={() => void runner.run()}
          >
            <Icon name="play" />
            Run
          </PendingButton>
        </>
      )}
      {isSavingTemplate && (
        <SaveAsTemplateDialog workflow={workflow} onClose={() => setIsSavingTemplate(false)} />
      )}
    </div>
  );
}
