import { useExecutionProgress } from 'workflow-db/react';

/** The live progress of a run, wherever it was started. */
export function RunProgress({ executionId }: { executionId: string }) {
  const { execution, totalNodes, completedCount, failedCount, progressPercent } =
    useExecutionProgress(executionId);
  return (
    <div className="progress">
      <progress
        className={execution?.status ?? 'running'}
        value={progressPercent}
        max={100}
        aria-label="Progress of the run"
      />
      <span className="subtle" data-testid="progress-text">
        {completedCount} of {totalNodes} {totalNodes === 1 ? 'step' : 'steps'} completed
        {failedCount > 0 && `, ${failedCount} failed`}
      </span>
    </div>
  );
}
