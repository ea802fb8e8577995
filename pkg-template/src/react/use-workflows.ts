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
  /** Whether archived workflows are among them; not unless given. */
  includeArchived?: boolean | undefined;
}

type OwnWorkflow = Omit<NewWorkflow, 'user_id'> & { user_id?: string };

export interface UseWorkflowsResult extends ReadState {
  /** Last changed first; none until they are read. */
  workflows: Workflow[];
  createWorkflow: (workflow: OwnWorkflow) => Promise<Workflow>;
  /** Shown at once; taken back when it fails. */
  updateWorkflow: (id: string, patch: WorkflowPatch) => Promise<Workflow>;
  /** Shown at once; taken back when it fails. */
  deleteWorkflow: (id: string) => Promise<void>;
  /** Shown at once; taken back when it fails. */
  archiveWorkflow: (id: string) => Promise<Workflow>;
  /** Really asks. Never rejects: `error` tells. */
  refreshWorkflows: () => Promise<void>;
}

const NONE: Workflow[] = [];
const isInUse = (workflow: Workflow) => workflow.archived_at === null;

/**
 * A user's workflows, kept right by own writes and by everybody else's. An empty `userId` asks nothing.
 *
 * The functions that write answer the row, and reject when they fail; `error` tells of it too.
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
