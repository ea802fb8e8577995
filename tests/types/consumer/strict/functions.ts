// Every function and export, and uses that must not compile.
/* eslint-disable @typescript-eslint/no-unused-vars -- the test consists of the annotations */
import {
  DEFAULT_RETRY_CONFIG,
  DatabaseError,
  authChanged,
  cacheKeys,
  configure,
  createClient,
  db,
  getCacheManager,
  ready,
} from 'workflow-db';
import type {
  ApiResponse,
  CacheConfig,
  CacheEntry,
  CacheManager,
  CacheStats,
  CallOptions,
  ClientEvent,
  ClientOptions,
  ClientSettings,
  DatabaseClient,
  Db,
  DbFunctions,
  ExecutionHistoryQuery,
  ExecutionNodeResult,
  PaginatedResponse,
  RetryConfig,
  SupabaseLike,
  UserProfile,
  WasmSource,
  Workflow,
  WorkflowConnection,
  WorkflowExecution,
  WorkflowNode,
  WorkflowQuery,
  WorkflowWithRelations,
} from 'workflow-db';

declare const id: string;

export async function everyFunction(): Promise<void> {
  const query: WorkflowQuery = {
    userId: id,
    limit: 5,
    offset: 0,
    includeArchived: true,
    sortBy: 'name',
    sortOrder: 'asc',
  };
  const lists: Workflow[][] = [
    await db.getWorkflows(id),
    await db.getWorkflows(id, true),
    await db.getWorkflows(query),
  ];
  const one: Workflow | null = await db.getWorkflow(id);
  const whole: WorkflowWithRelations | null = await db.getWorkflowWithRelations(id);
  const written: Workflow[] = [
    await db.createWorkflow(id, { name: 'n' }),
    await db.createWorkflow(id, {
      name: 'n',
      id,
      user_id: id,
      description: null,
      is_public: true,
      archived_at: null,
    }),
    await db.updateWorkflow(id, { name: 'n', archived_at: '2024-02-29T00:00:00Z' }),
    await db.archiveWorkflow(id),
  ];
  const gone: void = await db.deleteWorkflow(id);

  const nodes: WorkflowNode[] = await db.getWorkflowNodes(id);
  const node: WorkflowNode = await db.createWorkflowNode({
    workflow_id: id,
    node_id: 'n',
    node_type: 't',
    config: { a: 1 },
  });
  const moved: WorkflowNode = await db.updateWorkflowNode(id, {
    position_x: 1,
    position_y: 2.5,
    label: null,
  });
  const noNode: void = await db.deleteWorkflowNode(id);

  const edges: WorkflowConnection[] = await db.getWorkflowConnections(id);
  const ends = { source_node_id: 'a', target_node_id: 'b', connection_id: 'a>b' };
  const edge: WorkflowConnection = await db.createWorkflowConnection({ workflow_id: id, ...ends });
  const bent: WorkflowConnection = await db.updateWorkflowConnection(id, { target_node_id: 'c' });
  const noEdge: void = await db.deleteWorkflowConnection(id, 'a>b');

  const run: WorkflowExecution = await db.createExecution({
    workflow_id: id,
    user_id: id,
    status: 'running',
  });
  const found: WorkflowExecution | null = await db.getExecution(id);
  const ended: WorkflowExecution = await db.updateExecution(id, {
    status: 'completed',
    execution_time_ms: 5,
  });
  const noRun: void = await db.deleteExecution(id);
  const history: ExecutionHistoryQuery = {
    userId: id,
    workflowId: id,
    status: 'failed',
    startDate: '2024-01-01',
    endDate: '2024-01-31',
  };
  const pages: PaginatedResponse<WorkflowExecution>[] = [
    await db.getExecutionHistory(id),
    await db.getExecutionHistory(id, 20),
    await db.getExecutionHistory(id, 20, 40),
    await db.getExecutionHistory(history),
  ];
  const { data, total, page, pageSize, hasMore } = pages[0] ?? (await db.getExecutionHistory(id));
  const facts: [WorkflowExecution[], number, number, number, boolean] = [
    data,
    total,
    page,
    pageSize,
    hasMore,
  ];

  const result: ExecutionNodeResult = await db.createExecutionResult({
    execution_id: id,
    node_id: 'n',
    node_type: 't',
  });
  const changed: ExecutionNodeResult = await db.updateExecutionResult(id, {
    output_data: null,
    status: 'failed',
  });
  const noResult: void = await db.deleteExecutionResult(id);
  const results: ExecutionNodeResult[] = await db.getExecutionResults(id);
  const profile: UserProfile | null = await db.getUserProfile(id);
  const named: UserProfile = await db.updateUserProfile(id, { full_name: 'Ada' });

  const options: CallOptions = { signal: new AbortController().signal, fresh: true, ttlMs: 5, timeoutMs: 10 };
  const bound: DbFunctions = db.with(options);
  const again: Workflow | null = await bound.getWorkflow(id);
}

export async function everyExport(supabase: SupabaseLike, source: WasmSource): Promise<void> {
  const retry: RetryConfig = { ...DEFAULT_RETRY_CONFIG, maxAttempts: 5 };
  const cacheConfig: CacheConfig = { defaultTTL: 1_000, maxSize: 10, staleMs: 100 };
  const settings: ClientSettings = {
    retry: { maxAttempts: 1 },
    cache: cacheConfig,
    timeoutMs: 5,
    schema: 'public',
    debug: true,
  };
  const options: ClientOptions = {
    url: 'https://x.supabase.co',
    key: 'k',
    accessToken: async () => null,
    ...settings,
  };
  configure(options);
  configure({
    url: 'u',
    key: 'k',
    accessToken: () => 'token',
    fetch: (url, init) => fetch(url, init),
    retry,
  });
  configure({
    supabase,
    onEvent: (event: ClientEvent) => console.log(event.type === 'attempt' && event.durationMs),
  });
  const client: DatabaseClient = createClient(options);
  const parts: [Db, CacheManager] = [client.db, client.cache];
  client.authChanged();
  client.close();
  authChanged();
  await ready();
  await ready(source);
  await ready(fetch('/workflow_db.wasm'));

  const cache: CacheManager = getCacheManager({ maxSize: 5, defaultTTL: 10 });
  const workflow: Workflow | null = cache.get<Workflow>(cacheKeys.workflow(id));
  cache.set(cacheKeys.workflows(id), [workflow], 1_000);
  cache.invalidate(cacheKeys.apiKey(id, 'openai'));
  cache.invalidatePattern('^workflow');
  cache.clear();
  const stats: CacheStats = cache.getStats();
  const numbers: number[] = [
    stats.size,
    stats.maxSize,
    stats.hits,
    stats.misses,
    stats.evictions,
    stats.expirations,
  ];
  const keys: string[] = [...stats.entries, `${stats.coalesced + stats.inFlight}`];
  const stop: () => void = cache.observe(cacheKeys.templates(), () => {});

  const error = new DatabaseError('CONFLICT', 'message', new Error('cause'));
  const isError: Error = error;
  const texts: (string | undefined)[] = [error.code, error.message, error.name, error.details, error.hint];
  const others: [number | undefined, number, boolean] = [error.status, error.attempts, error.retryable];
  const entry: CacheEntry<Workflow> = { data: {} as Workflow, timestamp: 1, ttl: 1, isValid: true };
  const responses: ApiResponse<Workflow>[] = [
    { success: true, data: entry.data },
    { success: false, error: { code: 'c', message: 'm' } },
  ];
}

export function whatMustNotCompile(): void {
  // @ts-expect-error -- name is missing
  void db.createWorkflow(id, {});
  // @ts-expect-error -- not a column of workflows
  void db.createWorkflow(id, { name: 'n', colour: 'red' });
  // @ts-expect-error -- name is text
  void db.createWorkflow(id, { name: 5 });
  // @ts-expect-error -- name is not null
  void db.updateWorkflow(id, { name: null });
  // @ts-expect-error -- not a column of workflows
  void db.updateWorkflow(id, { nodes: [] });
  // @ts-expect-error -- the id is missing
  void db.updateWorkflow({ name: 'n' });
  // @ts-expect-error -- node_type is missing
  void db.createWorkflowNode({ workflow_id: id, node_id: 'n' });
  // @ts-expect-error -- position_x is a number
  void db.updateWorkflowNode(id, { position_x: '1' });
  // @ts-expect-error -- config is an object
  void db.updateWorkflowNode(id, { config: 'x' });
  // @ts-expect-error -- connection_id is missing
  void db.createWorkflowConnection({ workflow_id: id, source_node_id: 'a', target_node_id: 'b' });
  // @ts-expect-error -- connections have no updated_at
  void db.updateWorkflowConnection(id, { updated_at: '2024-01-01' });
  // @ts-expect-error -- the connection's id is missing
  void db.deleteWorkflowConnection(id);
  // @ts-expect-error -- user_id is missing
  void db.createExecution({ workflow_id: id });
  // @ts-expect-error -- not one of the three states
  void db.updateExecution(id, { status: 'done' });
  // @ts-expect-error -- not one of the three states
  void db.getExecutionHistory({ userId: id, status: 'done' });
  // @ts-expect-error -- userId is missing
  void db.getExecutionHistory({ workflowId: id });
  // @ts-expect-error -- cannot sort by this column
  void db.getWorkflows({ userId: id, sortBy: 'id' });
  // @ts-expect-error -- neither asc nor desc
  void db.getWorkflows({ userId: id, sortOrder: 'up' });
  // @ts-expect-error -- not a boolean
  void db.getWorkflows(id, 'yes');
  // @ts-expect-error -- execution_id is missing
  void db.createExecutionResult({ node_id: 'n', node_type: 't' });
  // @ts-expect-error -- output_data is an object or null
  void db.updateExecutionResult(id, { output_data: 'x' });
  // @ts-expect-error -- not a column of user_profiles
  void db.updateUserProfile(id, { name: 'Ada' });
  // @ts-expect-error -- a key is missing
  configure({ url: 'u' });
  // @ts-expect-error -- takes either a URL or a client
  configure({ url: 'u', key: 'k', supabase: {} as SupabaseLike });
  // @ts-expect-error -- no such option
  configure({ url: 'u', key: 'k', retries: 3 });
  // @ts-expect-error -- no such option of a call
  db.with({ force: true });
  // @ts-expect-error -- `with` cannot be chained
  db.with({}).with({});
  // @ts-expect-error -- read-only
  DEFAULT_RETRY_CONFIG.maxAttempts = 5;
  // @ts-expect-error -- no such function
  void db.getEverything();
  // @ts-expect-error -- a message is missing
  new DatabaseError('CODE');
  // @ts-expect-error -- may be null
  void db.getWorkflow(id).then((workflow) => workflow.name);
}
