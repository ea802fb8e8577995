import type { Workflow } from 'workflow-db/react';
import { queuedDb } from '../data/client';
import { useTask } from '../toasts/useTask';
import { Icon } from '../ui/Icon';
import { PendingButton } from '../ui/PendingButton';

interface Props {
  userId: string;
  workflow: Pick<Workflow, 'id' | 'name'>;
  isFavorite: boolean;
}

export function FavoriteButton({ userId, workflow, isFavorite }: Props) {
  const toggle = useTask('The favorite was not changed.', () =>
    isFavorite ? queuedDb().removeFavorite(userId, workflow.id) : queuedDb().addFavorite(userId, workflow.id),
  );
  return (
    <PendingButton
      className={isFavorite ? 'icon-button star on' : 'icon-button star'}
      isPending={toggle.isPending}
      aria-pressed={isFavorite}
      aria-label={`Favorite ${workflow.name}`}
      title={isFavorite ? 'Remove from favorites' : 'Add to favorites'}
      onClick={() => void toggle.run()}
    >
      <Icon name="star" />
    </PendingButton>
  );
}
