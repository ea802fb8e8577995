import { useState } from 'react';
import type { UseWorkflowsResult, Workflow, WorkflowPatch } from 'workflow-db/react';
import { workflowHref } from '../app/route';
import { useSync } from '../sync/SyncContext';
import { UnsentMark } from '../sync/UnsentMark';
import { useTask } from '../toasts/useTask';
import { InlineRename } from '../ui/InlineRename';
import { RelativeTime } from '../ui/RelativeTime';
import { useAction } from '../ui/useAction';
import { DeleteWorkflowDialog } from './DeleteWorkflowDialog';
import { FavoriteButton } from './FavoriteButton';
import { WorkflowRowActions } from './WorkflowRowActions';

interface Props {
  workflow: Workflow;
  isFavorite: boolean;
  list: UseWorkflowsResult;
}

export function WorkflowRow({ workflow, isFavorite, list }: Props) {
  const { id, user_id, name, description, is_public, archived_at, updated_at } = workflow;
  const [isRenaming, setIsRenaming] = useState(false);
  const [isDeleting, setIsDeleting] = useState(false);
  const { submit } = useSync();
  const update = (values: WorkflowPatch) => submit(() => list.updateWorkflow(id, values), id, values);
  const rename = useAction((wanted: string) => update({ name: wanted }));
  const isArchived = archived_at !== null;
  const archive = useTask(`“${name}” was not ${isArchived ? 'restored' : 'archived'}.`, () =>
    isArchived ? update({ archived_at: null }) : submit(() => list.archiveWorkflow(id), id),
  );

  return (
    <li className={isArchived ? 'workflow-row archived' : 'workflow-row'}>
      <div className="workflow-row-text">
        {isRenaming ? (
          <InlineRename
            label={`New name of ${name}`}
            name={name}
            action={rename}
            onDone={() => setIsRenaming(false)}
          />
        ) : (
          <h2>
            <a href={workflowHref(id)}>{name}</a>
            {is_public && <span className="badge public">Public</span>}
            {isArchived && <span className="badge">Archived</span>}
            <UnsentMark rowId={id} />
          </h2>
        )}
        {description !== null && <p className="subtle">{description}</p>}
      </div>
      <p className="workflow-row-time subtle">
        Changed <RelativeTime timestamp={updated_at} />
      </p>
      <div className="row-actions" role="group" aria-label={`Actions for ${name}`}>
        <FavoriteButton userId={user_id} workflow={workflow} isFavorite={isFavorite} />
        <WorkflowRowActions
          name={name}
          isArchived={isArchived}
          isArchiving={archive.isPending}
          onRename={() => setIsRenaming(true)}
          onArchive={() => void archive.run()}
          onDelete={() => setIsDeleting(true)}
        />
      </div>
      {isDeleting && (
        <DeleteWorkflowDialog
          workflow={workflow}
          onDelete={list.deleteWorkflow}
          onClose={() => setIsDeleting(false)}
        />
      )}
    </li>
  );
}
