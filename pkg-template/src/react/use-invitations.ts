import { useMemo } from 'react';
import { cacheKeys } from '../keys.js';
import type { UserProfile, WorkflowInvitation, WorkflowMember } from '../types.js';
import { idOf } from './ids.js';
import { useLive } from './live.js';
import { useIsSaving, useMutations } from './mutations.js';
import { deleting, onRow, shownRow } from './overlays.js';
import type { ReadState } from './results.js';
import { useQuery, useRefresh } from './use-query.js';

export interface UseInvitationsResult extends ReadState {
  /** The open invitations. */
  invitations: WorkflowInvitation[];
  /** Whether a write is in flight. */
  isSaving: boolean;
  /** Makes the user a member. Optimistic; rolled back on failure. */
  acceptInvitation: (id: string) => Promise<WorkflowMember>;
  /** Optimistic; rolled back on failure. */
  declineInvitation: (id: string) => Promise<void>;
  /** Asks the server. Never rejects; errors are in `error`. */
  refreshInvitations: () => Promise<void>;
}

const NONE: WorkflowInvitation[] = [];

const showProfile = shownRow<UserProfile>('user_profiles');

/**
 * The open invitations to the signed-in user, kept up to date. `userId` is that user's id. With an empty one nothing is
 * read.
 *
 * @example
 * ```tsx
 * function Invitations({ userId }: { userId: string }) {
 *   const { invitations, isSaving, acceptInvitation, declineInvitation } = useInvitations(userId);
 *   return (
 *     <ul>
 *       {invitations.map(({ id, workflow_name, inviter_name, role }) => (
 *         <li key={id}>
 *           {inviter_name ?? 'Someone'} invites you to {workflow_name} as {role}.
 *           <button disabled={isSaving} onClick={() => acceptInvitation(id).catch(() => {})}>Accept</button>
 *           <button disabled={isSaving} onClick={() => declineInvitation(id).catch(() => {})}>Decline</button>
 *         </li>
 *       ))}
 *     </ul>
 *   );
 * }
 * ```
 */
export function useInvitations(userId: string): UseInvitationsResult {
  userId = idOf(userId);
  const key = userId && cacheKeys.invitations(userId);
  const [state, query] = useQuery<WorkflowInvitation[]>({
    key,
    read: (db) => db.getInvitations(),
    // An invitation has the id of its row of workflow_members.
    show: (invitations, overlays) => overlays.rows('workflow_members', invitations),
  });
  const [profile] = useQuery<UserProfile | null>({
    key: userId && cacheKeys.userProfile(userId),
    read: (db) => db.getUserProfile(userId),
    show: showProfile,
  });
  const [writeError, mutations] = useMutations(key);
  // Invitations name an address, not a user.
  const address = profile.data?.email.toLowerCase();
  const isLive = address !== undefined && state.error?.code !== 'MIGRATION_REQUIRED';
  useLive('workflow_members', undefined, state, isLive, `email=eq.${address}`);

  const actions = useMemo(
    () => ({
      acceptInvitation: (id: string) =>
        mutations.run((db) => db.acceptInvitation(id), onRow('workflow_members', id, deleting)),
      declineInvitation: (id: string) =>
        mutations.run((db) => db.declineInvitation(id), onRow('workflow_members', id, deleting)),
    }),
    [mutations],
  );
  const refreshInvitations = useRefresh([query], mutations);
  const { data: invitations = NONE, loading, isFetching } = state;
  const isSaving = useIsSaving(mutations);
  const error = writeError ?? state.error;
  return useMemo(
    () => ({ invitations, loading, error, isFetching, isSaving, ...actions, refreshInvitations }),
    [invitations, loading, error, isFetching, isSaving, actions, refreshInvitations],
  );
}
