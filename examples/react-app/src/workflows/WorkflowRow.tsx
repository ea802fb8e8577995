import { useState } from 'react';
import { db, type Workflow } from 'workflow-db';
import { workflowHref } from '../app/route';
import { useAction } from '../data/useAction';
import { ErrorNote } from '../ui/ErrorNote';
import { InlineRename } from '../ui/InlineRename';
import { RelativeTime } from '../ui/RelativeTime';
import { DeleteWorkflowDialog } from './DeleteWorkflowDialog';
import { WorkflowRowActions } from './WorkflowRowActions';

export function WorkflowRow({ workflow }: { workflow: Workflow }) {
  const { id, name, description, is_public, archived_at, updated_at } = workflow;
  const [isRenaming, setIsRenaming] = useState(false);
  const [isDeleting, setIsDeleting] = useState(false);
  const rename = useAction((wanted: string) => db.updateWorkflow(id, { name: wanted }));
  const archive = useAction(() =>
    archived_at === null ? db.archiveWorkflow(id) : db.updateWorkflow(id, { archived_at: null }),
  );

  return (
    <li className={archived_at === null ? 'workflow-row' : 'workflow-row archived'}>
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
            {archived_at !== null && <span className="badge">Archived</span>}
          </h2>
        )}
        {description !== null && <p className="subtle">{description}</p>}
      </div>
      <p className="workflow-row-time subtle">
        Changed <RelativeTime timestamp={updated_at} />
      </p>
      <WorkflowRowActions
        name={name}
        isArchived={archived_at !== null}
        isArchiving={archive.isPending}
        onRename={() => setIsRenaming(true)}
        onArchive={() => void archive.run()}
        onDelete={() => setIsDeleting(true)}
      />
      {archive.error !== null && (
        <ErrorNote error={archive.error} onRetry={archive.retry} onDismiss={archive.dismiss} />
      )}
      {isDeleting && <DeleteWorkflowDialog workflow={workflow} onClose={() => setIsDeleting(false)} />}
    </li>
  );
}
