// The way in which the app's hooks for keys, settings, logs and templates use the data layer, without React.
import { DatabaseError, cacheKeys, db, getCacheManager } from 'workflow-db';
import type {
  AccountSettings,
  ApiKey,
  AuditLog,
  AuditLogQuery,
  BatchWorkflowSave,
  BrandSettings,
  PaginatedResponse,
  Workflow,
  WorkflowConnection,
  WorkflowNode,
} from 'workflow-db';

declare function setKeys(next: (previous: ApiKey[]) => ApiKey[]): void;

export const useApiKeys = (userId: string) => {
  const createApiKey = async (key: Omit<ApiKey, 'id' | 'created_at' | 'updated_at'>): Promise<ApiKey> => {
    const created = await db.createApiKey(key);
    setKeys((previous) => [created, ...previous]);
    return created;
  };

  const updateApiKey = async (id: string, updates: Partial<ApiKey>): Promise<ApiKey> => {
    const updated = await db.updateApiKey(id, updates);
    setKeys((previous) => previous.map((key) => (key.id === id ? { ...key, ...updated } : key)));
    return updated;
  };

  const deleteApiKey = async (id: string): Promise<void> => {
    await db.deleteApiKey(id, userId);
    setKeys((previous) => previous.filter((key) => key.id !== id));
  };

  const getMasterKey = async (): Promise<ApiKey | undefined> =>
    (await db.getApiKeys(userId)).find((key) => key.is_master_key);

  return { createApiKey, updateApiKey, deleteApiKey, getMasterKey };
};

export async function saveSettings(
  userId: string,
  brand: Partial<BrandSettings>,
  account: Partial<Omit<AccountSettings, 'id' | 'user_id' | 'created_at' | 'updated_at'>>,
): Promise<[BrandSettings, AccountSettings]> {
  const saved = await Promise.all([
    db.upsertBrandSettings(userId, brand),
    db.upsertAccountSettings(userId, account),
  ]);
  getCacheManager().invalidate(cacheKeys.brandSettings(userId));
  return saved;
}

export async function loadLogs(
  userId: string,
  page: number,
  filters: { resourceType?: string; action?: string } = {},
): Promise<PaginatedResponse<AuditLog>> {
  const query: AuditLogQuery = { userId, limit: 50, offset: page * 50, ...filters };
  try {
    return await db.getAuditLogs(query);
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in the app
  } catch (err: any) {
    throw err instanceof DatabaseError ? err : new DatabaseError('UNKNOWN_ERROR', err.message, err);
  }
}

export const describeLog = (log: AuditLog): string =>
  `${log.action}: ${log.details?.changes?.name ?? log.details?.new?.name ?? log.resource_id}`;

export async function importWorkflows(
  workflows: (Workflow & { nodes: WorkflowNode[]; connections: WorkflowConnection[] })[],
): Promise<number> {
  const batch: BatchWorkflowSave = { workflows, overwrite: true };
  return (await db.batchSaveWorkflows(batch)).length;
}

export async function openTemplate(userId: string, templateId: string): Promise<string> {
  const template = await db.getTemplate(templateId);
  const labels = template?.workflow_data.nodes.map((node) => node.label ?? node.node_type) ?? [];
  const { id } = await db.createWorkflowFromTemplate(userId, templateId, template?.name);
  await db.addFavorite(userId, id);
  return `${id}: ${labels.join(', ')}`;
}
