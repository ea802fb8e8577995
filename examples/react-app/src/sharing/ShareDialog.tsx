import { useRef, useState } from 'react';
import { useWorkflowMembers, type MemberRole, type Workflow, type WorkflowMember } from 'workflow-db/react';
import { Dialog } from '../ui/Dialog';
import { ErrorNote } from '../ui/ErrorNote';
import { SkeletonRows } from '../ui/Skeleton';
import { InviteForm } from './InviteForm';
import { MemberRow } from './MemberRow';
import { ROLES } from './roles';

interface Props {
  userId: string;
  workflow: Workflow;
  isOwner: boolean;
  onClose: () => void;
}

/** The members of a workflow. The owner can invite people and change roles. */
export function ShareDialog({ userId, workflow, isOwner, onClose }: Props) {
  const { members, loading, error, ...list } = useWorkflowMembers(workflow.id);
  const rows = useRef<HTMLUListElement>(null);
  const [news, setNews] = useState('');

  const manage = ({ id, email }: WorkflowMember) => ({
    // `error` shows a failure.
    onRole: (role: MemberRole) => {
      list.updateMember(id, { role }).then(
        () => setNews(`${email}: ${ROLES[role]}.`),
        () => setNews(''),
      );
    },
    onRemove: () => {
      // The row and its button are about to disappear.
      rows.current?.focus();
      list.removeMember(id).then(
        () => setNews(`${email} is removed.`),
        () => setNews(''),
      );
    },
  });

  return (
    <Dialog title={`Share “${workflow.name}”`} onClose={onClose}>
      {isOwner && (
        <InviteForm
          onInvite={list.inviteMember}
          onInvited={(email) => setNews(`${email} is invited, and finds the invitation in this app.`)}
        />
      )}
      {error !== null && (
        <ErrorNote
          error={error}
          duplicate="This address is invited already."
          onRetry={() => void list.refreshMembers()}
        />
      )}
      {loading && members.length === 0 && <SkeletonRows count={2} height={48} label="Loading members" />}
      <ul className="member-list" aria-label="Members" ref={rows} tabIndex={-1}>
        {members.map((member) => (
          <MemberRow
            key={member.id}
            member={member}
            isMe={member.user_id === userId}
            manage={isOwner ? manage(member) : undefined}
          />
        ))}
      </ul>
      <p className="subtle" role="status">
        {news || (members.length === 0 && !loading && error === null ? 'Nobody else takes part yet.' : '')}
      </p>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Done
        </button>
      </div>
    </Dialog>
  );
}
