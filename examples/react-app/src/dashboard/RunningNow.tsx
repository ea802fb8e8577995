import type { PaginatedResponse, UseEntryResult, WorkflowExecution } from 'workflow-db/react';
import { useWorkflowNames } from '../workflows/useWorkflowNames';
import { EmptyState } from '../ui/EmptyState';
import { ReadError } from '../sync/ReadError';
import { SkeletonRows } from '../ui/Skeleton';
import { RunningExecution } from './RunningExecution';

interface Props {
  userId: string;
  running: UseEntryResult<PaginatedResponse<WorkflowExecution>>;
}

/** The current runs, live. */
export function RunningNow({ userId, running: { data, error, refresh } }: Props) {
  const names = useWorkflowNames(userId);
  return (
    <section className="card panel" aria-label="Running now">
      <div className="card-head">
        <h2>Running now</h2>
      </div>
      {error !== null && <ReadError error={error} onRetry={() => void refresh()} />}
      {data === undefined && error === null && (
        <SkeletonRows count={1} height={60} label="Loading what is running" />
      )}
      {data?.data.length === 0 && <EmptyState icon="play" title="Nothing is running" />}
      {data !== undefined && data.data.length > 0 && (
        <ul>
          {data.data.map((execution) => (
            <RunningExecution
              key={execution.id}
              execution={execution}
              name={names.get(execution.workflow_id) ?? 'Workflow'}
            />
          ))}
        </ul>
      )}
    </section>
  );
}
