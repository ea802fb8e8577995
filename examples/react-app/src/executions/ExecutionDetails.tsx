import { useEffect, useRef } from 'react';
import { useExecution, type WorkflowWithRelations } from 'workflow-db/react';
import { workflowHref } from '../app/route';
import { labelOf } from '../graph/layout';
import { EmptyState } from '../ui/EmptyState';
import { ReadError } from '../sync/ReadError';
import { Icon } from '../ui/Icon';
import { PendingButton } from '../ui/PendingButton';
import { SkeletonRows } from '../ui/Skeleton';
import { ExecutionSummary } from './ExecutionSummary';
import { NodeResult } from './NodeResult';

interface Props {
  userId: string;
  executionId: string;
  workflow: WorkflowWithRelations;
}

export function ExecutionDetails({ userId, executionId, workflow }: Props) {
  const section = useRef<HTMLElement>(null);
  const { execution, nodeResults, loading, isFetching, error, refresh } = useExecution(executionId);
  const labels = new Map(workflow.nodes.map((node) => [node.node_id, labelOf(node)]));

  // On narrow screens it opens below the history, out of view.
  useEffect(() => {
    const top = section.current?.getBoundingClientRect().top ?? 0;
    if (top > window.innerHeight * 0.75) section.current?.scrollIntoView();
  }, []);

  return (
    <section className="card details" aria-label="Run" ref={section}>
      <div className="card-head">
        <h2>Run</h2>
        <PendingButton
          className="icon-button"
          isPending={execution !== null && isFetching}
          aria-label="Refresh run"
          title="Refresh"
          onClick={() => void refresh()}
        >
          <Icon name="refresh" />
        </PendingButton>
        <a className="icon-button" href={workflowHref(workflow.id)} aria-label="Close run">
          <Icon name="close" />
        </a>
      </div>
      {error !== null && <ReadError error={error} onRetry={() => void refresh()} />}
      {execution === null && loading && <SkeletonRows count={5} height={52} label="Loading the run" />}
      {execution === null && !loading && error === null && (
        <EmptyState icon="search" title="This run no longer exists" />
      )}
      {execution !== null && (
        <>
          <ExecutionSummary userId={userId} execution={execution} results={nodeResults} />
          {nodeResults.length === 0 && execution.status !== 'running' && !loading && (
            <EmptyState icon="inbox" title="What its steps made was not kept" />
          )}
          <ol className="result-list" aria-label="Results of the steps">
            {nodeResults.map((result) => (
              <NodeResult
                key={result.id}
                result={result}
                label={labels.get(result.node_id) ?? result.node_id}
              />
            ))}
          </ol>
        </>
      )}
    </section>
  );
}
