// Every hook as the app uses it, and uses that must not compile.
import { createElement, type MouseEvent, type ReactElement } from 'react';
import type * as base from 'workflow-db';
import {
  DatabaseError,
  WorkflowDbProvider,
  cacheKeys,
  createClient,
  useAccountSettings,
  useApiKey,
  useApiKeys,
  useAuditLogs,
  useAuditSummary,
  useBrandSettings,
  useEntry,
  useExecution,
  useExecutionHistory,
  useExecutionProgress,
  useRecentAuditActivity,
  useInvitations,
  useSharedWorkflows,
  useWorkflow,
  useWorkflowMembers,
  useWorkflows,
} from 'workflow-db/react';
import type {
  ApiKey,
  AuditLog,
  BrandSettings,
  EntryRows,
  ExecutionNodeResult,
  LiveOptions,
  PageActions,
  ReadState,
  RefetchOptions,
  UseAccountSettingsResult,
  UseApiKeyResult,
  UseApiKeysOptions,
  UseApiKeysResult,
  UseAuditLogsOptions,
  UseAuditLogsResult,
  UseAuditSummaryResult,
  UseBrandSettingsResult,
  UseEntryOptions,
  UseEntryResult,
  UseExecutionHistoryOptions,
  UseExecutionHistoryResult,
  UseExecutionOptions,
  UseExecutionProgressResult,
  UseExecutionResult,
  UseWorkflowResult,
  UseWorkflowsOptions,
  UseWorkflowsResult,
  UserProfile,
  Workflow,
  WorkflowDbProviderProps,
  WorkflowExecution,
  WorkflowFavorite,
  WorkflowInvitation,
  WorkflowMember,
  WorkflowNode,
  WorkflowRole,
  UseInvitationsResult,
  UseSharedWorkflowsResult,
  UseWorkflowMembersResult,
} from 'workflow-db/react';

export const isOne: base.DatabaseError = new DatabaseError('X', 'one class');

type Click = (event: MouseEvent) => unknown;

export function List({ userId }: { userId: string }): ReactElement {
  const options: UseWorkflowsOptions = { realtime: false, includeArchived: true, refetchOnFocus: true };
  const result: UseWorkflowsResult = useWorkflows(userId, options);
  const { workflows, createWorkflow, updateWorkflow, deleteWorkflow, archiveWorkflow, refreshWorkflows } =
    result;
  const create = async (workflow: Omit<Workflow, 'id' | 'created_at' | 'updated_at'>): Promise<Workflow> => {
    const made = await createWorkflow(workflow);
    await createWorkflow({ name: 'short' });
    const updated: Workflow = await updateWorkflow(made.id, { name: 'x', archived_at: null });
    const archived: Workflow = await archiveWorkflow(updated.id);
    const nothing: void = await deleteWorkflow(archived.id);
    // @ts-expect-error -- the name is missing
    await createWorkflow({});
    // @ts-expect-error -- no such column
    await updateWorkflow(made.id, { title: 'x' });
    return nothing ?? made;
  };
  const onClick: Click = refreshWorkflows;
  const state: ReadState = result;
  const message: string | undefined = state.error?.code;
  return createElement('ul', { onClick }, workflows.map(({ name }) => name).join(), message, create.name);
}

export function Canvas({ id }: { id: string }): WorkflowNode[] {
  const { workflow, isSaving, updateWorkflow, refreshWorkflow }: UseWorkflowResult = useWorkflow(id);
  const save = (): Promise<Workflow> => updateWorkflow({ description: isSaving ? null : 'x' });
  const onClick: Click = refreshWorkflow;
  void [save, onClick];
  // @ts-expect-error -- may be null
  return workflow.nodes;
}

export function Keys({ userId }: { userId: string }): string[] {
  const options: UseApiKeysOptions = { realtime: true };
  const all: UseApiKeysResult = useApiKeys(userId, options);
  const one: UseApiKeyResult = useApiKey(userId, 'openai');
  const save = async (key: Omit<ApiKey, 'id' | 'created_at' | 'updated_at'>): Promise<ApiKey[]> => {
    const made: ApiKey = await all.createApiKey(key);
    await all.createApiKey({ service_name: 'x', encrypted_key: 'y' });
    await all.deleteApiKey(made.id);
    await one.deleteApiKey();
    return [
      await all.updateApiKey(made.id, { is_active: false }),
      await one.updateApiKey({ gateway_type: null }),
    ];
  };
  const onClick: Click = all.refreshApiKeys;
  void [save, onClick, all.isSaving, one.isSaving, one.key?.is_active];
  return [all.getKeyByService('x')?.id ?? '', all.getMasterKey()?.id ?? '', ...all.keys.map(({ id }) => id)];
}

export function Audit({ userId, action }: { userId: string; action?: string | undefined }): AuditLog[] {
  const options: UseAuditLogsOptions = { pageSize: 10, resourceType: 'workflow', action };
  const result: UseAuditLogsResult = useAuditLogs(userId, options);
  const { logs, total, page, pageSize, hasMore, getLogsByAction, getLogsByResource, refreshLogs } = result;
  const recent: AuditLog[] = useRecentAuditActivity(userId, 5);
  const summary: UseAuditSummaryResult = useAuditSummary(userId);
  const actions: PageActions = result;
  actions.goToPage(page + 1);
  const clicks: Click[] = [actions.nextPage, actions.prevPage, refreshLogs];
  const numbers: number[] = [total, pageSize, summary.totalActions, summary.actionsByType.x ?? 0];
  void [clicks, numbers, hasMore, summary.lastActivityTime?.length];
  return [...logs, ...recent, ...summary.recentActions, ...getLogsByAction('x'), ...getLogsByResource('y')];
}

export function Runs({ workflowId, executionId }: { workflowId: string; executionId: string }): number {
  const options: UseExecutionHistoryOptions & UseExecutionOptions & LiveOptions = { realtime: false };
  const history: UseExecutionHistoryResult = useExecutionHistory(workflowId, options);
  const run: UseExecutionResult = useExecution(executionId, options);
  const progress: UseExecutionProgressResult = useExecutionProgress(executionId);
  const result: ExecutionNodeResult | undefined = run.getNodeResult('a');
  const failed: ExecutionNodeResult[] = run.getResultsByStatus('failed');
  const update = (): Promise<WorkflowExecution> => run.updateExecution({ status: 'completed' });
  // @ts-expect-error -- no such state
  run.getResultsByStatus('paused');
  const rows: WorkflowExecution[] = history.data;
  const clicks: Click[] = [history.refresh, run.refresh, history.nextPage];
  void [result, failed, update, rows, clicks, run.isUpdating, run.nodeResults, progress.execution?.status];
  const flags: boolean[] = [progress.isCompleted, progress.isFailed, progress.isRunning, history.hasMore];
  const { totalNodes, completedCount, failedCount, runningCount, progressPercent } = progress;
  return totalNodes + completedCount + failedCount + runningCount + progressPercent + flags.length;
}

export function Favorites({ userId }: { userId: string | undefined }): string[] {
  const rows: EntryRows = { table: 'workflow_favorites', scope: userId };
  const options: UseEntryOptions = { realtime: rows, refetchOnReconnect: true };
  const key = userId === undefined ? null : cacheKeys.favorites(userId);
  const result: UseEntryResult<WorkflowFavorite[]> = useEntry(
    key,
    (db) => db.getFavorites(userId ?? ''),
    options,
  );
  const { data: profile } = useEntry(cacheKeys.userProfile(userId ?? ''), (db) =>
    db.getUserProfile(userId ?? ''),
  );
  const known: UserProfile | null | undefined = profile;
  // @ts-expect-error -- may not have loaded yet
  known satisfies UserProfile | null;
  // @ts-expect-error -- no such table
  useEntry('x', () => Promise.resolve(1), { realtime: { table: 'favorites' } });
  // @ts-expect-error -- the function must return a promise
  useEntry('x', () => 1);
  const onClick: Click = result.refresh;
  void [onClick, result.loading, result.isFetching, result.error?.code];
  return result.data?.map(({ workflow_id }) => workflow_id) ?? [];
}

export function Sharing({ userId, workflowId }: { userId: string; workflowId: string }): string {
  const workflow: UseWorkflowResult = useWorkflow(workflowId);
  const role: WorkflowRole | null = workflow.role;
  const members: UseWorkflowMembersResult = useWorkflowMembers(workflowId);
  const invitations: UseInvitationsResult = useInvitations(userId);
  const shared: UseSharedWorkflowsResult = useSharedWorkflows(userId);
  const invite = (): Promise<WorkflowMember> =>
    members.inviteMember({ email: 'a@example.com', role: 'viewer' });
  const change = (id: string): Promise<WorkflowMember> => members.updateMember(id, { role: 'editor' });
  const remove = (id: string): Promise<void> => members.removeMember(id);
  const accept = (id: string): Promise<WorkflowMember> => invitations.acceptInvitation(id);
  const decline = (id: string): Promise<void> => invitations.declineInvitation(id);
  const leave = (id: string): Promise<void> => shared.leaveWorkflow(id);
  const clicks: Click[] = [
    members.refreshMembers,
    invitations.refreshInvitations,
    shared.refreshSharedWorkflows,
  ];
  const open: WorkflowInvitation[] = invitations.invitations;
  // @ts-expect-error -- no such role
  members.updateMember('x', { role: 'owner' });
  void [invite, change, remove, accept, decline, leave, clicks, members.isSaving, members.error?.code];
  return `${role} ${members.members.length} ${open.length} ${shared.workflows[0]?.name}`;
}

export function Settings({ userId }: { userId: string }): string {
  const brand: UseBrandSettingsResult = useBrandSettings(userId);
  const account: UseAccountSettingsResult = useAccountSettings(userId);
  const save = async (patch: Partial<BrandSettings>): Promise<BrandSettings> => {
    await account.updateAccountSettings({ theme: 'dark' });
    await account.resetAccountSettings();
    await brand.resetBrandSettings();
    return brand.updateBrandSettings(patch);
  };
  void [save, brand.isSaving, account.isSaving];
  return `${brand.settings?.font_family} ${account.settings?.theme}`;
}

const client = createClient({ url: 'https://x.example', key: 'sb_publishable_x' });

export function App(props: RefetchOptions): ReactElement {
  const all: WorkflowDbProviderProps = { client, refetchOnReconnect: true, realtime: true, ...props };
  return createElement(WorkflowDbProvider, all, createElement(List, { userId: 'x' }));
}
