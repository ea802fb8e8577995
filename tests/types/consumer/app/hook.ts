// The way in which the app's hooks and forms use the data layer, without React.
import { DatabaseError, cacheKeys, db, getCacheManager } from 'workflow-db';
import type { ExecutionNodeResult, Workflow, WorkflowExecution, WorkflowNode } from 'workflow-db';

declare function setError(error: DatabaseError | null): void;
declare function setWorkflows(next: Workflow[] | ((previous: Workflow[]) => Workflow[])): void;

export const useWorkflows = (userId: string) => {
  const load = async (): Promise<void> => {
    try {
      setWorkflows(await db.getWorkflows(userId));
      setError(null);
      // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in the app
    } catch (err: any) {
      setError(err instanceof DatabaseError ? err : new DatabaseError('UNKNOWN_ERROR', err.message, err));
    }
  };

  const createWorkflow = async (
    workflow: Omit<Workflow, 'id' | 'created_at' | 'updated_at'>,
  ): Promise<Workflow> => {
    const created = await db.createWorkflow(userId, workflow);
    setWorkflows((previous) => [created, ...previous]);
    return created;
  };

  const updateWorkflow = async (id: string, updates: Partial<Workflow>): Promise<Workflow> => {
    const updated = await db.updateWorkflow(id, updates);
    setWorkflows((previous) =>
      previous.map((workflow) => (workflow.id === id ? { ...workflow, ...updated } : workflow)),
    );
    return updated;
  };

  return { load, createWorkflow, updateWorkflow };
};

export async function saveForm(userId: string, id: string, name: string, description: string): Promise<void> {
  await db.createWorkflow(userId, { name, description });
  await db.createWorkflow(userId, { name, description, is_public: false });
  await db.updateWorkflow(id, { name });
  await db.updateWorkflow(id, { description: description || null });
}

export async function saveCanvas(
  workflowId: string,
  nodes: Omit<WorkflowNode, 'id' | 'created_at' | 'updated_at'>[],
): Promise<WorkflowNode[]> {
  return Promise.all(nodes.map((node) => db.createWorkflowNode({ ...node, workflow_id: workflowId })));
}

export async function runWorkflow(workflow: Workflow, nodes: WorkflowNode[]): Promise<WorkflowExecution> {
  const execution = await db.createExecution({
    workflow_id: workflow.id,
    user_id: workflow.user_id,
    status: 'running',
    started_at: new Date().toISOString(),
    node_count: nodes.length,
  });
  const started = Date.now();
  for (const node of nodes) {
    const result = await db.createExecutionResult({
      execution_id: execution.id,
      node_id: node.node_id,
      node_type: node.node_type,
      status: 'running',
      input_data: { ...node.config },
    });
    await db.updateExecutionResult(result.id, {
      status: 'completed',
      output_data: { url: node.config.url.toString() },
    });
  }
  return db.updateExecution(execution.id, {
    status: 'completed',
    completed_at: new Date().toISOString(),
    execution_time_ms: Date.now() - started,
  });
}

export function summary(results: ExecutionNodeResult[]): string {
  const failed = results.filter((result) => result.status === 'failed');
  return failed.map((result) => `${result.node_id}: ${result.error_message ?? 'unknown'}`).join('\n');
}

export function forget(userId: string): void {
  const cache = getCacheManager();
  cache.invalidate(cacheKeys.workflows(userId));
  cache.invalidatePattern(`^workflow:`);
  const cached = cache.get<Workflow[]>(cacheKeys.workflows(userId));
  console.log(cached?.length, cache.getStats().entries.length);
}
