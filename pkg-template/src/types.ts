export type {
  ExecutionHistoryQuery,
  ExecutionNodeResult,
  ExecutionNodeResultPatch,
  ExecutionStatus,
  JsonObject,
  NewExecutionNodeResult,
  NewUserProfile,
  NewWorkflow,
  NewWorkflowConnection,
  NewWorkflowExecution,
  NewWorkflowNode,
  RetryConfig,
  Timestamp,
  UserProfile,
  UserProfilePatch,
  Uuid,
  Workflow,
  WorkflowConnection,
  WorkflowConnectionPatch,
  WorkflowExecution,
  WorkflowExecutionPatch,
  WorkflowNode,
  WorkflowNodePatch,
  WorkflowPatch,
  WorkflowQuery,
} from './generated/bindings.js';
import type { Workflow, WorkflowConnection, WorkflowNode } from './generated/bindings.js';

/** A workflow with everything on its canvas. */
export type WorkflowWithRelations = Workflow & { nodes: WorkflowNode[]; connections: WorkflowConnection[] };

/** A page of a list. */
export interface PaginatedResponse<T> {
  data: T[];
  /** How many rows match in all. */
  total: number;
  /** Counted from 0. */
  page: number;
  pageSize: number;
  /** Whether rows follow after this page. */
  hasMore: boolean;
}

/** An entry as the cache describes it. */
export interface CacheEntry<T> {
  data: T;
  /** When it was stored, in milliseconds since 1970. */
  timestamp: number;
  /** For how many milliseconds it answers. */
  ttl: number;
  isValid: boolean;
}

/** The outcome of a call as a value, for code that passes outcomes on. */
export interface ApiResponse<T> {
  success: boolean;
  data?: T;
  error?: { code: string; message: string };
}
