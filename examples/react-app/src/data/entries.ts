import {
  cacheKeys,
  type PaginatedResponse,
  type SavedTemplate,
  type UserProfile,
  type WorkflowExecution,
  type WorkflowFavorite,
  type WorkflowTemplate,
} from 'workflow-db/react';
import { useEntry, type Entry } from './useEntry';
import { useFollow } from './useFollow';

const MOST_RUNNING = 20;

export function useProfile(userId: string): Entry<UserProfile | null> {
  return useEntry(cacheKeys.userProfile(userId), (db) => db.getUserProfile(userId));
}

export function useFavorites(userId: string): Entry<WorkflowFavorite[]> {
  useFollow('workflow_favorites', userId);
  return useEntry(cacheKeys.favorites(userId), (db) => db.getFavorites(userId));
}

export function useTemplates(): Entry<WorkflowTemplate[]> {
  useFollow('workflow_templates');
  return useEntry(cacheKeys.templates(), (db) => db.getTemplates());
}

export function useSavedTemplates(userId: string): Entry<SavedTemplate[]> {
  useFollow('saved_templates', userId);
  return useEntry(cacheKeys.savedTemplates(userId), (db) => db.getSavedTemplates(userId));
}

/** The user's runs that are under way, of whichever workflow. */
export function useRunningExecutions(userId: string): Entry<PaginatedResponse<WorkflowExecution>> {
  useFollow('workflow_executions', userId);
  return useEntry(`executions:?user_id=${userId}&status=running&limit=${MOST_RUNNING}`, (db) =>
    db.getExecutionHistory({ userId, status: 'running', limit: MOST_RUNNING }),
  );
}
