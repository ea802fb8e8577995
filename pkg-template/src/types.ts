export type * from './generated/rows.js';
import type {
  ApiKey,
  GatewayType,
  MemberRole,
  NewApiKey,
  NewWorkflow,
  NewWorkflowConnection,
  NewWorkflowNode,
  Workflow,
  WorkflowConnection,
  WorkflowNode,
} from './generated/rows.js';

/** A workflow with its nodes and connections. */
export type WorkflowWithRelations = Workflow & { nodes: WorkflowNode[]; connections: WorkflowConnection[] };

/** A page of a list, selected by offset. */
export interface PaginatedResponse<T> {
  data: T[];
  /** The total number of matching rows. */
  total: number;
  /** Starts at 0. */
  page: number;
  pageSize: number;
  /** Whether there are further pages. */
  hasMore: boolean;
}

/** A page of a list, selected by cursor: stable even if the list grows while it is read. */
export interface CursorPage<T> {
  data: T[];
  /** The total number of matching rows. */
  total: number;
  pageSize: number;
  /** Selects the next page; null if there is none. */
  nextCursor: string | null;
  /** Selects the previous page; null if there is none. */
  prevCursor: string | null;
  /** Whether there are further pages. */
  hasMore: boolean;
}

/** An API key without its secret, which was not requested from the server either. */
export type ApiKeyPublic = Omit<ApiKey, 'encrypted_key'> & { encrypted_key: '[REDACTED]' };

/** What a user may do with a workflow. */
export type WorkflowRole = 'owner' | MemberRole;

/** An invitation, as the invited user sees it. */
export interface WorkflowInvitation {
  /** The id of the row in `workflow_members`. */
  id: string;
  workflow_id: string;
  workflow_name: string;
  /** The role that accepting grants. */
  role: MemberRole;
  invited_by: string;
  inviter_name: string | null;
  created_at: string;
}

/** The nodes and connections of a workflow. The workflow's id is optional in the rows, but must match. */
export interface WorkflowGraph {
  nodes: (Omit<NewWorkflowNode, 'workflow_id'> & { workflow_id?: string })[];
  connections: (Omit<NewWorkflowConnection, 'workflow_id'> & { workflow_id?: string })[];
}

/**
 * A field that two sides changed to different values, or a row that one side deleted and the other side changed or connected.
 * A missing version, such as that of a deleted row, is left out; `null` is a value.
 */
export type GraphConflict = (
  { node_id: string; connection_id?: never } | { connection_id: string; node_id?: never }
) & {
  /**
   * The path from the row to the field, such as `['label']` or `['config', 'model', 'name']`; empty for the row itself. The path
   * of a position is `['position']`, and its versions contain `position_x` and `position_y`.
   */
  path: string[];
  /** The original version. */
  base?: unknown;
  /** The version of the other client. */
  theirs?: unknown;
  /** The version of this client. */
  mine?: unknown;
};

/** Complete workflows to save together. */
export interface BatchWorkflowSave {
  workflows: WorkflowWithRelations[];
  /** Whether to replace existing workflows; otherwise they cause a CONFLICT. */
  overwrite?: boolean;
}

/** Like `BatchWorkflowSave`, without the columns that the database or the package can fill. */
export interface NewWorkflowBatch {
  workflows: (NewWorkflow & WorkflowGraph)[];
  /** Whether to replace existing workflows; otherwise they cause a CONFLICT. */
  overwrite?: boolean;
}

/** Complete API keys to save together. */
export interface BatchApiKeySave {
  keys: ApiKey[];
  /** Whether to replace existing keys; otherwise they cause a CONFLICT. */
  overwrite?: boolean;
}

/** Like `BatchApiKeySave`, without the columns that the database or the package can fill. */
export interface NewApiKeyBatch {
  keys: NewApiKey[];
  /** Whether to replace existing keys; otherwise they cause a CONFLICT. */
  overwrite?: boolean;
}

/** Further columns of a stored API key. Omitted columns stay unchanged, or get the database's defaults. */
export interface StoreApiKeyOptions {
  isMasterKey?: boolean;
  gatewayType?: GatewayType | null;
  gatewayEndpoint?: string | null;
  isActive?: boolean;
}

/** Conditions for a change. */
export interface UpdateOptions {
  /** The row's `updated_at` when it was read. If it has changed since, the write is refused with CONFLICT. */
  ifUpdatedAt?: string;
}

/** The condition of a graph's save: `ifUpdatedAt`, `base`, or none. */
export type SaveGraphOptions =
  | (UpdateOptions & { base?: never })
  | {
      ifUpdatedAt?: never;
      /**
       * The graph that the edit started from, as it was read. Concurrent saves are merged with the edit; without
       * `base`, the save replaces them.
       */
      base?: WorkflowGraph;
    };

/** A cache entry's description. */
export interface CacheEntry<T> {
  data: T;
  /** When it was stored, in milliseconds since 1970. */
  timestamp: number;
  /** Its lifetime in milliseconds. */
  ttl: number;
  isValid: boolean;
}

/** The result of a call as a value, for code that passes results on. */
export interface ApiResponse<T> {
  success: boolean;
  data?: T;
  error?: { code: string; message: string };
}
