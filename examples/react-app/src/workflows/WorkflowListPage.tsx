import { useState } from 'react';
import type { Workflow } from 'workflow-db';
import { goTo, listHref } from '../app/route';
import { useWorkflows } from '../data/queries';
import { ErrorNote } from '../ui/ErrorNote';
import { Icon } from '../ui/Icon';
import { SkeletonRows } from '../ui/Skeleton';
import { useTitle } from '../ui/useTitle';
import { NewWorkflowDialog } from './NewWorkflowDialog';
import { NoWorkflows } from './NoWorkflows';
import { WorkflowRow } from './WorkflowRow';

interface Props {
  userId: string;
  showArchived: boolean;
}

export function WorkflowListPage({ userId, showArchived }: Props) {
  useTitle('Workflows');
  const { data: workflows, error, isFetching, refresh } = useWorkflows(userId, showArchived);
  const [search, setSearch] = useState('');
  const [isCreating, setIsCreating] = useState(false);
  const found = workflows?.filter((workflow) => matches(workflow, search));

  return (
    <div className="page">
      <div className="page-head">
        <div>
          <h1>Workflows</h1>
          <p className="subtle" aria-live="polite">
            {workflows !== undefined && workflows.length > 0 ? countText(workflows) : ' '}
          </p>
        </div>
        <button type="button" className="button primary" onClick={() => setIsCreating(true)}>
          <Icon name="plus" />
          New workflow
        </button>
      </div>

      <div className="list-tools">
        <label className="search">
          <Icon name="search" />
          <input
            type="search"
            aria-label="Search workflows"
            placeholder="Search by name or description"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </label>
        <label className="check">
          <input
            type="checkbox"
            checked={showArchived}
            onChange={(event) => goTo(listHref(event.target.checked))}
          />
          Show archived
        </label>
      </div>

      {error !== null && <ErrorNote error={error} onRetry={refresh} />}
      {found === undefined && isFetching && <SkeletonRows count={5} height={78} label="Loading workflows" />}
      {found !== undefined && found.length > 0 && (
        <ul className="workflow-list" aria-label="Workflows" aria-busy={isFetching}>
          {found.map((workflow) => (
            <WorkflowRow key={workflow.id} workflow={workflow} />
          ))}
        </ul>
      )}
      {found?.length === 0 && (
        <NoWorkflows
          search={workflows?.length === 0 ? '' : search}
          onClearSearch={() => setSearch('')}
          onCreate={() => setIsCreating(true)}
        />
      )}
      {isCreating && <NewWorkflowDialog userId={userId} onClose={() => setIsCreating(false)} />}
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
