import type { WorkflowExecution } from 'workflow-db/react';
import { RelativeTime } from '../ui/RelativeTime';
import { StatusChip } from '../ui/StatusChip';
import { duration } from '../ui/time';
import { RunProgress } from './RunProgress';

interface Props {
  execution: WorkflowExecution;
  href: string;
  isOpen: boolean;
}

export function ExecutionRow({ execution, href, isOpen }: Props) {
  const { id, status, started_at, execution_time_ms, error_message } = execution;
  return (
    <li>
      <a className="execution-row" href={href} aria-current={isOpen ? 'true' : undefined}>
        <StatusChip status={status} />
        <span className="execution-when">
          <RelativeTime timestamp={started_at} />
          {error_message !== null && <span className="execution-error">{error_message}</span>}
        </span>
        <span className="execution-duration subtle">
          {execution_time_ms === null ? '–' : duration(execution_time_ms)}
        </span>
        {status === 'running' && !isOpen && <RunProgress executionId={id} />}
      </a>
    </li>
  );
}
