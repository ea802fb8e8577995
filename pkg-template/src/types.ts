export type * from './generated/rows.js';
import type {
  ApiKey,
  GatewayType,
  NewApiKey,
  NewWorkflow,
  NewWorkflowConnection,
  NewWorkflowNode,
  Workflow,
  WorkflowConnection,
  WorkflowNode,
} from './generated/rows.js';

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

/** A page of a list that grows while it is read: its neighbours are named by their place, not by their number. */
export interface CursorPage<T> {
  data: T[];
  /** How many rows match in all. */
  total: number;
  pageSize: number;
  /** Names the page after this one; null when there is none. */
  nextCursor: string | null;
  /** Names the page before this one; null when there is none. */
  prevCursor: string | null;
  /** Whether rows follow after this page. */
  hasMore: boolean;
}

/** An API key as it may be shown: its secret was not even asked for. */
export type ApiKeyPublic = Omit<ApiKey, 'encrypted_key'> & { encrypted_key: '[REDACTED]' };

/** Everything on a workflow's canvas. The workflow's id may be left out of the rows; what is there must be it. */
export interface WorkflowGraph {
  nodes: (Omit<NewWorkflowNode, 'workflow_id'> & { workflow_id?: string })[];
  connections: (Omit<NewWorkflowConnection, 'workflow_id'> & { workflow_id?: string })[];
}

/** Whole workflows to be saved together. */
export interface BatchWorkflowSave {
  workflows: WorkflowWithRelations[];
  /** Whether workflows that exist are replaced; a CONFLICT otherwise. */
  overwrite?: boolean;
}

/** The same, where what the database or the package can make may be left out. */
export interface NewWorkflowBatch {
  workflows: (NewWorkflow & WorkflowGraph)[];
  /** Whether workflows that exist are replaced; a CONFLICT otherwise. */
  overwrite?: boolean;
}

/** Whole API keys to be saved together. */
export interface BatchApiKeySave {
  keys: ApiKey[];
  /** Whether keys that exist are replaced; a CONFLICT otherwise. */
  overwrite?: boolean;
}

/** The same, where what the database or the package can make may be left out. */
export interface NewApiKeyBatch {
  keys: NewApiKey[];
  /** Whether keys that exist are replaced; a CONFLICT otherwise. */
  overwrite?: boolean;
}

/** What may be set with a stored API key. What is left out stays as it is, or begins with the database's default. */
export interface StoreApiKeyOptions {
  isMasterKey?: boolean;
  gatewayType?: GatewayType | null;
  gatewayEndpoint?: string | null;
  isActive?: boolean;
}

/** What a change depends on. */
export interface UpdateOptions {
  /** The row's `updated_at` as it was read: when it is another one by now, the change is refused with CONFLICT. */
  ifUpdatedAt?: string;
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
