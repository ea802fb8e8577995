import type { WorkflowExecution } from 'workflow-db/react';
import { useTask } from '../toasts/useTask';
import { Icon } from '../ui/Icon';
import { PendingButton } from '../ui/PendingButton';
import { stop } from './run';

/** Stops a run in any window: the run notices before its next step. */
export function StopRunButton({ execution }: { execution: WorkflowExecution }) {
  const end = useTask('The run could not be stopped.', () => stop(execution));
  return (
    <PendingButton className="button small" isPending={end.isPending} onClick={() => void end.run()}>
      <Icon name="stop" size={14} />
      Stop run
    </PendingButton>
  );
}
