import { listHref } from '../app/route';
import { useWorkflow } from '../data/queries';
import { ExecutionHistory } from '../executions/ExecutionHistory';
import { ExecutionDetails } from '../executions/ExecutionDetails';
import { EmptyState } from '../ui/EmptyState';
import { ErrorNote } from '../ui/ErrorNote';
import { Icon } from '../ui/Icon';
import { SkeletonRows } from '../ui/Skeleton';
import { useTitle } from '../ui/useTitle';
import { GraphEditor } from './GraphEditor';
import { WorkflowHeading } from './WorkflowHeading';

interface Props {
  userId: string;
  workflowId: string;
  executionId?: string;
  /** Of the history, from 1. */
  page: number;
}

export function WorkflowPage({ userId, workflowId, executionId, page }: Props) {
  const { data: workflow, error, isFetching, refresh } = useWorkflow(workflowId);
  const isOwn = workflow?.user_id === userId;
  useTitle(workflow?.name);

  if (workflow === null) {
    return (
      <EmptyState icon="search" title="This workflow is not there" level={1}>
        <p>It was deleted, or its owner does not share it.</p>
        <a className="button" href={listHref()}>
          All workflows
        </a>
      </EmptyState>
    );
  }
  return (
    <div className="page">
      <a className="back-link" href={listHref()}>
        <Icon name="back" size={16} />
        All workflows
      </a>
      {error !== null && <ErrorNote error={error} onRetry={refresh} />}
      {workflow === undefined && isFetching && (
        <SkeletonRows count={2} height={170} label="Loading the workflow" />
      )}
      {workflow !== undefined && (
        <>
          <WorkflowHeading workflow={workflow} isOwn={isOwn} />
          <GraphEditor workflow={workflow} isOwn={isOwn} executionId={executionId} />
          {isOwn && (
            <div className="runs">
              <ExecutionHistory workflowId={workflowId} page={page} executionId={executionId} />
              {executionId !== undefined && (
                <ExecutionDetails
                  key={executionId}
                  executionId={executionId}
                  workflow={workflow}
                  page={page}
                />
              )}
            </div>
          )}
        </>
      )}
    </div>
  );
}
