// The app's hooks for keys, logs, settings and runs, built on `db` and the realtime manager: state, effects, handlers.
import { useEffect, useState } from 'react';
import { DatabaseError, db, getRealtimeManager } from '@/lib/db';
import type {
  AccountSettings,
  ApiKey,
  AuditLog,
  BrandSettings,
  ExecutionNodeResult,
  RealtimeEventHandler,
  WorkflowExecution,
} from '@/lib/db';
import { applied } from './live-workflows';

/** Reads, then subscribes, like every hook below. */
function useFollowed(
  table: string,
  scopeId: string,
  load: () => Promise<void>,
  handler: RealtimeEventHandler,
  onError: (error: DatabaseError) => void = () => {},
) {
  useEffect(() => {
    if (!scopeId) return;
    load().catch((err) => {
      onError(err instanceof DatabaseError ? err : new DatabaseError('UNKNOWN_ERROR', 'Could not load', err));
    });
    const subscriptionId = getRealtimeManager().subscribe(table, scopeId, handler);
    return () => {
      getRealtimeManager()
        .unsubscribe(subscriptionId)
        .catch(() => {});
    };
  }, [table, scopeId]);
}

export function useApiKeys(userId: string) {
  const [keys, setKeys] = useState<ApiKey[]>([]);
  const [error, setError] = useState<DatabaseError | null>(null);
  useFollowed(
    'api_keys',
    userId,
    async () => setKeys(await db.getApiKeys(userId)),
    (event) => setKeys((prev) => applied(prev, event)),
    setError,
  );
  const addKey = async (service_name: string, encrypted_key: string) => {
    const created = await db.createApiKey({ user_id: userId, service_name, encrypted_key, is_active: true });
    setKeys((prev) => (prev.some((key) => key.id === created.id) ? prev : [...prev, created]));
    return created;
  };
  const removeKey = async (id: string) => {
    await db.deleteApiKey(id, userId);
    setKeys((prev) => prev.filter((key) => key.id !== id));
  };
  return { keys, error, addKey, removeKey };
}

export function useAuditLogs(userId: string, pageSize = 50) {
  const [logs, setLogs] = useState<AuditLog[]>([]);
  const [total, setTotal] = useState(0);
  useFollowed(
    'audit_logs',
    userId,
    async () => {
      const page = await db.getAuditLogs({ userId, limit: pageSize, offset: 0 });
      setLogs(page.data);
      setTotal(page.total);
    },
    (event) => {
      if (event.type !== 'INSERT') return;
      setLogs((prev) => [event.record as AuditLog, ...prev].slice(0, pageSize));
      setTotal((prev) => prev + 1);
    },
  );
  return { logs, total };
}

export function useBrandSettings(userId: string) {
  const [settings, setSettings] = useState<BrandSettings | null>(null);
  useFollowed(
    'brand_settings',
    userId,
    async () => setSettings(await db.getBrandSettings(userId)),
    (event) => setSettings(event.type === 'DELETE' ? null : event.record),
  );
  const save = async (updates: Partial<BrandSettings>) => {
    const saved = await db.upsertBrandSettings(userId, updates);
    setSettings(saved);
    return saved;
  };
  return { settings, save };
}

export function useAccountSettings(userId: string) {
  const [settings, setSettings] = useState<AccountSettings | null>(null);
  useFollowed(
    'account_settings',
    userId,
    async () => setSettings(await db.getAccountSettings(userId)),
    (event) => setSettings(event.type === 'DELETE' ? null : event.record),
  );
  return { settings };
}

export function useExecutionHistory(workflowId: string, pageSize = 20) {
  const [executions, setExecutions] = useState<WorkflowExecution[]>([]);
  useFollowed(
    'workflow_executions',
    workflowId,
    async () => setExecutions((await db.getExecutionHistory(workflowId, pageSize, 0)).data),
    (event) => setExecutions((prev) => applied(prev, event)),
  );
  return { executions };
}

export function useExecution(executionId: string) {
  const [execution, setExecution] = useState<WorkflowExecution | null>(null);
  const [results, setResults] = useState<ExecutionNodeResult[]>([]);
  useFollowed(
    'workflow_executions',
    executionId,
    async () => setExecution(await db.getExecution(executionId)),
    (event) => setExecution(event.type === 'DELETE' ? null : event.record),
  );
  useFollowed(
    'execution_node_results',
    executionId,
    async () => setResults(await db.getExecutionResults(executionId)),
    (event) => setResults((prev) => applied(prev, event)),
  );
  const completed = results.filter((result) => result.status === 'completed').length;
  const progress = execution?.node_count ? Math.round((completed / execution.node_count) * 100) : 0;
  return { execution, results, progress };
}
