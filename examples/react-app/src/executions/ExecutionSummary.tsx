import type { ExecutionNodeResult, WorkflowExecution } from 'workflow-db';
import { RelativeTime } from '../ui/RelativeTime';
import { StatusChip } from '../ui/StatusChip';
import { duration } from '../ui/time';

interface Props {
  execution: WorkflowExecution;
  results: readonly ExecutionNodeResult[];
}

export function ExecutionSummary({ execution, results }: Props) {
  const { status, started_at, execution_time_ms, error_message, node_count } = execution;
  const total = Math.max(node_count ?? 0, results.length);
  const completed = results.filter((result) => result.status === 'completed').length;
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
      {results.length > 0 && (
        <div className="progress">
          <progress className={status} value={completed} max={total} aria-label="Progress of the run" />
          <span className="subtle">
            {completed} of {total} steps completed
          </span>
        </div>
      )}
    </div>
  );
}
