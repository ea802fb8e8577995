import {
  cacheKeys,
  type ExecutionNodeResult,
  type PaginatedResponse,
  type UserProfile,
  type Workflow,
  type WorkflowExecution,
  type WorkflowWithRelations,
} from 'workflow-db';
import { useQuery, type Query } from './useQuery';

export const HISTORY_PAGE_SIZE = 10;

export function useProfile(userId: string): Query<UserProfile | null> {
  return useQuery([cacheKeys.userProfile(userId)], (db) => db.getUserProfile(userId));
}

export function useWorkflows(userId: string, includeArchived: boolean): Query<Workflow[]> {
  const key = cacheKeys.workflows(userId);
  return useQuery(
    [includeArchived ? `${key}?archived=included` : key],
    (db) => db.getWorkflows(userId, includeArchived),
    { keepPrevious: true },
  );
}

export function useWorkflow(id: string): Query<WorkflowWithRelations | null> {
  const keys = [cacheKeys.workflow(id), cacheKeys.workflowNodes(id), cacheKeys.workflowConnections(id)];
  return useQuery(keys, (db) => db.getWorkflowWithRelations(id));
}

/** `page` counts from 1. Always asks the server: runs come and go without this page's doing. */
export function useExecutionHistory(
  workflowId: string,
  page: number,
): Query<PaginatedResponse<WorkflowExecution>> {
  const offset = (page - 1) * HISTORY_PAGE_SIZE;
  const variant = offset === 0 ? '' : `&offset=${offset}`;
  return useQuery(
    [`${cacheKeys.executions(workflowId)}?limit=${HISTORY_PAGE_SIZE}${variant}`],
    (db) => db.getExecutionHistory(workflowId, HISTORY_PAGE_SIZE, offset),
    { keepPrevious: true },
  );
}

export function useExecution(id: string): Query<WorkflowExecution | null> {
  return useQuery([cacheKeys.execution(id)], (db) => db.getExecution(id));
}

export function useExecutionResults(executionId: string): Query<ExecutionNodeResult[]> {
  return useQuery([cacheKeys.executionResults(executionId)], (db) => db.getExecutionResults(executionId));
}
