import { useMemo } from 'react';
import { cacheKeys } from '../keys.js';
import type { NewWorkflow, Workflow, WorkflowPatch } from '../types.js';
import { idOf } from './ids.js';
import { useLive } from './live.js';
import { useMutations } from './mutations.js';
import { archiving, deleting, onRow, patching } from './overlays.js';
import { useIsLive, type LiveOptions } from './provider.js';
import type { ReadState } from './results.js';
import { useQuery, useRefresh } from './use-query.js';

export interface UseWorkflowsOptions extends LiveOptions {
  /** Whether to include archived workflows; `false` by default. */
  includeArchived?: boolean | undefined;
}

type OwnWorkflow = Omit<NewWorkflow, 'user_id'> & { user_id?: string };

export interface UseWorkflowsResult extends ReadState {
  /** Most recently changed first; empty until they are read. */
  workflows: Workflow[];
  createWorkflow: (workflow: OwnWorkflow) => Promise<Workflow>;
  /** Optimistic; rolled back on failure. */
  updateWorkflow: (id: string, patch: WorkflowPatch) => Promise<Workflow>;
  /** Optimistic; rolled back on failure. */
  deleteWorkflow: (id: string) => Promise<void>;
  /** Optimistic; rolled back on failure. */
  archiveWorkflow: (id: string) => Promise<Workflow>;
  /** Asks the server. Never rejects; errors are in `error`. */
  refreshWorkflows: () => Promise<void>;
}

const NONE: Workflow[] = [];
const isInUse = (workflow: Workflow) => workflow.archived_at === null;

/**
 * A user's workflows, kept up to date with all writes. With an empty `userId` nothing is read.
 *
 * The functions that write return the row and reject on failure; `error` shows the failure too.
 *
 * @example
 * ```tsx
 * function WorkflowList({ userId }: { userId: string }) {
 *   const { workflows, loading, error, createWorkflow, archiveWorkflow, refreshWorkflows } = useWorkflows(userId);
 *   if (loading && workflows.length === 0) return <p>Loading…</p>;
 *   return (
 *     <>
 *       {error && <p role="alert">{error.message}</p>}
 *       <ul>
 *         {workflows.map((workflow) => (
 *           <li key={workflow.id}>
 *             {workflow.name} <button onClick={() => archiveWorkflow(workflow.id).catch(() => {})}>Archive</button>
 *           </li>
 *         ))}
 *       </ul>
 *       <button onClick={() => createWorkflow({ name: 'Untitled' }).catch(() => {})}>New</button>
 *       <button onClick={refreshWorkflows}>Refresh</button>
 *     </>
 *   );
 * }
 * ```
 */
export function useWorkflows(userId: string, options: UseWorkflowsOptions = {}): UseWorkflowsResult {
  userId = idOf(userId);
  const { includeArchived = false } = options;
  const base = userId && cacheKeys.workflows(userId);
  const [state, query] = useQuery<Workflow[]>(
    {
      key: base && includeArchived ? `${base}?archived=included` : base,
      subject: base,
      read: (db) => db.getWorkflows(userId, includeArchived),
      show: (workflows, overlays) => {
        const rows = overlays.rows('workflows', workflows);
        return includeArchived || rows.every(isInUse) ? rows : rows.filter(isInUse);
      },
    },
    options,
  );
  const [writeError, mutations] = useMutations(base);
  useLive('workflows', userId, state, useIsLive(options));

  const actions = useMemo(
    () => ({
      createWorkflow: (workflow: OwnWorkflow) => mutations.run((db) => db.createWorkflow(userId, workflow)),
      updateWorkflow: (id: string, patch: WorkflowPatch) =>
        mutations.run((db) => db.updateWorkflow(id, patch), onRow('workflows', id, patching(patch))),
      deleteWorkflow: (id: string) =>
        mutations.run((db) => db.deleteWorkflow(id), onRow('workflows', id, deleting)),
      archiveWorkflow: (id: string) =>
        mutations.run((db) => db.archiveWorkflow(id), onRow('workflows', id, archiving())),
    }),
    [mutations, userId],
  );
  const refreshWorkflows = useRefresh([query], mutations);
  const { data: workflows = NONE, loading, isFetching } = state;
  const error = writeError ?? state.error;
  return useMemo(
    () => ({ workflows, loading, error, isFetching, ...actions, refreshWorkflows }),
    [workflows, loading, error, isFetching, actions, refreshWorkflows],
  );
}
