import { useCallback, useMemo } from 'react';
import type {
  ExecutionNodeResult,
  ExecutionStatus,
  WorkflowExecution,
  WorkflowExecutionPatch,
} from '../types.js';
import { idOf } from './ids.js';
import { useIsSaving, useMutations } from './mutations.js';
import { onRow, patching } from './overlays.js';
import type { LiveOptions } from './provider.js';
import type { ReadState } from './results.js';
import { useRefresh } from './use-query.js';
import { useRun } from './use-run.js';

export type UseExecutionOptions = LiveOptions;

export interface UseExecutionResult extends ReadState {
  /** The execution; null if there is none, or until it is read. */
  execution: WorkflowExecution | null;
  /** The results of its nodes, in the order of their start. */
  nodeResults: ExecutionNodeResult[];
  /** Whether a write is in flight. */
  isUpdating: boolean;
  /** Optimistic; rolled back on failure. */
  updateExecution: (patch: WorkflowExecutionPatch) => Promise<WorkflowExecution>;
  /** The shown result of a node. */
  getNodeResult: (nodeId: string) => ExecutionNodeResult | undefined;
  /** The shown results with this status. */
  getResultsByStatus: (status: ExecutionStatus) => ExecutionNodeResult[];
  /** Asks the server. Never rejects; errors are in `error`. */
  refresh: () => Promise<void>;
}

/**
 * An execution with the results of its nodes, kept up to date. With an empty `executionId` nothing is read.
 *
 * `getNodeResult` and `getResultsByStatus` search the shown results. They are new functions whenever those change.
 *
 * @example
 * ```tsx
 * function Run({ executionId }: { executionId: string }) {
 *   const { execution, nodeResults, loading, isUpdating, updateExecution, getResultsByStatus } =
 *     useExecution(executionId);
 *   if (loading && !execution) return <p>Loading…</p>;
 *   if (!execution) return <p>There is no such run.</p>;
 *   return (
 *     <>
 *       <p>
 *         {execution.status}: {getResultsByStatus('completed').length} of {nodeResults.length} done
 *       </p>
 *       <button disabled={isUpdating} onClick={() => updateExecution({ status: 'failed' }).catch(() => {})}>
 *         Give up
 *       </button>
 *     </>
 *   );
 * }
 * ```
 */
export function useExecution(executionId: string, options: UseExecutionOptions = {}): UseExecutionResult {
  executionId = idOf(executionId);
  const run = useRun(executionId, options);
  const [writeError, mutations] = useMutations(executionId);
  const { execution, nodeResults, loading, isFetching } = run;

  const updateExecution = useMemo(
    () => (patch: WorkflowExecutionPatch) =>
      mutations.run(
        (db) => db.updateExecution(executionId, patch),
        onRow('workflow_executions', executionId, patching(patch)),
      ),
    [mutations, executionId],
  );
  const getNodeResult = useCallback(
    (nodeId: string) => nodeResults.find((result) => result.node_id === nodeId),
    [nodeResults],
  );
  const getResultsByStatus = useCallback(
    (status: ExecutionStatus) => nodeResults.filter((result) => result.status === status),
    [nodeResults],
  );
  const refresh = useRefresh(run.queries, mutations);
  const isUpdating = useIsSaving(mutations);
  const error = writeError ?? run.error;
  return useMemo(
    () => ({
      ...{ execution, nodeResults, loading, error, isFetching, isUpdating },
      ...{ updateExecution, getNodeResult, getResultsByStatus, refresh },
    }),
    [
      ...[execution, nodeResults, loading, error, isFetching, isUpdating],
      ...[updateExecution, getNodeResult, getResultsByStatus, refresh],
    ],
  );
}
