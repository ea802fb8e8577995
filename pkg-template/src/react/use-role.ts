import { userIdOf } from '../client.js';
import { cacheKeys } from '../keys.js';
import type { Workflow, WorkflowMember, WorkflowRole } from '../types.js';
import { useLive } from './live.js';
import { shownMembers } from './overlays.js';
import { useClient } from './provider.js';
import { useQuery } from './use-query.js';

/** The signed-in user's role. Reads members only for other users' workflows. */
export function useRole(workflow: Workflow | null): WorkflowRole | null {
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
  if (userId === undefined) return null;
  if (isOwn) return 'owner';
  return members.data?.find((member) => member.user_id === userId)?.role ?? null;
}
