import { workflowHref } from '../app/route';
import { HISTORY_PAGE_SIZE, useExecutionHistory } from '../data/queries';
import { EmptyState } from '../ui/EmptyState';
import { ErrorNote } from '../ui/ErrorNote';
import { Icon } from '../ui/Icon';
import { PendingButton } from '../ui/PendingButton';
import { SkeletonRows } from '../ui/Skeleton';
import { ExecutionRow } from './ExecutionRow';
import { HistoryPager } from './HistoryPager';

interface Props {
  workflowId: string;
  page: number;
  /** The run that is open. */
  executionId: string | undefined;
}

export function ExecutionHistory({ workflowId, page, executionId }: Props) {
  const { data: history, error, isFetching, refresh } = useExecutionHistory(workflowId, page);
  const total = history?.total ?? 0;
  const pages = Math.max(1, Math.ceil(total / HISTORY_PAGE_SIZE));

  return (
    <section className="card history" aria-label="Runs">
      <div className="card-head">
        <h2>Runs {history !== undefined && <span className="count">{total}</span>}</h2>
        <PendingButton
          className="icon-button"
          isPending={history !== undefined && isFetching}
          aria-label="Refresh runs"
          title="Refresh"
          onClick={refresh}
        >
          <Icon name="refresh" />
        </PendingButton>
      </div>
      {error !== null && <ErrorNote error={error} onRetry={refresh} />}
      {history === undefined && isFetching && <SkeletonRows count={5} height={44} label="Loading runs" />}
      {history !== undefined && history.data.length > 0 && (
        <ul className="execution-list" aria-label="Runs on this page" aria-busy={isFetching}>
          {history.data.map((execution) => (
            <ExecutionRow
              key={execution.id}
              execution={execution}
              href={workflowHref(workflowId, execution.id, page)}
              isOpen={execution.id === executionId}
            />
          ))}
        </ul>
      )}
      {history?.data.length === 0 && (
        <EmptyState
          icon="clock"
          title={total === 0 ? 'It has not run yet' : 'There are no runs on this page'}
        />
      )}
      {history !== undefined && (pages > 1 || page > 1) && (
        <HistoryPager
          page={page}
          pages={pages}
          hrefOf={(other) => workflowHref(workflowId, executionId, other)}
        />
      )}
    </section>
  );
}
