import { useState } from 'react';
import type { MemberRole, UseWorkflowMembersResult } from 'workflow-db/react';
import { PendingButton } from '../ui/PendingButton';
import { useAction } from '../ui/useAction';
import { RoleSelect } from './RoleSelect';

interface Props {
  onInvite: UseWorkflowMembersResult['inviteMember'];
  /** Called with the address once it is invited. */
  onInvited: (email: string) => void;
}

/** The dialog that contains it shows failures. */
export function InviteForm({ onInvite, onInvited }: Props) {
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<MemberRole>('editor');
  const invite = useAction(() => onInvite({ email: email.trim().toLowerCase(), role }));

  const submit = async () => {
    const member = await invite.run();
    if (member === undefined) return;
    setEmail('');
    onInvited(member.email);
  };

  return (
    <form
      className="invite-form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label className="field">
        <span>Email address</span>
        <input
          type="email"
          value={email}
          required
          autoComplete="off"
          placeholder="name@example.com"
          onChange={(event) => setEmail(event.target.value)}
        />
      </label>
      <RoleSelect label="Role" role={role} onChange={setRole} />
      <PendingButton type="submit" className="button primary" isPending={invite.isPending}>
        Invite
      </PendingButton>
    </form>
  );
}
