import { useState } from 'react';
import type { Workflow } from 'workflow-db/react';
import { workflowHref } from '../app/route';
import { useTask } from '../toasts/useTask';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { IconButton } from '../ui/IconButton';
import { RelativeTime } from '../ui/RelativeTime';
import { FavoriteButton } from '../workflows/FavoriteButton';

interface Props {
  userId: string;
  workflow: Workflow;
  isFavorite: boolean;
  onLeave: () => Promise<void>;
}

export function SharedRow({ userId, workflow, isFavorite, onLeave }: Props) {
  const { id, name, description, updated_at } = workflow;
  const [isLeaving, setIsLeaving] = useState(false);
  const leave = useTask(`You still take part in “${name}”.`, onLeave);

  return (
    <li className="workflow-row">
      <div className="workflow-row-text">
        <h2>
          <a href={workflowHref(id)}>{name}</a>
        </h2>
        {description !== null && <p className="subtle">{description}</p>}
      </div>
      <p className="workflow-row-time subtle">
        Changed <RelativeTime timestamp={updated_at} />
      </p>
      <div className="row-actions" role="group" aria-label={`Actions for ${name}`}>
        <FavoriteButton userId={userId} workflow={workflow} isFavorite={isFavorite} />
        <IconButton icon="signOut" label={`Leave ${name}`} onClick={() => setIsLeaving(true)} />
      </div>
      {isLeaving && (
        <ConfirmDialog
          title={`Leave “${name}”?`}
          confirmLabel="Leave workflow"
          onConfirm={() => {
            setIsLeaving(false);
            void leave.run();
          }}
          onClose={() => setIsLeaving(false)}
        >
          <p>To see it again, you need another invitation from its owner.</p>
        </ConfirmDialog>
      )}
    </li>
  );
}
