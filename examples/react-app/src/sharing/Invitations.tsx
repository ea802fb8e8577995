import { useInvitations } from 'workflow-db/react';
import { InvitationItem } from './InvitationItem';

/** The invitations that the user has not answered; nothing without any. */
export function Invitations({ userId }: { userId: string }) {
  const { invitations, acceptInvitation, declineInvitation } = useInvitations(userId);
  if (invitations.length === 0) return null;
  return (
    <section className="card panel" aria-label="Invitations">
      <div className="card-head">
        <h2>Invitations</h2>
      </div>
      <ul>
        {invitations.map((invitation) => (
          <InvitationItem
            key={invitation.id}
            invitation={invitation}
            onAccept={() => acceptInvitation(invitation.id)}
            onDecline={() => declineInvitation(invitation.id)}
          />
        ))}
      </ul>
    </section>
  );
}
