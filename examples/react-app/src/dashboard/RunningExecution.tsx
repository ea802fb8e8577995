import type { WorkflowExecution } from 'workflow-db/react';
import { workflowHref } from '../app/route';
import { RunProgress } from '../executions/RunProgress';
import { StopRunButton } from '../executions/StopRunButton';
import { RelativeTime } from '../ui/RelativeTime';

interface Props {
  execution: WorkflowExecution;
  name: string;
}

export function RunningExecution({ execution, name }: Props) {
  const { id, workflow_id, started_at } = execution;
  return (
    <li className="running-row">
      <div className="running-head">
        <a href={workflowHref(workflow_id, id)}>{name}</a>
        <span className="subtle">
          <RelativeTime timestamp={started_at} />
        </span>
      </div>
      <div className="running-body">
        <RunProgress executionId={id} />
        <StopRunButton execution={execution} />
      </div>
    </li>
  );
}
