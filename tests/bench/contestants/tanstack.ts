import { QueryClient } from '@tanstack/query-core';
import type { Env } from './env.js';
import { childrenOf, listWorkflows, newSupabase, oneWorkflow } from './supabase.js';

/** TanStack Query in front of supabase-js. */
export function newTanstack(env: Env) {
  const supabase = newSupabase(env);
  const queryClient = new QueryClient();
  const fetch = <T>(queryKey: string[], queryFn: () => Promise<T>) =>
    queryClient.fetchQuery({ queryKey, queryFn, staleTime: Infinity });
  const getWorkflow = (id: string) => fetch(['workflow', id], () => oneWorkflow(supabase, id));
  const children = (table: string, id: string) => fetch([table, id], () => childrenOf(supabase, table, id));
  return {
    queryClient,
    getWorkflows: (userId: string) => fetch(['workflows', userId], () => listWorkflows(supabase, userId)),
    getWorkflow,
    async getWorkflowWithRelations(id: string) {
      const [workflow, nodes, connections] = await Promise.all([
        getWorkflow(id),
        children('workflow_nodes', id),
        children('workflow_connections', id),
      ]);
      return { ...workflow, nodes, connections };
    },
  };
}
