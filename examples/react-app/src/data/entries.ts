import {
  cacheKeys,
  useEntry,
  type PaginatedResponse,
  type SavedTemplate,
  type UseEntryResult,
  type UserProfile,
  type WorkflowExecution,
  type WorkflowFavorite,
  type WorkflowTemplate,
} from 'workflow-db/react';

const MOST_RUNNING = 20;

/** Not live here, because `ConnectionIndicator` follows the profile on every page. */
export function useProfile(userId: string): UseEntryResult<UserProfile | null> {
  return useEntry(cacheKeys.userProfile(userId), (db) => db.getUserProfile(userId));
}

export function useFavorites(userId: string): UseEntryResult<WorkflowFavorite[]> {
  return useEntry(cacheKeys.favorites(userId), (db) => db.getFavorites(userId), {
    realtime: { table: 'workflow_favorites', scope: userId },
  });
}

export function useTemplates(): UseEntryResult<WorkflowTemplate[]> {
  return useEntry(cacheKeys.templates(), (db) => db.getTemplates(), {
    realtime: { table: 'workflow_templates' },
  });
}

export function useSavedTemplates(userId: string): UseEntryResult<SavedTemplate[]> {
  return useEntry(cacheKeys.savedTemplates(userId), (db) => db.getSavedTemplates(userId), {
    realtime: { table: 'saved_templates', scope: userId },
  });
}

/** The user's current runs of all workflows. */
export function useRunningExecutions(userId: string): UseEntryResult<PaginatedResponse<WorkflowExecution>> {
  return useEntry(
    `executions:?user_id=${userId}&status=running&limit=${MOST_RUNNING}`,
    (db) => db.getExecutionHistory({ userId, status: 'running', limit: MOST_RUNNING }),
    { realtime: { table: 'workflow_executions', scope: userId } },
  );
}
