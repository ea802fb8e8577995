import { useWorkflow } from 'workflow-db/react';
import { listHref, SHARED } from '../app/route';
import { PeopleHere } from '../presence/PeopleHere';
import { EmptyState } from '../ui/EmptyState';
import { ReadError } from '../sync/ReadError';
import { Icon } from '../ui/Icon';
import { SkeletonRows } from '../ui/Skeleton';
import { useTitle } from '../ui/useTitle';
import { OpenWorkflow } from './OpenWorkflow';

interface Props {
  userId: string;
  workflowId: string;
  executionId?: string;
}

export function WorkflowPage({ userId, workflowId, executionId }: Props) {
  const opened = useWorkflow(workflowId);
  const { workflow, role, loading, error, refreshWorkflow } = opened;
  // What the page offers depends on the role, which is read after a shared workflow.
  const isOpening = loading && (workflow === null || role === null);
  const isShared = role === 'editor' || role === 'viewer';
  useTitle(workflow?.name);

  if (workflow === null && !loading && error === null) {
    return (
      <div role="alert">
        <EmptyState icon="search" title="Workflow not found" level={1}>
          <p>It was deleted, or its owner does not share it with you.</p>
          <a className="button" href={listHref()}>
            All workflows
          </a>
        </EmptyState>
      </div>
    );
  }
  return (
    <div className="page">
      <div className="page-top">
        <a className="back-link" href={isShared ? SHARED : listHref()}>
          <Icon name="back" size={16} />
          {isShared ? 'Shared with me' : 'All workflows'}
        </a>
        {role !== null && <PeopleHere workflowId={workflowId} />}
      </div>
      {workflow === null && error !== null && (
        <>
          <h1>Workflow</h1>
          <ReadError error={error} onRetry={() => void refreshWorkflow()} />
        </>
      )}
      {isOpening && <SkeletonRows count={2} height={170} label="Loading the workflow" />}
      {workflow !== null && !isOpening && (
        <OpenWorkflow
          userId={userId}
          workflow={workflow}
          role={role}
          onUpdate={opened.updateWorkflow}
          executionId={executionId}
        />
      )}
    </div>
  );
}
