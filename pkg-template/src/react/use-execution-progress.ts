import { useMemo } from 'react';
import type { ExecutionStatus, WorkflowExecution } from '../types.js';
import type { ReadState } from './results.js';
import { useRun } from './use-run.js';

export interface UseExecutionProgressResult extends ReadState {
  /** The run; null when there is none, or until it is read. */
  execution: WorkflowExecution | null;
  /** How many nodes the run has: as many as it says, or more when more were seen. */
  totalNodes: number;
  completedCount: number;
  failedCount: number;
  runningCount: number;
  /** Completed nodes of all, rounded. */
  progressPercent: number;
  isCompleted: boolean;
  isFailed: boolean;
  isRunning: boolean;
}

const LIVE = { realtime: true };

/**
 * How far a run is, live. An empty `executionId` asks nothing.
 *
 * @example
 * ```tsx
 * function Progress({ executionId }: { executionId: string }) {
 *   const { progressPercent, completedCount, totalNodes, isFailed } = useExecutionProgress(executionId);
 *   return (
 *     <>
 *       <progress max={100} value={progressPercent} /> {completedCount} of {totalNodes} {isFailed && 'failed'}
 *     </>
 *   );
 * }
 * ```
 */
export function useExecutionProgress(executionId: string): UseExecutionProgressResult {
  const { execution, nodeResults, loading, error, isFetching } = useRun(executionId, LIVE);
  return useMemo(() => {
    const count = (status: ExecutionStatus) =>
      nodeResults.filter((result) => result.status === status).length;
    const totalNodes = Math.max(execution?.node_count ?? 0, nodeResults.length);
    const completedCount = count('completed');
    return {
      ...{ execution, loading, error, isFetching, totalNodes, completedCount },
      failedCount: count('failed'),
      runningCount: count('running'),
      progressPercent: totalNodes === 0 ? 0 : Math.round((100 * completedCount) / totalNodes),
      isCompleted: execution?.status === 'completed',
      isFailed: execution?.status === 'failed',
      isRunning: execution?.status === 'running',
    };
  }, [execution, nodeResults, loading, error, isFetching]);
}
