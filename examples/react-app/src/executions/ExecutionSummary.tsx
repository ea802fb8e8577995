import type { ExecutionNodeResult, WorkflowExecution } from 'workflow-db/react';
import { RelativeTime } from '../ui/RelativeTime';
import { StatusChip } from '../ui/StatusChip';
import { duration } from '../ui/time';
import { RunProgress } from './RunProgress';
import { StopRunButton } from './StopRunButton';

interface Props {
  userId: string;
  execution: WorkflowExecution;
  results: readonly ExecutionNodeResult[];
}

export function ExecutionSummary({ userId, execution, results }: Props) {
  const { id, status, started_at, execution_time_ms, error_message } = execution;
  const calls = results.reduce((sum, result) => sum + result.api_call_count, 0);

  return (
    <div className="execution-summary">
      <p className="summary-line">
        <StatusChip status={status} />
        <span>
          started <RelativeTime timestamp={started_at} />
        </span>
        {execution_time_ms !== null && <span>took {duration(execution_time_ms)}</span>}
        {calls > 0 && <span>{calls === 1 ? '1 API call' : `${calls} API calls`}</span>}
      </p>
      {error_message !== null && <p className="failure">{error_message}</p>}
      {(results.length > 0 || status === 'running') && <RunProgress executionId={id} />}
      {status === 'running' && execution.user_id === userId && (
        <div>
          <StopRunButton execution={execution} />
        </div>
      )}
    </div>
  );
}
