import type { MemberRole, WorkflowMember } from 'workflow-db/react';
import { Avatar } from '../ui/Avatar';
import { IconButton } from '../ui/IconButton';
import { RoleSelect } from './RoleSelect';
import { ROLES } from './roles';

interface Props {
  member: WorkflowMember;
  isMe: boolean;
  /** Undefined for those who may not change it. */
  manage: { onRole: (role: MemberRole) => void; onRemove: () => void } | undefined;
}

export function MemberRow({ member: { email, role, user_id }, isMe, manage }: Props) {
  return (
    <li className="member-row">
      <Avatar name={email} />
      <span className="member-text">
        {email}
        <small>{isMe ? 'You' : user_id === null ? 'Invited' : 'Member'}</small>
      </span>
      {manage === undefined ? (
        <span className="badge">{ROLES[role]}</span>
      ) : (
        <>
          <RoleSelect label={`Role of ${email}`} role={role} onChange={manage.onRole} />
          <IconButton icon="close" label={`Remove ${email}`} onClick={manage.onRemove} />
        </>
      )}
    </li>
  );
}
