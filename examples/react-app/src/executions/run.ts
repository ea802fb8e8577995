import { db, type WorkflowConnection, type WorkflowExecution, type WorkflowNode } from 'workflow-db/react';

/** The duration of a simulated step. */
const FASTEST_STEP_MS = 500;
const SLOWEST_STEP_MS = 1100;

/**
 * Runs a workflow step by step and stores the progress, so that every window that shows the run sees it. The work is
 * simulated; a real app would call its services here. Finished steps are not repeated, so an interrupted run can be
 * resumed.
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
  for (const { node_id, node_type } of inOrder(nodes, connections)) {
    if (known.get(node_id)?.status === 'completed') continue;
    // The run may have been stopped, or the workflow deleted.
    if ((await fresh.getExecution(execution.id))?.status !== 'running') return;
    const startedAt = Date.now();
    const result =
      known.get(node_id) ??
      (await db.createExecutionResult({ execution_id: execution.id, node_id, node_type, status: 'running' }));
    await pause(FASTEST_STEP_MS + Math.random() * (SLOWEST_STEP_MS - FASTEST_STEP_MS));
    await db.updateExecutionResult(result.id, {
      status: 'completed',
      output_data: { made_by: node_type },
      api_call_count: 1,
      ...finished(startedAt),
    });
  }
  if ((await fresh.getExecution(execution.id))?.status !== 'running') return;
  const startedAt = Date.parse(`${execution.started_at}Z`);
  await db.updateExecution(execution.id, { status: 'completed', ...finished(startedAt) });
}

export async function stop(execution: WorkflowExecution): Promise<void> {
  await db.updateExecution(execution.id, {
    status: 'failed',
    error_message: 'Stopped before its end',
    ...finished(Date.parse(`${execution.started_at}Z`)),
  });
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

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
