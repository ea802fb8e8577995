import { useState } from 'react';
import type { UseWorkflowResult, WorkflowWithRelations } from 'workflow-db/react';
import { useSync } from '../sync/SyncContext';
import { UnsentMark } from '../sync/UnsentMark';
import { useAction } from '../ui/useAction';
import { Icon } from '../ui/Icon';
import { InlineRename } from '../ui/InlineRename';
import { RelativeTime } from '../ui/RelativeTime';

interface Props {
  workflow: WorkflowWithRelations;
  canEdit: boolean;
  onUpdate: UseWorkflowResult['updateWorkflow'];
}

export function WorkflowHeading({ workflow, canEdit, onUpdate }: Props) {
  const { id, name, description, is_public, archived_at, updated_at, nodes } = workflow;
  const [isRenaming, setIsRenaming] = useState(false);
  const { submit } = useSync();
  const rename = useAction((wanted: string) =>
    submit(() => onUpdate({ name: wanted }), id, { name: wanted }),
  );

  return (
    <div className="workflow-heading">
      {isRenaming ? (
        <InlineRename
          label="New name of the workflow"
          name={name}
          action={rename}
          onDone={() => setIsRenaming(false)}
        />
      ) : (
        <h1>
          {name}
          {canEdit && (
            <button
              type="button"
              className="icon-button"
              aria-label="Rename workflow"
              title="Rename"
              onClick={() => setIsRenaming(true)}
            >
              <Icon name="edit" />
            </button>
          )}
          {is_public && <span className="badge public">Public</span>}
          {archived_at !== null && <span className="badge">Archived</span>}
          {!canEdit && <span className="badge">Read only</span>}
          <UnsentMark rowId={id} />
        </h1>
      )}
      {description !== null && <p>{description}</p>}
      <p className="subtle">
        {canEdit && (nodes.length === 1 ? '1 step · ' : `${nodes.length} steps · `)}
        changed <RelativeTime timestamp={updated_at} />
      </p>
    </div>
  );
}
