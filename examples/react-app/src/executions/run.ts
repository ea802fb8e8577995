import {
  db,
  type ExecutionNodeResult,
  type WorkflowConnection,
  type WorkflowExecution,
  type WorkflowNode,
} from 'workflow-db/react';
import { problemText } from '../data/problems';
import { labelOf } from '../graph/layout';
import { doStep } from './step';

/**
 * Runs a workflow step by step and stores the progress, so that every window that shows the run sees it. Finished
 * steps are not repeated, so an interrupted run can be resumed.
 */
export async function perform(
  execution: WorkflowExecution,
  nodes: readonly WorkflowNode[],
  connections: readonly WorkflowConnection[],
): Promise<void> {
  const fresh = db.with({ fresh: true });
  const known = new Map(
    (await fresh.getExecutionResults(execution.id)).map((result) => [result.node_id, result]),
  );
  for (const node of inOrder(nodes, connections)) {
    const { node_id, node_type } = node;
    if (known.get(node_id)?.status === 'completed') continue;
    // The run may have been stopped, or the workflow deleted.
    if ((await fresh.getExecution(execution.id))?.status !== 'running') return;
    const result =
      known.get(node_id) ??
      (await db.createExecutionResult({ execution_id: execution.id, node_id, node_type, status: 'running' }));
    const failure = await performStep(node, result);
    if (failure !== undefined) {
      await end(execution, { status: 'failed', error_message: `${labelOf(node)}: ${failure}` });
      return;
    }
  }
  if ((await fresh.getExecution(execution.id))?.status !== 'running') return;
  await end(execution, { status: 'completed' });
}

export async function stop(execution: WorkflowExecution): Promise<void> {
  await end(execution, { status: 'failed', error_message: 'Stopped before its end' });
}

/** Resolves to the reason if the step failed, otherwise to undefined. */
async function performStep(node: WorkflowNode, result: ExecutionNodeResult): Promise<string | undefined> {
  const startedAt = Date.now();
  try {
    const { output, calls } = await doStep(node, result.id);
    await db.updateExecutionResult(result.id, {
      status: 'completed',
      output_data: output,
      api_call_count: calls,
      ...finished(startedAt),
    });
    return undefined;
  } catch (error) {
    const failure = problemText(error);
    await db.updateExecutionResult(result.id, {
      status: 'failed',
      error_message: failure,
      ...finished(startedAt),
    });
    return failure;
  }
}

async function end(
  execution: WorkflowExecution,
  outcome: { status: 'completed' } | { status: 'failed'; error_message: string },
): Promise<void> {
  const startedAt = Date.parse(`${execution.started_at}Z`);
  await db.updateExecution(execution.id, { ...outcome, ...finished(startedAt) });
}

function finished(startedAt: number) {
  const now = Date.now();
  return {
    completed_at: new Date(now).toISOString(),
    execution_time_ms: Math.max(0, Math.round(now - startedAt)),
  };
}

/** The steps in topological order, as far as the connections contain no cycle. */
function inOrder(nodes: readonly WorkflowNode[], connections: readonly WorkflowConnection[]): WorkflowNode[] {
  const ordered: WorkflowNode[] = [];
  let waiting = [...nodes];
  while (waiting.length > 0) {
    const ids = new Set(waiting.map((node) => node.node_id));
    const isReady = (node: WorkflowNode) =>
      !connections.some(({ source_node_id, target_node_id }) => {
        return target_node_id === node.node_id && ids.has(source_node_id);
      });
    const ready = waiting.filter(isReady);
    const next = ready.length > 0 ? ready : waiting.slice(0, 1);
    ordered.push(...next);
    waiting = waiting.filter((node) => !next.includes(node));
  }
  return ordered;
}
