import { useEffect, useRef } from 'react';
import type { WorkflowWithRelations } from 'workflow-db';
import { workflowHref } from '../app/route';
import { useExecution, useExecutionResults } from '../data/queries';
import { labelOf } from '../graph/layout';
import { EmptyState } from '../ui/EmptyState';
import { ErrorNote } from '../ui/ErrorNote';
import { Icon } from '../ui/Icon';
import { PendingButton } from '../ui/PendingButton';
import { SkeletonRows } from '../ui/Skeleton';
import { ExecutionSummary } from './ExecutionSummary';
import { NodeResult } from './NodeResult';

interface Props {
  executionId: string;
  workflow: WorkflowWithRelations;
  /** The page of the history to go back to. */
  page: number;
}

export function ExecutionDetails({ executionId, workflow, page }: Props) {
  const section = useRef<HTMLElement>(null);
  const execution = useExecution(executionId);
  const results = useExecutionResults(executionId);
  const labels = new Map(workflow.nodes.map((node) => [node.node_id, labelOf(node)]));
  const error = execution.error ?? results.error;
  const isFetching = execution.isFetching || results.isFetching;
  const isComplete = execution.data !== undefined && results.data !== undefined;
  const refresh = () => {
    execution.refresh();
    results.refresh();
  };

  // On narrow screens it opens below the history, out of sight.
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
          isPending={isComplete && isFetching}
          aria-label="Refresh run"
          title="Refresh"
          onClick={refresh}
        >
          <Icon name="refresh" />
        </PendingButton>
        <a className="icon-button" href={workflowHref(workflow.id, undefined, page)} aria-label="Close run">
          <Icon name="close" />
        </a>
      </div>
      {error !== null && <ErrorNote error={error} onRetry={refresh} />}
      {error === null && !isComplete && <SkeletonRows count={5} height={52} label="Loading the run" />}
      {execution.data === null && <EmptyState icon="search" title="This run is not there any more" />}
      {execution.data && results.data && (
        <>
          <ExecutionSummary execution={execution.data} results={results.data} />
          {results.data.length === 0 ? (
            <EmptyState icon="inbox" title="What its steps made was not kept" />
          ) : (
            <ol className="result-list" aria-label="Results of the steps">
              {results.data.map((result) => (
                <NodeResult
                  key={result.id}
                  result={result}
                  label={labels.get(result.node_id) ?? result.node_id}
                />
              ))}
            </ol>
          )}
        </>
      )}
    </section>
  );
}
