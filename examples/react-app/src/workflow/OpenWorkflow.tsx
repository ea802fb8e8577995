import type { UseWorkflowResult, WorkflowRole, WorkflowWithRelations } from 'workflow-db/react';
import { ExecutionDetails } from '../executions/ExecutionDetails';
import { ExecutionHistory } from '../executions/ExecutionHistory';
import { GraphEditor } from './GraphEditor';
import { useGraphDraft } from './useGraphDraft';
import { WorkflowActions } from './WorkflowActions';
import { WorkflowHeading } from './WorkflowHeading';

interface Props {
  userId: string;
  workflow: WorkflowWithRelations;
  /** Null for a public workflow that is not shared with the user. */
  role: WorkflowRole | null;
  onUpdate: UseWorkflowResult['updateWorkflow'];
  executionId: string | undefined;
}

export function OpenWorkflow({ userId, workflow, role, onUpdate, executionId }: Props) {
  const canEdit = role === 'owner' || role === 'editor';
  const draft = useGraphDraft(userId, workflow, canEdit);

  return (
    <>
      <div className="page-head">
        <WorkflowHeading workflow={workflow} canEdit={canEdit} onUpdate={onUpdate} />
        <WorkflowActions userId={userId} workflow={workflow} role={role} isDirty={draft.isDirty} />
      </div>
      <GraphEditor
        workflow={workflow}
        draft={draft}
        canEdit={canEdit}
        hasRoom={role !== null}
        executionId={executionId}
      />
      {role !== null && (
        <div className="runs">
          <ExecutionHistory workflowId={workflow.id} executionId={executionId} />
          {executionId !== undefined && (
            <ExecutionDetails
              key={executionId}
              userId={userId}
              executionId={executionId}
              workflow={workflow}
            />
          )}
        </div>
      )}
    </>
  );
}
