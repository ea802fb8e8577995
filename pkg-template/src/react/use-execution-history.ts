import { useMemo } from 'react';
import { cacheKeys } from '../keys.js';
import type { WorkflowExecution } from '../types.js';
import { idOf } from './ids.js';
import { useLive } from './live.js';
import { shownPage } from './overlays.js';
import { useIsLive, type LiveOptions } from './provider.js';
import type { ReadState } from './results.js';
import { usePages, type PageActions } from './use-pages.js';
import { useRefresh } from './use-query.js';

export interface UseExecutionHistoryOptions extends LiveOptions {
  /** The page size; 20 by default. */
  pageSize?: number | undefined;
}

export interface UseExecutionHistoryResult extends ReadState, PageActions {
  /** The page's executions, newest first; the previous page's until they are read. */
  data: WorkflowExecution[];
  /** The total number of executions. */
  total: number;
  /** Starts at 0. */
  page: number;
  pageSize: number;
  /** Whether there are further pages. */
  hasMore: boolean;
  /** Asks the server. Never rejects; errors are in `error`. */
  refresh: () => Promise<void>;
}

const NONE: WorkflowExecution[] = [];
const show = shownPage<WorkflowExecution>('workflow_executions');

/**
 * A workflow's executions, page by page, kept up to date. With an empty `workflowId` nothing is read.
 *
 * @example
 * ```tsx
 * function Runs({ workflowId }: { workflowId: string }) {
 *   const { data, page, hasMore, loading, error, nextPage, prevPage, refresh } = useExecutionHistory(workflowId);
 *   return (
 *     <section aria-busy={loading}>
 *       {error && <p role="alert">{error.message}</p>}
 *       <ul>
 *         {data.map((execution) => (
 *           <li key={execution.id}>{execution.status}</li>
 *         ))}
 *       </ul>
 *       <button onClick={prevPage} disabled={page === 0}>Newer</button>
 *       <button onClick={nextPage} disabled={!hasMore}>Older</button>
 *       <button onClick={refresh}>Refresh</button>
 *     </section>
 *   );
 * }
 * ```
 */
export function useExecutionHistory(
  workflowId: string,
  options: UseExecutionHistoryOptions = {},
): UseExecutionHistoryResult {
  workflowId = idOf(workflowId);
  const { pageSize = 20 } = options;
  const list = workflowId && cacheKeys.executions(workflowId);
  const { state, query, page, actions } = usePages<WorkflowExecution>(
    {
      ...{ list, subject: list, pageSize, show },
      read: (db, limit, offset) => db.getExecutionHistory(workflowId, limit, offset),
    },
    options,
  );
  useLive('workflow_executions', workflowId, state, useIsLive(options));

  const refresh = useRefresh([query]);
  const { data: shown, loading, isFetching, error } = state;
  const { data = NONE, total = 0, hasMore = false } = shown ?? {};
  return useMemo(
    () => ({ data, total, page, pageSize, hasMore, loading, error, isFetching, ...actions, refresh }),
    [data, total, page, pageSize, hasMore, loading, error, isFetching, actions, refresh],
  );
}
