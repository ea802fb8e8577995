import type { WorkflowInvitation } from 'workflow-db/react';
import { goTo, workflowHref } from '../app/route';
import { useTask } from '../toasts/useTask';
import { RelativeTime } from '../ui/RelativeTime';

interface Props {
  invitation: WorkflowInvitation;
  onAccept: () => Promise<unknown>;
  onDecline: () => Promise<unknown>;
}

/** Disappears as soon as the user answers. If that fails, it returns, and a toast says why. */
export function InvitationItem({ invitation, onAccept, onDecline }: Props) {
  const { workflow_id, workflow_name, role, inviter_name, created_at } = invitation;
  const accept = useTask(
    `The invitation to “${workflow_name}” was not accepted.`,
    async () => {
      await onAccept();
      goTo(workflowHref(workflow_id));
    },
    { done: `You are now ${role === 'editor' ? 'an editor' : 'a viewer'} of “${workflow_name}”.` },
  );
  const decline = useTask(`The invitation to “${workflow_name}” was not declined.`, onDecline);

  return (
    <li className="invitation">
      <div>
        <strong>{workflow_name}</strong>
        <p className="subtle">
          {inviter_name ?? 'Someone'} invites you as {role}, <RelativeTime timestamp={created_at} />
        </p>
      </div>
      <div className="invitation-actions">
        <button
          type="button"
          className="button small primary"
          aria-label={`Accept the invitation to ${workflow_name}`}
          onClick={() => void accept.run()}
        >
          Accept
        </button>
        <button
          type="button"
          className="button small"
          aria-label={`Decline the invitation to ${workflow_name}`}
          onClick={() => void decline.run()}
        >
          Decline
        </button>
      </div>
    </li>
  );
}
