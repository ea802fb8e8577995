import { plainArguments } from './arguments.js';
import type { Calls } from './calls.js';
import { invalid } from './errors.js';
import type { Front } from './front.js';
import { release } from './generated/bind.js';
import type { Client } from './generated/bindings.js';
import { cacheKeys } from './keys.js';
import { keepUntil } from './lifetime.js';
import type { CallOptions } from './options.js';
import type {
  AccountSettings,
  AccountSettingsPatch,
  ApiKey,
  ApiKeyPatch,
  ApiKeyPublic,
  AuditLog,
  AuditLogPageQuery,
  AuditLogQuery,
  BrandSettings,
  BrandSettingsPatch,
  CursorPage,
  ExecutionHistoryQuery,
  ExecutionNodeResult,
  ExecutionNodeResultPatch,
  ExecutionPageQuery,
  Integration,
  IntegrationPatch,
  NewApiKey,
  NewApiKeyBatch,
  NewExecutionNodeResult,
  NewWorkflow,
  NewWorkflowBatch,
  NewWorkflowConnection,
  NewWorkflowExecution,
  NewWorkflowNode,
  NewWorkflowTemplate,
  PaginatedResponse,
  SavedTemplate,
  StoreApiKeyOptions,
  TemplateQuery,
  UpdateOptions,
  UserProfile,
  UserProfilePatch,
  Workflow,
  WorkflowConnection,
  WorkflowConnectionPatch,
  WorkflowExecution,
  WorkflowExecutionPatch,
  WorkflowFavorite,
  WorkflowGraph,
  WorkflowNode,
  WorkflowNodePatch,
  WorkflowPageQuery,
  WorkflowPatch,
  WorkflowQuery,
  WorkflowTemplate,
  WorkflowTemplatePatch,
  WorkflowWithRelations,
} from './types.js';

/**
 * Every function of the database.
 *
 * Each may reject with INVALID_INPUT (an argument was refused, nothing was sent), NOT_CONFIGURED, ABORTED, the server's
 * own code for what a retry would not mend, or RETRY_EXHAUSTED; upserts, saves, and changes of executions, results and
 * connections also with MIGRATION_REQUIRED, whose hint names the file that the database lacks. Rows are shared with the cache: copy before changing.
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
  /** A page of a user's workflows, which a cursor of a neighbouring page names. */
  getWorkflowsPage(query: WorkflowPageQuery): Promise<CursorPage<Workflow>>;
  /**
   * Changes a workflow. Rejects with NOT_FOUND when there is none that the user may change, and with CONFLICT when
   * `ifUpdatedAt` is given and the row has changed since.
   */
  updateWorkflow(id: string, patch: WorkflowPatch, options?: UpdateOptions): Promise<Workflow>;
  /** Sets `archived_at` to the database's time. Rejects with NOT_FOUND. */
  archiveWorkflow(id: string): Promise<Workflow>;
  /** Deletes a workflow with all that belongs to it. Rejects with NOT_FOUND. */
  deleteWorkflow(id: string): Promise<void>;
  /**
   * Makes a workflow's nodes and connections exactly these, in one transaction. Rows are matched by `node_id` and
   * `connection_id` and keep their id and `created_at`. Rejects with NOT_FOUND, and with CONFLICT as `updateWorkflow`
   * does.
   */
  saveWorkflowGraph(
    workflowId: string,
    graph: WorkflowGraph,
    options?: UpdateOptions,
  ): Promise<WorkflowWithRelations>;
  /** Saves workflows with all that is on their canvases: all or none. Rejects with CONFLICT without `overwrite`. */
  batchSaveWorkflows(batch: NewWorkflowBatch): Promise<WorkflowWithRelations[]>;
  /**
   * Creates a workflow from a template, under its name or `name`; a taken name gets ` (2)`, ` (3)` and so on. Rejects
   * with NOT_FOUND when there is no such template.
   */
  createWorkflowFromTemplate(
    userId: string,
    templateId: string,
    name?: string,
  ): Promise<WorkflowWithRelations>;

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

  /** A page of a user's runs, which a cursor of a neighbouring page names. */
  getExecutionsPage(query: ExecutionPageQuery): Promise<CursorPage<WorkflowExecution>>;

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

  /** A user's active API keys, secrets included: as ciphertext where they are encrypted at rest. */
  getApiKeys(userId: string): Promise<ApiKey[]>;
  /** A user's active API keys without their secrets, which are not even asked for. */
  getApiKeysPublic(userId: string): Promise<ApiKeyPublic[]>;
  /** A user's active API key for a service, or null. Asked together with others of the same tick. */
  getApiKey(userId: string, service: string): Promise<ApiKey | null>;
  /** Creates an API key. Rejects with 23505 when the user has one for that service. */
  createApiKey(key: NewApiKey): Promise<ApiKey>;
  /** Changes an API key. Rejects with NOT_FOUND. */
  updateApiKey(id: string, patch: ApiKeyPatch): Promise<ApiKey>;
  /** Deletes a user's API key, if it is there. */
  deleteApiKey(id: string, userId: string): Promise<void>;
  /** Saves API keys: all or none. Rejects with CONFLICT without `overwrite`. */
  batchSaveApiKeys(batch: NewApiKeyBatch): Promise<ApiKeyPublic[]>;
  /**
   * Stores a user's secret for a service, encrypted, in the place of the one that was there. What `options` leaves out
   * stays as it is. Answers the row without the secret. Rejects with MIGRATION_REQUIRED where keys are not encrypted at
   * rest.
   */
  storeApiKey(
    userId: string,
    service: string,
    secret: string,
    options?: StoreApiKeyOptions,
  ): Promise<ApiKeyPublic>;
  /**
   * The secret of an API key. It is never cached; each call asks the server, and leaves an entry in the audit log. From
   * here on it is in the browser, where whatever runs in the page can read it. Rejects with NOT_FOUND when the user has
   * no such key, and with MIGRATION_REQUIRED where keys are not encrypted at rest.
   */
  revealApiKey(id: string): Promise<string>;

  /** How a user's brand looks and sounds, or null. */
  getBrandSettings(userId: string): Promise<BrandSettings | null>;
  /** Changes it; what was never set begins with the database's defaults. */
  upsertBrandSettings(userId: string, patch: BrandSettingsPatch): Promise<BrandSettings>;
  /** What a user prefers, or null. */
  getAccountSettings(userId: string): Promise<AccountSettings | null>;
  /** Changes it; what was never set begins with the database's defaults. */
  upsertAccountSettings(userId: string, patch: AccountSettingsPatch): Promise<AccountSettings>;

  /** The services that a user connected, in the order of their creation. */
  getIntegrations(userId: string): Promise<Integration[]>;
  /** One of them, or null. Asked together with others of the same tick. */
  getIntegration(userId: string, service: string): Promise<Integration | null>;
  /** Changes it, or makes it. */
  upsertIntegration(userId: string, service: string, patch: IntegrationPatch): Promise<Integration>;
  /** Deletes it, if it is there. */
  deleteIntegration(userId: string, service: string): Promise<void>;

  /** Templates in the order of their creation: all, of a category, or featured ones. */
  getTemplates(query?: TemplateQuery): Promise<WorkflowTemplate[]>;
  /** A template, or null. Asked together with others of the same tick. */
  getTemplate(id: string): Promise<WorkflowTemplate | null>;
  /** Creates a template. Rejects with 23505 when there is one of that name. */
  createTemplate(template: NewWorkflowTemplate): Promise<WorkflowTemplate>;
  /** Changes a template of the user. Rejects with NOT_FOUND. */
  updateTemplate(id: string, patch: WorkflowTemplatePatch): Promise<WorkflowTemplate>;
  /** Deletes a template of the user, if it is there. */
  deleteTemplate(id: string): Promise<void>;
  /** The templates that a user put aside, in the order in which that was done. */
  getSavedTemplates(userId: string): Promise<SavedTemplate[]>;
  /** Puts a template aside; answers the row that is there when it was done before. */
  saveTemplate(userId: string, templateId: string): Promise<SavedTemplate>;
  /** Takes it back, if it was put aside. */
  unsaveTemplate(userId: string, templateId: string): Promise<void>;

  /** The workflows that a user marked, in the order in which that was done. */
  getFavorites(userId: string): Promise<WorkflowFavorite[]>;
  /** Marks a workflow; answers the row that is there when it was done before. */
  addFavorite(userId: string, workflowId: string): Promise<WorkflowFavorite>;
  /** Takes the mark away, if it is there. */
  removeFavorite(userId: string, workflowId: string): Promise<void>;

  /** A page of what a user did, newest first, with the number of all. Always asks the server. */
  getAuditLogs(userId: string, limit?: number, offset?: number): Promise<PaginatedResponse<AuditLog>>;
  /** A page of what a user did, of some kind or time. A date without time includes that whole day. */
  getAuditLogs(query: AuditLogQuery): Promise<PaginatedResponse<AuditLog>>;
  /** A page of what a user did, which a cursor of a neighbouring page names. */
  getAuditLogsPage(query: AuditLogPageQuery): Promise<CursorPage<AuditLog>>;
}

/** `db`: every function, and the same functions with options. */
export interface Db extends DbFunctions {
  /** The same functions with these options for each call. */
  with(options: CallOptions): DbFunctions;
}

type Name = keyof DbFunctions;

/** The key of a read's entry, from its arguments. None for arguments that the engine will refuse. */
type KeyOf = (id: string, variant: unknown) => string | undefined;

const UUID_LENGTH = 36;

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
  getApiKeys: cacheKeys.apiKeys,
  getApiKeysPublic: (userId) => `${cacheKeys.apiKeys(userId)}?secrets=hidden`,
  getApiKey: (userId, service) =>
    typeof service === 'string' ? cacheKeys.apiKey(userId, service) : undefined,
  getBrandSettings: cacheKeys.brandSettings,
  getAccountSettings: cacheKeys.accountSettings,
  getIntegrations: cacheKeys.integrations,
  getIntegration: (userId, service) =>
    typeof service === 'string' ? `${cacheKeys.integrations(userId)}?service=${service}` : undefined,
  getTemplate: cacheKeys.template,
  getSavedTemplates: cacheKeys.savedTemplates,
  getFavorites: cacheKeys.favorites,
};

const NAMES: readonly Name[] = [
  'getWorkflows',
  'getWorkflowsPage',
  'getWorkflow',
  'getWorkflowWithRelations',
  'createWorkflow',
  'updateWorkflow',
  'archiveWorkflow',
  'deleteWorkflow',
  'saveWorkflowGraph',
  'batchSaveWorkflows',
  'createWorkflowFromTemplate',
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
  'getExecutionsPage',
  'createExecutionResult',
  'updateExecutionResult',
  'deleteExecutionResult',
  'getExecutionResults',
  'getApiKeys',
  'getApiKeysPublic',
  'getApiKey',
  'createApiKey',
  'updateApiKey',
  'deleteApiKey',
  'batchSaveApiKeys',
  'storeApiKey',
  'revealApiKey',
  'getBrandSettings',
  'upsertBrandSettings',
  'getAccountSettings',
  'upsertAccountSettings',
  'getUserProfile',
  'updateUserProfile',
  'getIntegrations',
  'getIntegration',
  'upsertIntegration',
  'deleteIntegration',
  'getTemplates',
  'getTemplate',
  'createTemplate',
  'updateTemplate',
  'deleteTemplate',
  'getSavedTemplates',
  'saveTemplate',
  'unsaveTemplate',
  'getFavorites',
  'addFavorite',
  'removeFavorite',
  'getAuditLogs',
  'getAuditLogsPage',
];

/** A function of `db`, before TypeScript knows which. */
type Untyped = (first?: unknown, second?: unknown, third?: unknown) => Promise<unknown>;

export function createDb(client: () => Client, front: Front, calls: Calls, owner: object): Db {
  const ask = (name: Name, args: readonly unknown[], options: CallOptions | undefined) => {
    const parked: string[] = [];
    const outcome = calls.start(
      (number) => {
        const plain = plainArguments(args, front.spellings, parked);
        const own = plainOptions(options);
        client().call(number, name, plain, own);
      },
      () => signalOf(options),
      (number) => client().cancel(number),
    );
    if (parked.length > 0) {
      const end = () => release(parked);
      outcome.then(end, end);
    }
    return keepUntil(outcome, owner);
  };
  const call = (name: Name, options: CallOptions | undefined): Untyped => {
    return (...args) => ask(name, args, options);
  };
  const rendered = (name: Name, args: unknown[]) =>
    front.rendered.ask(name, args, () => ask(name, args, undefined));
  /** Hits are answered here, without a call into WebAssembly. */
  const read = (name: Name, keyOf: KeyOf): Untyped => {
    return (first, second, third) => {
      // What is no uuid, such as `ID?relations`, may still be the end of a key.
      const key =
        typeof first === 'string' && first.length === UUID_LENGTH ? keyOf(first, second) : undefined;
      const answer = key === undefined ? undefined : front.answer(key);
      return answer ?? rendered(name, [first, second, third]);
    };
  };
  const functions = NAMES.map((name) => {
    const keyOf = KEYS[name];
    if (keyOf !== undefined) return [name, read(name, keyOf)] as const;
    const isRead = name.startsWith('get');
    return [name, isRead ? (...args: unknown[]) => rendered(name, args) : call(name, undefined)] as const;
  });
  const withOptions = (options: CallOptions) =>
    Object.fromEntries(NAMES.map((name) => [name, call(name, options)])) as unknown as DbFunctions;
  return { ...(Object.fromEntries(functions) as unknown as DbFunctions), with: withOptions };
}

/** The options that the engine sees, as plain values: reading them may run the application's code. */
function plainOptions(options: CallOptions | undefined) {
  return options && { fresh: options.fresh, ttlMs: options.ttlMs, timeoutMs: options.timeoutMs };
}

function signalOf(options: CallOptions | undefined): AbortSignal | undefined {
  const signal = options?.signal ?? undefined;
  if (signal === undefined || typeof signal.addEventListener === 'function') return signal;
  throw invalid('signal', 'an AbortSignal');
}
