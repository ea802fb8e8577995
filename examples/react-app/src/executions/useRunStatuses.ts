import type { ExecutionNodeResult, ExecutionStatus } from 'workflow-db';
import { cacheKeys } from 'workflow-db';
import { useQuery } from '../data/useQuery';

const NO_RESULTS: ExecutionNodeResult[] = [];

/** How each node did in a run, by `node_id`. Shares the run's results with whatever else shows them. */
export function useRunStatuses(executionId: string | undefined): ReadonlyMap<string, ExecutionStatus> {
  const { data = NO_RESULTS } = useQuery(
    executionId === undefined ? [] : [cacheKeys.executionResults(executionId)],
    async (db) => (executionId === undefined ? NO_RESULTS : db.getExecutionResults(executionId)),
  );
  return new Map(data.map(({ node_id, status }) => [node_id, status]));
}
