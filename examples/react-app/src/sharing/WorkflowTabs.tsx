import { useInvitations } from 'workflow-db/react';
import { listHref, SHARED } from '../app/route';

interface Props {
  userId: string;
  current: 'own' | 'shared';
}

/** Switches between the user's own workflows and shared ones. Shows the number of open invitations. */
export function WorkflowTabs({ userId, current }: Props) {
  const { invitations } = useInvitations(userId);
  const count = invitations.length;
  return (
    <nav className="tabs" aria-label="Lists of workflows">
      <a href={listHref()} aria-current={current === 'own' ? 'page' : undefined}>
        My workflows
      </a>
      <a href={SHARED} aria-current={current === 'shared' ? 'page' : undefined}>
        Shared with me
        {count > 0 && (
          <span className="badge public">{count === 1 ? '1 invitation' : `${count} invitations`}</span>
        )}
      </a>
    </nav>
  );
}
