import { useMemo } from 'react';
import { useSharedWorkflows, useWorkflows } from 'workflow-db/react';

/** The names of the user's workflows by id, including archived ones and those of others. */
export function useWorkflowNames(userId: string): ReadonlyMap<string, string> {
  const { workflows } = useWorkflows(userId, { includeArchived: true });
  const { workflows: shared } = useSharedWorkflows(userId);
  return useMemo(
    () => new Map([...workflows, ...shared].map(({ id, name }) => [id, name])),
    [workflows, shared],
  );
}
