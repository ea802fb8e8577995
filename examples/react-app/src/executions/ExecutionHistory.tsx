import { useExecutionHistory } from 'workflow-db/react';
import { workflowHref } from '../app/route';
import { EmptyState } from '../ui/EmptyState';
import { ReadError } from '../sync/ReadError';
import { Icon } from '../ui/Icon';
import { Pager } from '../ui/Pager';
import { PendingButton } from '../ui/PendingButton';
import { SkeletonRows } from '../ui/Skeleton';
import { ExecutionRow } from './ExecutionRow';

const PAGE_SIZE = 10;

interface Props {
  workflowId: string;
  /** The selected run. */
  executionId: string | undefined;
}

export function ExecutionHistory({ workflowId, executionId }: Props) {
  const history = useExecutionHistory(workflowId, { pageSize: PAGE_SIZE });
  const { data, total, page, loading, isFetching, error } = history;
  const pages = Math.ceil(total / PAGE_SIZE);
  const isFirstRead = loading && data.length === 0;

  return (
    <section className="card history" aria-label="Runs">
      <div className="card-head">
        <h2>Runs {!isFirstRead && error === null && <span className="count">{total}</span>}</h2>
        <PendingButton
          className="icon-button"
          isPending={!isFirstRead && isFetching}
          aria-label="Refresh runs"
          title="Refresh"
          onClick={() => void history.refresh()}
        >
          <Icon name="refresh" />
        </PendingButton>
      </div>
      {error !== null && <ReadError error={error} onRetry={() => void history.refresh()} />}
      {isFirstRead && <SkeletonRows count={5} height={44} label="Loading runs" />}
      {data.length > 0 && (
        <ul className="execution-list" aria-label="Runs on this page" aria-busy={loading}>
          {data.map((execution) => (
            <ExecutionRow
              key={execution.id}
              execution={execution}
              href={workflowHref(workflowId, execution.id)}
              isOpen={execution.id === executionId}
            />
          ))}
        </ul>
      )}
      {data.length === 0 && !loading && error === null && (
        <EmptyState
          icon="clock"
          title={total === 0 ? 'It has not run yet' : 'There are no runs on this page'}
        />
      )}
      {(pages > 1 || page > 0) && (
        <Pager of="runs" page={page} pages={pages} onPrevious={history.prevPage} onNext={history.nextPage} />
      )}
    </section>
  );
}
