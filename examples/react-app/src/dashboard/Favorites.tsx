import type { Workflow } from 'workflow-db/react';
import { listHref, workflowHref } from '../app/route';
import { useFavorites } from '../data/entries';
import { EmptyState } from '../ui/EmptyState';
import { ReadError } from '../sync/ReadError';
import { RelativeTime } from '../ui/RelativeTime';
import { SkeletonRows } from '../ui/Skeleton';
import { FavoriteButton } from '../workflows/FavoriteButton';

interface Props {
  userId: string;
  workflows: readonly Workflow[];
  isLoading: boolean;
}

/** The favorite workflows that are not archived. */
export function Favorites({ userId, workflows, isLoading }: Props) {
  const { data: favorites, error, refresh } = useFavorites(userId);
  const starred = new Set(favorites?.map(({ workflow_id }) => workflow_id));
  const shown = workflows.filter(({ id }) => starred.has(id));
  const isKnown = favorites !== undefined && !isLoading;

  return (
    <section className="card panel" aria-label="Favorites">
      <div className="card-head">
        <h2>Favorites</h2>
      </div>
      {error !== null && <ReadError error={error} onRetry={() => void refresh()} />}
      {!isKnown && error === null && <SkeletonRows count={2} height={44} label="Loading favorites" />}
      {isKnown && shown.length === 0 && (
        <EmptyState icon="star" title="No favorites yet">
          <p>
            The star beside a workflow puts it here. <a href={listHref()}>To the workflows</a>
          </p>
        </EmptyState>
      )}
      <ul>
        {shown.map((workflow) => (
          <li key={workflow.id} className="favorite">
            <a href={workflowHref(workflow.id)}>{workflow.name}</a>
            <span className="subtle">
              <RelativeTime timestamp={workflow.updated_at} />
            </span>
            <FavoriteButton userId={userId} workflow={workflow} isFavorite />
          </li>
        ))}
      </ul>
    </section>
  );
}
