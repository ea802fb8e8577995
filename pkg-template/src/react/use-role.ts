import { userIdOf } from '../client.js';
import { cacheKeys } from '../keys.js';
import type { Workflow, WorkflowMember, WorkflowRole } from '../types.js';
import { useLive } from './live.js';
import { shownMembers } from './overlays.js';
import { useClient } from './provider.js';
import { useQuery } from './use-query.js';

/** The signed-in user's role, and whether it is known. Reads members only for other users' workflows. */
export function useRole(workflow: Workflow | null): { role: WorkflowRole | null; isKnown: boolean } {
  const client = useClient();
  const userId = workflow === null ? undefined : userIdOf(client);
  const isOwn = workflow?.user_id === userId;
  const workflowId = workflow === null || isOwn || userId === undefined ? '' : workflow.id;
  const [members] = useQuery<WorkflowMember[]>({
    key: workflowId && cacheKeys.workflowMembers(workflowId),
    // Fails in a database without members. The role is null then.
    read: (db) => db.getWorkflowMembers(workflowId),
    show: shownMembers,
  });
  useLive('workflow_members', workflowId && userId, members, members.error === null);
  if (userId === undefined) return { role: null, isKnown: true };
  if (isOwn) return { role: 'owner', isKnown: true };
  const member = members.data?.find(({ user_id }) => user_id === userId);
  return { role: member?.role ?? null, isKnown: members.data !== undefined || members.error !== null };
}
