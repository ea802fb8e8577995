// The app's hooks for workflows and their parts, built on `db` and the realtime manager: state, effects, handlers.
import { useCallback, useEffect, useState } from 'react';
import { DatabaseError, db, getRealtimeManager } from '@/lib/db';
import type { RealtimeEvent, Workflow, WorkflowConnection, WorkflowNode } from '@/lib/db';

export function useWorkflows(userId: string) {
  const [workflows, setWorkflows] = useState<Workflow[]>([]);
  const [loading, setLoading] = useState(true);
  const [error, setError] = useState<DatabaseError | null>(null);

  const loadWorkflows = useCallback(async () => {
    if (!userId) return;
    try {
      setLoading(true);
      setWorkflows(await db.getWorkflows(userId));
      setError(null);
      // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in the app
    } catch (err: any) {
      setError(err instanceof DatabaseError ? err : new DatabaseError('UNKNOWN_ERROR', err.message, err));
    } finally {
      setLoading(false);
    }
  }, [userId]);

  useEffect(() => {
    void loadWorkflows();
  }, [loadWorkflows]);

  useEffect(() => {
    if (!userId) return;
    const realtime = getRealtimeManager();
    const subscriptionId = realtime.subscribe('workflows', userId, (event: RealtimeEvent) => {
      if (event.type === 'INSERT') {
        setWorkflows((prev) =>
          prev.some((w) => w.id === event.record.id) ? prev : [event.record as Workflow, ...prev],
        );
      } else if (event.type === 'UPDATE') {
        setWorkflows((prev) => prev.map((w) => (w.id === event.record.id ? { ...w, ...event.record } : w)));
      } else if (event.type === 'DELETE') {
        setWorkflows((prev) => prev.filter((w) => w.id !== event.record.id));
      }
    });
    return () => {
      realtime.unsubscribe(subscriptionId).catch(() => {});
    };
  }, [userId]);

  const createWorkflow = async (workflow: Pick<Workflow, 'name'> & Partial<Workflow>) => {
    const created = await db.createWorkflow(userId, workflow);
    setWorkflows((prev) => (prev.some((w) => w.id === created.id) ? prev : [created, ...prev]));
    return created;
  };

  const updateWorkflow = async (id: string, updates: Partial<Workflow>) => {
    try {
      const updated = await db.updateWorkflow(id, updates);
      setWorkflows((prev) => prev.map((w) => (w.id === id ? updated : w)));
      return updated;
    } catch (err) {
      const dbError =
        err instanceof DatabaseError ? err : new DatabaseError('UPDATE_FAILED', 'Could not update');
      setError(dbError);
      throw dbError;
    }
  };

  const deleteWorkflow = async (id: string) => {
    await db.deleteWorkflow(id);
    setWorkflows((prev) => prev.filter((w) => w.id !== id));
  };

  return {
    workflows,
    loading,
    error,
    createWorkflow,
    updateWorkflow,
    deleteWorkflow,
    refresh: loadWorkflows,
  };
}

export function useWorkflow(workflowId: string) {
  const [workflow, setWorkflow] = useState<Workflow | null>(null);
  const [nodes, setNodes] = useState<WorkflowNode[]>([]);
  const [connections, setConnections] = useState<WorkflowConnection[]>([]);
  const [loading, setLoading] = useState(true);
  const [error, setError] = useState<DatabaseError | null>(null);

  useEffect(() => {
    let isMounted = true;
    const load = async () => {
      try {
        const found = await db.getWorkflowWithRelations(workflowId);
        if (!found) throw new DatabaseError('NOT_FOUND', 'No such workflow');
        if (!isMounted) return;
        setWorkflow(found);
        setNodes(found.nodes);
        setConnections(found.connections);
      } catch (err) {
        if (isMounted) setError(err as DatabaseError);
      } finally {
        if (isMounted) setLoading(false);
      }
    };
    void load();

    const realtime = getRealtimeManager();
    const ids = [
      realtime.subscribe('workflows', workflowId, (event) => {
        setWorkflow(event.type === 'DELETE' ? null : event.record);
      }),
      realtime.subscribe('workflow_nodes', workflowId, (event) => {
        setNodes((prev) => applied(prev, event));
      }),
      realtime.subscribe('workflow_connections', workflowId, (event) => {
        setConnections((prev) => applied(prev, event));
      }),
    ];
    return () => {
      isMounted = false;
      ids.forEach((id) => {
        realtime.unsubscribe(id).catch(() => {});
      });
    };
  }, [workflowId]);

  return { workflow, nodes, connections, loading, error };
}

/** The list after a change. */
export function applied<T extends { id: string }>(rows: T[], event: RealtimeEvent): T[] {
  switch (event.type) {
    case 'INSERT':
      return rows.some((row) => row.id === event.record.id) ? rows : [...rows, event.record];
    case 'UPDATE':
      return rows.map((row) => (row.id === event.record.id ? event.record : row));
    case 'DELETE':
      return rows.filter((row) => row.id !== event.record.id);
    default:
      return rows;
  }
}
