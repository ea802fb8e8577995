import { useMemo } from 'react';
import { cacheKeys } from '../keys.js';
import type { Workflow, WorkflowPatch, WorkflowRole, WorkflowWithRelations } from '../types.js';
import { idOf } from './ids.js';
import { useLive } from './live.js';
import { useIsSaving, useMutations } from './mutations.js';
import { onRow, patching, shownRow } from './overlays.js';
import type { ReadState } from './results.js';
import { useQuery, useRefresh } from './use-query.js';
import { useRole } from './use-role.js';

export interface UseWorkflowResult extends ReadState {
  /** The workflow with its nodes and connections; null if there is none, or until it is read. */
  workflow: WorkflowWithRelations | null;
  /**
   * The signed-in user's role. Null while `loading`, and for a public workflow that is not shared with the user. In a database
   * without members, only owners have a role. The role in another user's workflow is read after the workflow, so that `loading`
   * may still be true when `workflow` is there.
   */
  role: WorkflowRole | null;
  /** Whether a write is in flight. */
  isSaving: boolean;
  /** Optimistic; rolled back on failure. */
  updateWorkflow: (patch: WorkflowPatch) => Promise<Workflow>;
  /** Asks the server. Never rejects; errors are in `error`. */
  refreshWorkflow: () => Promise<void>;
}

const show = shownRow<WorkflowWithRelations>('workflows');

/**
 * A workflow with its nodes and connections, and the user's role in it, kept up to date. With an empty `workflowId`
 * nothing is read.
 *
 * @example
 * ```tsx
 * function WorkflowTitle({ workflowId }: { workflowId: string }) {
 *   const { workflow, role, loading, isSaving, error, updateWorkflow } = useWorkflow(workflowId);
 *   if (loading && !workflow) return <p>Loading…</p>;
 *   if (!workflow) return <p>{error ? error.message : 'There is no such workflow.'}</p>;
 *   return (
 *     <h1>
 *       <input
 *         value={workflow.name}
 *         readOnly={role !== 'owner' && role !== 'editor'}
 *         onChange={(event) => updateWorkflow({ name: event.target.value }).catch(() => {})}
 *       />
 *       {workflow.nodes.length} steps {isSaving && 'Saving…'}
 *     </h1>
 *   );
 * }
 * ```
 */
export function useWorkflow(workflowId: string): UseWorkflowResult {
  workflowId = idOf(workflowId);
  const key = workflowId && cacheKeys.workflow(workflowId);
  const [state, query] = useQuery<WorkflowWithRelations | null>({
    key: key && `${key}?relations`,
    rowKey: key,
    read: (db) => db.getWorkflowWithRelations(workflowId),
    show,
  });
  const [writeError, mutations] = useMutations(key);
  useLive('workflows', workflowId, state);
  useLive('workflow_nodes', workflowId, state);
  useLive('workflow_connections', workflowId, state);

  const updateWorkflow = useMemo(
    () => (patch: WorkflowPatch) =>
      mutations.run(
        (db) => db.updateWorkflow(workflowId, patch),
        onRow('workflows', workflowId, patching(patch)),
      ),
    [mutations, workflowId],
  );
  const refreshWorkflow = useRefresh([query], mutations);
  const { data: workflow = null, isFetching } = state;
  const { role, isKnown } = useRole(workflow);
  const loading = state.loading || !isKnown;
  const isSaving = useIsSaving(mutations);
  const error = writeError ?? state.error;
  return useMemo(
    () => ({ workflow, role, loading, error, isFetching, isSaving, updateWorkflow, refreshWorkflow }),
    [workflow, role, loading, error, isFetching, isSaving, updateWorkflow, refreshWorkflow],
  );
}
