import { useMemo } from 'react';
import { useWorkflows } from 'workflow-db/react';

/** The names of the user's workflows by their ids, archived ones too. */
export function useWorkflowNames(userId: string): ReadonlyMap<string, string> {
  const { workflows } = useWorkflows(userId, { includeArchived: true });
  return useMemo(() => new Map(workflows.map(({ id, name }) => [id, name])), [workflows]);
}
