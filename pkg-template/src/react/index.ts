'use client';

export * from '../index.js';
export type { OutboxActions, OutboxEntry, SyncState } from '../outbox.js';
export {
  WorkflowDbProvider,
  type LiveOptions,
  type RefetchOptions,
  type WorkflowDbProviderProps,
} from './provider.js';
export type { ReadState } from './results.js';
export { useAccountSettings, type UseAccountSettingsResult } from './use-account-settings.js';
export { useApiKey, type UseApiKeyResult } from './use-api-key.js';
export { useApiKeys, type UseApiKeysOptions, type UseApiKeysResult } from './use-api-keys.js';
export { useAuditLogs, type UseAuditLogsOptions, type UseAuditLogsResult } from './use-audit-logs.js';
export { useAuditSummary, type UseAuditSummaryResult } from './use-audit-summary.js';
export { useBrandSettings, type UseBrandSettingsResult } from './use-brand-settings.js';
export { useEntry, type EntryRows, type UseEntryOptions, type UseEntryResult } from './use-entry.js';
export { useExecution, type UseExecutionOptions, type UseExecutionResult } from './use-execution.js';
export {
  useExecutionHistory,
  type UseExecutionHistoryOptions,
  type UseExecutionHistoryResult,
} from './use-execution-history.js';
export { useExecutionProgress, type UseExecutionProgressResult } from './use-execution-progress.js';
export type { PageActions } from './use-pages.js';
export { useInvitations, type UseInvitationsResult } from './use-invitations.js';
export { useRecentAuditActivity } from './use-recent-audit-activity.js';
export { useRoom, type UseRoomResult } from './use-room.js';
export { useSharedWorkflows, type UseSharedWorkflowsResult } from './use-shared-workflows.js';
export { useSyncStatus, type UseSyncStatusResult } from './use-sync-status.js';
export { useWorkflow, type UseWorkflowResult } from './use-workflow.js';
export { useWorkflowMembers, type UseWorkflowMembersResult } from './use-workflow-members.js';
export { useWorkflows, type UseWorkflowsOptions, type UseWorkflowsResult } from './use-workflows.js';
