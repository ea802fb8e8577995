import { useMemo } from 'react';
import { cacheKeys } from '../keys.js';
import type { Workflow } from '../types.js';
import { idOf } from './ids.js';
import { useLive } from './live.js';
import { useIsSaving, useMutations } from './mutations.js';
import { deleting, onRow } from './overlays.js';
import type { ReadState } from './results.js';
import { useQuery, useRefresh } from './use-query.js';

export interface UseSharedWorkflowsResult extends ReadState {
  /** Ordered by creation. */
  workflows: Workflow[];
  /** Whether a write is in flight. */
  isSaving: boolean;
  /** Ends the user's membership. Optimistic; rolled back on failure. */
  leaveWorkflow: (workflowId: string) => Promise<void>;
  /** Asks the server. Never rejects; errors are in `error`. */
  refreshSharedWorkflows: () => Promise<void>;
}

const NONE: Workflow[] = [];

/** The maximum number of values in a Realtime filter. */
const MAX_LIVE_ROWS = 100;

/**
 * The workflows that other users share with a user, kept up to date. With an empty `userId` nothing is read.
 *
 * @example
 * ```tsx
 * function SharedWithMe({ userId }: { userId: string }) {
 *   const { workflows, loading, leaveWorkflow } = useSharedWorkflows(userId);
 *   if (loading && workflows.length === 0) return <p>Loading…</p>;
 *   return (
 *     <ul>
 *       {workflows.map((workflow) => (
 *         <li key={workflow.id}>
 *           {workflow.name} <button onClick={() => leaveWorkflow(workflow.id).catch(() => {})}>Leave</button>
 *         </li>
 *       ))}
 *     </ul>
 *   );
 * }
 * ```
 */
export function useSharedWorkflows(userId: string): UseSharedWorkflowsResult {
  userId = idOf(userId);
  const key = userId && cacheKeys.sharedWorkflows(userId);
  const [state, query] = useQuery<Workflow[]>({
    key,
    read: (db) => db.getSharedWorkflows(userId),
    show: (workflows, overlays) => overlays.rows('workflows', workflows),
  });
  const [writeError, mutations] = useMutations(key);
  const { data: workflows = NONE, loading, isFetching } = state;
  useLive('workflow_members', userId, state, state.error?.code !== 'MIGRATION_REQUIRED');
  const ids = workflows.slice(0, MAX_LIVE_ROWS).map(({ id }) => id);
  useLive('workflows', undefined, state, ids.length > 0, `id=in.(${ids.join(',')})`);

  const leaveWorkflow = useMemo(
    () => (workflowId: string) =>
      mutations.run((db) => db.leaveWorkflow(workflowId), onRow('workflows', workflowId, deleting)),
    [mutations],
  );
  const refreshSharedWorkflows = useRefresh([query], mutations);
  const isSaving = useIsSaving(mutations);
  const error = writeError ?? state.error;
  return useMemo(
    () => ({ workflows, loading, error, isFetching, isSaving, leaveWorkflow, refreshSharedWorkflows }),
    [workflows, loading, error, isFetching, isSaving, leaveWorkflow, refreshSharedWorkflows],
  );
}
