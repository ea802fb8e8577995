import { cacheKeys } from '../keys.js';
import type { ExecutionNodeResult, WorkflowExecution } from '../types.js';
import { idOf } from './ids.js';
import { isOver, useLive } from './live.js';
import { shownRow } from './overlays.js';
import { useIsLive, type LiveOptions } from './provider.js';
import type { Query } from './query.js';
import type { ReadState } from './results.js';
import { useQuery } from './use-query.js';

interface Run extends ReadState {
  execution: WorkflowExecution | null;
  nodeResults: ExecutionNodeResult[];
  queries: readonly [Query<WorkflowExecution | null>, Query<ExecutionNodeResult[]>];
}

const NONE: ExecutionNodeResult[] = [];
const showExecution = shownRow<WorkflowExecution>('workflow_executions');
const showResults = (results: ExecutionNodeResult[]) => results;

/** An execution and the results of its nodes. */
export function useRun(executionId: string, options: LiveOptions): Run {
  executionId = idOf(executionId);
  const [run, runQuery] = useQuery<WorkflowExecution | null>(
    {
      key: executionId && cacheKeys.execution(executionId),
      read: (db) => db.getExecution(executionId),
      show: showExecution,
    },
    options,
  );
  const [results, resultsQuery] = useQuery<ExecutionNodeResult[]>(
    {
      key: executionId && cacheKeys.executionResults(executionId),
      read: (db) => db.getExecutionResults(executionId),
      show: showResults,
    },
    options,
  );
  // Subscriptions that start together share a channel.
  const later = isOver(run) ? results : run;
  const isLive = useIsLive(options);
  useLive('workflow_executions', executionId, later, isLive);
  useLive('execution_node_results', executionId, later, isLive);
  return {
    execution: run.data ?? null,
    nodeResults: results.data ?? NONE,
    loading: run.loading || results.loading,
    error: run.error ?? results.error,
    isFetching: run.isFetching || results.isFetching,
    queries: [runQuery, resultsQuery],
  };
}
