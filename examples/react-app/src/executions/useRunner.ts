import { db, type WorkflowExecution, type WorkflowWithRelations } from 'workflow-db/react';
import { goTo, workflowHref } from '../app/route';
import { useTask, type Task } from '../toasts/useTask';
import { perform } from './run';

/** Starts a run of a workflow and shows it. The run continues when the user leaves the page. */
export function useRunner(userId: string, workflow: WorkflowWithRelations): Task<[]> {
  const { id, nodes, connections } = workflow;
  const go = useTask('The run was interrupted.', (execution: WorkflowExecution) =>
    perform(execution, nodes, connections),
  );
  return useTask('The run could not be started.', async () => {
    const execution = await db.createExecution({
      workflow_id: id,
      user_id: userId,
      node_count: nodes.length,
    });
    goTo(workflowHref(id, execution.id));
    void go.run(execution);
  });
}
