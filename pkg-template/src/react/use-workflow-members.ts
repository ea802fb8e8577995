import { useMemo } from 'react';
import { cacheKeys } from '../keys.js';
import type { MemberRole, WorkflowMember } from '../types.js';
import { idOf } from './ids.js';
import { useLive } from './live.js';
import { useIsSaving, useMutations } from './mutations.js';
import { deleting, onRow, patching, shownMembers } from './overlays.js';
import type { ReadState } from './results.js';
import { useQuery, useRefresh } from './use-query.js';

export interface UseWorkflowMembersResult extends ReadState {
  /** The members and the people who are invited, whose `user_id` is null until they accept. */
  members: WorkflowMember[];
  /** Whether a write is in flight. */
  isSaving: boolean;
  /** Invites an email address, whether or not it has an account. */
  inviteMember: (invitation: { email: string; role: MemberRole }) => Promise<WorkflowMember>;
  /** Changes a role. Optimistic; rolled back on failure. */
  updateMember: (id: string, patch: { role: MemberRole }) => Promise<WorkflowMember>;
  /** Ends a membership, or withdraws an invitation. Optimistic; rolled back on failure. */
  removeMember: (id: string) => Promise<void>;
  /** Asks the server. Never rejects; errors are in `error`. */
  refreshMembers: () => Promise<void>;
}

const NONE: WorkflowMember[] = [];

/**
 * The members of a workflow, kept up to date. With an empty `workflowId` nothing is read.
 *
 * @example
 * ```tsx
 * function Members({ workflowId }: { workflowId: string }) {
 *   const { role } = useWorkflow(workflowId);
 *   const { members, error, removeMember } = useWorkflowMembers(workflowId);
 *   return (
 *     <>
 *       {error && <p role="alert">{error.message}</p>}
 *       <ul>
 *         {members.map((member) => (
 *           <li key={member.id}>
 *             {member.email}: {member.role} {member.user_id === null && '(invited)'}
 *             {role === 'owner' && (
 *               <button onClick={() => removeMember(member.id).catch(() => {})}>Remove</button>
 *             )}
 *           </li>
 *         ))}
 *       </ul>
 *     </>
 *   );
 * }
 * ```
 */
export function useWorkflowMembers(workflowId: string): UseWorkflowMembersResult {
  workflowId = idOf(workflowId);
  const key = workflowId && cacheKeys.workflowMembers(workflowId);
  const [state, query] = useQuery<WorkflowMember[]>({
    key,
    read: (db) => db.getWorkflowMembers(workflowId),
    show: shownMembers,
  });
  const [writeError, mutations] = useMutations(key);
  useLive('workflow_members', workflowId, state, state.error?.code !== 'MIGRATION_REQUIRED');

  const actions = useMemo(
    () => ({
      inviteMember: (invitation: { email: string; role: MemberRole }) =>
        mutations.run((db) => db.inviteToWorkflow(workflowId, invitation)),
      updateMember: (id: string, patch: { role: MemberRole }) =>
        mutations.run(
          (db) => db.updateWorkflowMember(id, patch),
          onRow('workflow_members', id, patching(patch)),
        ),
      removeMember: (id: string) =>
        mutations.run((db) => db.removeWorkflowMember(id), onRow('workflow_members', id, deleting)),
    }),
    [mutations, workflowId],
  );
  const refreshMembers = useRefresh([query], mutations);
  const { data: members = NONE, loading, isFetching } = state;
  const isSaving = useIsSaving(mutations);
  const error = writeError ?? state.error;
  return useMemo(
    () => ({ members, loading, error, isFetching, isSaving, ...actions, refreshMembers }),
    [members, loading, error, isFetching, isSaving, actions, refreshMembers],
  );
}
