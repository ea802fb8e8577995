import { useMemo } from 'react';
import type { ExecutionStatus, WorkflowExecution } from '../types.js';
import type { ReadState } from './results.js';
import { useRun } from './use-run.js';

export interface UseExecutionProgressResult extends ReadState {
  /** The execution; null if there is none, or until it is read. */
  execution: WorkflowExecution | null;
  /** The number of nodes: the execution's own `node_count`, or more if more have results. */
  totalNodes: number;
  completedCount: number;
  failedCount: number;
  runningCount: number;
  /** The rounded percentage of completed nodes. */
  progressPercent: number;
  isCompleted: boolean;
  isFailed: boolean;
  isRunning: boolean;
}

const LIVE = { realtime: true };

/**
 * The live progress of an execution. With an empty `executionId` nothing is read.
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
