import { useState } from 'react';
import { useWorkflows, type Workflow } from 'workflow-db/react';
import { useFavorites } from '../data/entries';
import { WorkflowTabs } from '../sharing/WorkflowTabs';
import { ReadError } from '../sync/ReadError';
import { Icon } from '../ui/Icon';
import { SkeletonRows } from '../ui/Skeleton';
import { useTitle } from '../ui/useTitle';
import { NewWorkflowDialog } from './NewWorkflowDialog';
import { NoWorkflows } from './NoWorkflows';
import { WorkflowFilters } from './WorkflowFilters';
import { WorkflowRow } from './WorkflowRow';

interface Props {
  userId: string;
  showArchived: boolean;
}

export function WorkflowListPage({ userId, showArchived }: Props) {
  useTitle('Workflows');
  const list = useWorkflows(userId, { includeArchived: showArchived });
  const { workflows, loading, error } = list;
  const favorites = useFavorites(userId);
  const [search, setSearch] = useState('');
  const [isCreating, setIsCreating] = useState(false);
  const isFirstRead = loading && workflows.length === 0;
  const starred = new Set(favorites.data?.map(({ workflow_id }) => workflow_id));
  const found = workflows.filter((workflow) => matches(workflow, search));

  return (
    <div className="page">
      <div className="page-head">
        <div>
          <h1>Workflows</h1>
          <p className="subtle" aria-live="polite">
            {workflows.length > 0 ? countText(workflows) : ' '}
          </p>
        </div>
        <button type="button" className="button primary" onClick={() => setIsCreating(true)}>
          <Icon name="plus" />
          New workflow
        </button>
      </div>

      <WorkflowTabs userId={userId} current="own" />
      <WorkflowFilters search={search} onSearch={setSearch} showArchived={showArchived} />
      {error !== null && workflows.length === 0 && (
        <ReadError error={error} onRetry={() => void list.refreshWorkflows()} />
      )}
      {favorites.error !== null && (
        <ReadError error={favorites.error} onRetry={() => void favorites.refresh()} />
      )}
      {isFirstRead && <SkeletonRows count={5} height={78} label="Loading workflows" />}
      {found.length > 0 && (
        <ul className="workflow-list" aria-label="Workflows" aria-busy={loading}>
          {found.map((workflow) => (
            <WorkflowRow
              key={workflow.id}
              workflow={workflow}
              isFavorite={starred.has(workflow.id)}
              list={list}
            />
          ))}
        </ul>
      )}
      {found.length === 0 && !loading && error === null && (
        <NoWorkflows
          search={workflows.length === 0 ? '' : search}
          onClearSearch={() => setSearch('')}
          onCreate={() => setIsCreating(true)}
        />
      )}
      {isCreating && (
        <NewWorkflowDialog onCreate={list.createWorkflow} onClose={() => setIsCreating(false)} />
      )}
    </div>
  );
}

function matches({ name, description }: Workflow, search: string): boolean {
  return `${name} ${description ?? ''}`.toLowerCase().includes(search.trim().toLowerCase());
}

function countText(workflows: Workflow[]): string {
  const archived = workflows.filter(({ archived_at }) => archived_at !== null).length;
  const active = workflows.length - archived;
  return archived === 0 ? `${active} in use` : `${active} in use, ${archived} archived`;
}
