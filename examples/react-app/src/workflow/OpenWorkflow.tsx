import type { UseWorkflowResult, WorkflowPatch, WorkflowWithRelations } from 'workflow-db/react';
import { ExecutionDetails } from '../executions/ExecutionDetails';
import { ExecutionHistory } from '../executions/ExecutionHistory';
import { GraphEditor } from './GraphEditor';
import { useGraphDraft } from './useGraphDraft';
import { WorkflowActions } from './WorkflowActions';
import { WorkflowHeading } from './WorkflowHeading';

interface Props {
  userId: string;
  workflow: WorkflowWithRelations;
  onUpdate: UseWorkflowResult['updateWorkflow'];
  executionId: string | undefined;
}

export function OpenWorkflow({ userId, workflow, onUpdate, executionId }: Props) {
  const { id, updated_at } = workflow;
  const isOwn = workflow.user_id === userId;
  const draft = useGraphDraft(workflow);
  const update = async (patch: WorkflowPatch) => {
    const row = await onUpdate(patch);
    draft.rebase(updated_at, row);
    return row;
  };

  return (
    <>
      <div className="page-head">
        <WorkflowHeading workflow={workflow} isOwn={isOwn} onUpdate={update} />
        <WorkflowActions userId={userId} workflow={workflow} isOwn={isOwn} isDirty={draft.isDirty} />
      </div>
      <GraphEditor workflow={workflow} draft={draft} isOwn={isOwn} executionId={executionId} />
      {isOwn && (
        <div className="runs">
          <ExecutionHistory workflowId={id} executionId={executionId} />
          {executionId !== undefined && (
            <ExecutionDetails key={executionId} executionId={executionId} workflow={workflow} />
          )}
        </div>
      )}
    </>
  );
}
