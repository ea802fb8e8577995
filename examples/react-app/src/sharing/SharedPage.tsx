import { useSharedWorkflows } from 'workflow-db/react';
import { useFavorites } from '../data/entries';
import { EmptyState } from '../ui/EmptyState';
import { ReadError } from '../sync/ReadError';
import { SkeletonRows } from '../ui/Skeleton';
import { useTitle } from '../ui/useTitle';
import { Invitations } from './Invitations';
import { SharedRow } from './SharedRow';
import { WorkflowTabs } from './WorkflowTabs';

export function SharedPage({ userId }: { userId: string }) {
  useTitle('Shared with me');
  const { workflows, loading, error, leaveWorkflow, refreshSharedWorkflows } = useSharedWorkflows(userId);
  const favorites = useFavorites(userId);
  const starred = new Set(favorites.data?.map(({ workflow_id }) => workflow_id));

  return (
    <div className="page">
      <div className="page-head">
        <div>
          <h1>Shared with me</h1>
          <p className="subtle">Workflows of other people in which you take part.</p>
        </div>
      </div>
      <WorkflowTabs userId={userId} current="shared" />
      <Invitations userId={userId} />
      {error !== null && workflows.length === 0 && (
        <ReadError error={error} onRetry={() => void refreshSharedWorkflows()} />
      )}
      {loading && workflows.length === 0 && (
        <SkeletonRows count={3} height={78} label="Loading shared workflows" />
      )}
      {workflows.length > 0 && (
        <ul className="workflow-list" aria-label="Shared workflows" aria-busy={loading}>
          {workflows.map((workflow) => (
            <SharedRow
              key={workflow.id}
              userId={userId}
              workflow={workflow}
              isFavorite={starred.has(workflow.id)}
              onLeave={() => leaveWorkflow(workflow.id)}
            />
          ))}
        </ul>
      )}
      {workflows.length === 0 && !loading && error === null && (
        <EmptyState icon="share" title="Nothing is shared with you" level={2}>
          <p>When someone invites you to a workflow, you accept the invitation here.</p>
        </EmptyState>
      )}
    </div>
  );
}
