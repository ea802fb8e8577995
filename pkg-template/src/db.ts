import type { Front } from './front.js';
import type { Client } from './generated/bindings.js';
import { cacheKeys } from './keys.js';
import type { CallOptions } from './options.js';
import type {
  ExecutionHistoryQuery,
  ExecutionNodeResult,
  ExecutionNodeResultPatch,
  NewExecutionNodeResult,
  NewWorkflow,
  NewWorkflowConnection,
  NewWorkflowExecution,
  NewWorkflowNode,
  PaginatedResponse,
  UserProfile,
  UserProfilePatch,
  Workflow,
  WorkflowConnection,
  WorkflowConnectionPatch,
  WorkflowExecution,
  WorkflowExecutionPatch,
  WorkflowNode,
  WorkflowNodePatch,
  WorkflowPatch,
  WorkflowQuery,
  WorkflowWithRelations,
} from './types.js';

/**
 * Every function of the database.
 *
 * Each may reject with INVALID_INPUT (an argument was refused, nothing was sent), NOT_CONFIGURED, ABORTED, the server's
 * own code for what a retry would not mend, or RETRY_EXHAUSTED. Rows are shared with the cache: copy before changing.
 */
export interface DbFunctions {
  /** A user's workflows that are not archived, last changed first. All of them, however many. */
  getWorkflows(userId: string, includeArchived?: boolean): Promise<Workflow[]>;
  /** A user's workflows, ordered and cut as the query says. */
  getWorkflows(query: WorkflowQuery): Promise<Workflow[]>;
  /** A workflow, or null when there is none that the user may see. Asked together with others of the same tick. */
  getWorkflow(id: string): Promise<Workflow | null>;
  /** A workflow with its nodes and connections, in one request; also answers the reads of these three. */
  getWorkflowWithRelations(id: string): Promise<WorkflowWithRelations | null>;
  /** Creates a workflow. Rejects with 23505 when the user has one of that name. */
  createWorkflow(
    userId: string,
    workflow: Omit<NewWorkflow, 'user_id'> & { user_id?: string },
  ): Promise<Workflow>;
  /** Changes a workflow. Rejects with NOT_FOUND when there is none that the user may change. */
  updateWorkflow(id: string, patch: WorkflowPatch): Promise<Workflow>;
  /** Sets `archived_at` to the database's time. Rejects with NOT_FOUND. */
  archiveWorkflow(id: string): Promise<Workflow>;
  /** Deletes a workflow with all that belongs to it. Rejects with NOT_FOUND. */
  deleteWorkflow(id: string): Promise<void>;

  /** A workflow's nodes in the order of their creation. Asked together with others of the same tick. */
  getWorkflowNodes(workflowId: string): Promise<WorkflowNode[]>;
  /** Creates a node. Rejects with 23505 when the workflow has one of that `node_id`. */
  createWorkflowNode(node: NewWorkflowNode): Promise<WorkflowNode>;
  /** Changes a node. Rejects with NOT_FOUND. */
  updateWorkflowNode(id: string, patch: WorkflowNodePatch): Promise<WorkflowNode>;
  /** Deletes a node, if it is there. */
  deleteWorkflowNode(id: string): Promise<void>;

  /** A workflow's connections in the order of their creation. Asked together with others of the same tick. */
  getWorkflowConnections(workflowId: string): Promise<WorkflowConnection[]>;
  /** Creates a connection. Rejects with 23505 when the two nodes are connected already. */
  createWorkflowConnection(connection: NewWorkflowConnection): Promise<WorkflowConnection>;
  /** Changes a connection. Rejects with NOT_FOUND. */
  updateWorkflowConnection(id: string, patch: WorkflowConnectionPatch): Promise<WorkflowConnection>;
  /** Deletes the connection of that `connection_id`, if it is there. */
  deleteWorkflowConnection(workflowId: string, connectionId: string): Promise<void>;

  /** Records the start of a run. */
  createExecution(execution: NewWorkflowExecution): Promise<WorkflowExecution>;
  /** A run, or null. Asked together with others of the same tick. */
  getExecution(id: string): Promise<WorkflowExecution | null>;
  /** Changes a run. Rejects with NOT_FOUND. */
  updateExecution(id: string, patch: WorkflowExecutionPatch): Promise<WorkflowExecution>;
  /** Deletes a run with its results, if it is there. */
  deleteExecution(id: string): Promise<void>;
  /** A page of a workflow's runs, newest first, with the number of all. Always asks the server. */
  getExecutionHistory(
    workflowId: string,
    limit?: number,
    offset?: number,
  ): Promise<PaginatedResponse<WorkflowExecution>>;
  /** A page of a user's runs. A date without time includes that whole day. */
  getExecutionHistory(query: ExecutionHistoryQuery): Promise<PaginatedResponse<WorkflowExecution>>;

  /** Records what one node does in a run. */
  createExecutionResult(result: NewExecutionNodeResult): Promise<ExecutionNodeResult>;
  /** Changes a node's result. Rejects with NOT_FOUND. */
  updateExecutionResult(id: string, patch: ExecutionNodeResultPatch): Promise<ExecutionNodeResult>;
  /** Deletes a node's result, if it is there. */
  deleteExecutionResult(id: string): Promise<void>;
  /** What the nodes of a run did, in the order of their start. Asked together with others of the same tick. */
  getExecutionResults(executionId: string): Promise<ExecutionNodeResult[]>;

  /** A user's profile, or null. */
  getUserProfile(userId: string): Promise<UserProfile | null>;
  /** Changes a user's profile. Rejects with NOT_FOUND. */
  updateUserProfile(userId: string, patch: UserProfilePatch): Promise<UserProfile>;
}

/** `db`: every function, and the same functions with options. */
export interface Db extends DbFunctions {
  /** The same functions with these options for each call. */
  with(options: CallOptions): DbFunctions;
}

type Name = keyof DbFunctions;

/** The key of a read's entry, from its arguments. None for arguments that the engine will refuse. */
type KeyOf = (id: string, variant: unknown) => string | undefined;

/** Reads that are not here always ask the engine. */
const KEYS: Partial<Record<Name, KeyOf>> = {
  getWorkflows: (userId, includeArchived = false) => {
    if (typeof includeArchived !== 'boolean') return undefined;
    return includeArchived ? `${cacheKeys.workflows(userId)}?archived=included` : cacheKeys.workflows(userId);
  },
  getWorkflow: cacheKeys.workflow,
  getWorkflowWithRelations: (id) => `${cacheKeys.workflow(id)}?relations`,
  getWorkflowNodes: cacheKeys.workflowNodes,
  getWorkflowConnections: cacheKeys.workflowConnections,
  getExecution: cacheKeys.execution,
  getExecutionResults: cacheKeys.executionResults,
  getUserProfile: cacheKeys.userProfile,
};

const NAMES: readonly Name[] = [
  'getWorkflows',
  'getWorkflow',
  'getWorkflowWithRelations',
  'createWorkflow',
  'updateWorkflow',
  'archiveWorkflow',
  'deleteWorkflow',
  'getWorkflowNodes',
  'createWorkflowNode',
  'updateWorkflowNode',
  'deleteWorkflowNode',
  'getWorkflowConnections',
  'createWorkflowConnection',
  'updateWorkflowConnection',
  'deleteWorkflowConnection',
  'createExecution',
  'getExecution',
  'updateExecution',
  'deleteExecution',
  'getExecutionHistory',
  'createExecutionResult',
  'updateExecutionResult',
  'deleteExecutionResult',
  'getExecutionResults',
  'getUserProfile',
  'updateUserProfile',
];

/** A function of `db`, before TypeScript knows which. */
type Untyped = (first?: unknown, second?: unknown, third?: unknown) => Promise<unknown>;

export function createDb(client: () => Client, front: Front): Db {
  const call = (name: Name, options: CallOptions | undefined): Untyped => {
    return (...args) => client().call(name, args, options);
  };
  /** Hits are answered here, without a call into WebAssembly. */
  const read = (name: Name, keyOf: KeyOf): Untyped => {
    return (first, second, third) => {
      const key = typeof first === 'string' ? keyOf(first, second) : undefined;
      const answer = key === undefined ? undefined : front.answer(key);
      return answer ?? client().call(name, [first, second, third], undefined);
    };
  };
  const functions = NAMES.map((name) => {
    const keyOf = KEYS[name];
    return [name, keyOf === undefined ? call(name, undefined) : read(name, keyOf)] as const;
  });
  const withOptions = (options: CallOptions) =>
    Object.fromEntries(NAMES.map((name) => [name, call(name, options)])) as unknown as DbFunctions;
  return { ...(Object.fromEntries(functions) as unknown as DbFunctions), with: withOptions };
}
