// The functions and types of the tables beyond workflows, and uses that must not compile.
/* eslint-disable @typescript-eslint/no-unused-vars -- the test consists of the annotations */
import { DatabaseError, cacheKeys, db, mergeGraphs } from 'workflow-db';
import type {
  AccountSettings,
  ApiKey,
  ApiKeyPublic,
  AuditLog,
  AuditLogPageQuery,
  AuditLogQuery,
  BatchApiKeySave,
  BatchWorkflowSave,
  BrandSettings,
  CursorPage,
  ExecutionPageQuery,
  GraphConflict,
  GraphMerge,
  Integration,
  MemberRole,
  NewApiKey,
  NewApiKeyBatch,
  NewWorkflowBatch,
  NewWorkflowTemplate,
  PaginatedResponse,
  SavedTemplate,
  SaveGraphOptions,
  StoreApiKeyOptions,
  TemplateQuery,
  UpdateOptions,
  Workflow,
  WorkflowConnection,
  WorkflowExecution,
  WorkflowFavorite,
  WorkflowGraph,
  WorkflowInvitation,
  WorkflowMember,
  WorkflowNode,
  WorkflowPageQuery,
  WorkflowTemplate,
  WorkflowWithRelations,
} from 'workflow-db';

const id = '00000000-0000-4000-8000-000000000000';

export async function everyFunction(workflow: WorkflowWithRelations): Promise<void> {
  const keys: ApiKey[] = await db.getApiKeys(id);
  const shown: ApiKeyPublic[] = await db.getApiKeysPublic(id);
  const redacted: '[REDACTED]' = shown[0].encrypted_key;
  const gateway: 'together' | 'replicate' | 'custom' | null = keys[0].gateway_type;
  const key: ApiKey | null = await db.getApiKey(id, 'replicate');
  const newKey: NewApiKey = { user_id: id, service_name: 'replicate', encrypted_key: 'x' };
  const made: ApiKey = await db.createApiKey(newKey);
  const changed: ApiKey = await db.updateApiKey(id, { is_active: false, gateway_endpoint: null });
  const gone: void = await db.deleteApiKey(id, id);
  const batch: BatchApiKeySave = { keys: [made], overwrite: true };
  const newBatch: NewApiKeyBatch = { keys: [newKey, made] };
  const saved: ApiKeyPublic[] = [
    ...(await db.batchSaveApiKeys(batch)),
    ...(await db.batchSaveApiKeys(newBatch)),
  ];
  const keyOptions: StoreApiKeyOptions = {
    isMasterKey: true,
    gatewayType: null,
    gatewayEndpoint: 'https://x',
  };
  const sealed: ApiKeyPublic[] = [
    await db.storeApiKey(id, 'replicate', 'secret'),
    await db.storeApiKey(id, 'replicate', 'secret', { ...keyOptions, isActive: false }),
  ];
  const secret: string = await db.revealApiKey(sealed[0].id);

  const brand: BrandSettings | null = await db.getBrandSettings(id);
  const brandNow: BrandSettings = await db.upsertBrandSettings(id, { tagline: null, font_size_base: 12 });
  const account: AccountSettings | null = await db.getAccountSettings(id);
  const accountNow: AccountSettings = await db.upsertAccountSettings(id, { theme: 'auto' });
  const theme: 'light' | 'dark' | 'auto' = accountNow.theme;

  const integrations: Integration[] = await db.getIntegrations(id);
  const integration: Integration | null = await db.getIntegration(id, 'slack');
  const connected: Integration = await db.upsertIntegration(id, 'slack', { metadata: { team: 1 } });
  await db.deleteIntegration(id, 'slack');

  const query: TemplateQuery = { category: 'video', featured: true };
  const templates: WorkflowTemplate[] = [...(await db.getTemplates()), ...(await db.getTemplates(query))];
  const category: string = templates[0].category;
  const data: { nodes: WorkflowNode[]; connections: WorkflowConnection[] } = templates[0].workflow_data;
  const template: WorkflowTemplate | null = await db.getTemplate(id);
  const newTemplate: NewWorkflowTemplate = { name: 'x', workflow_data: workflow };
  await db.createTemplate(newTemplate);
  await db.updateTemplate(id, { is_featured: true });
  await db.deleteTemplate(id);
  const begun: WorkflowWithRelations = await db.createWorkflowFromTemplate(id, id, 'Mine');
  const put: SavedTemplate = await db.saveTemplate(id, id);
  const all: SavedTemplate[] = await db.getSavedTemplates(id);
  await db.unsaveTemplate(id, id);
  const favorite: WorkflowFavorite = await db.addFavorite(id, id);
  const favorites: WorkflowFavorite[] = await db.getFavorites(id);
  await db.removeFavorite(id, id);

  const invited: WorkflowMember = await db.inviteToWorkflow(id, { email: 'a@example.com', role: 'editor' });
  const role: MemberRole = invited.role;
  const accountOf: string | null = invited.user_id;
  const members: WorkflowMember[] = await db.getWorkflowMembers(id);
  const changedMember: WorkflowMember = await db.updateWorkflowMember(members[0].id, { role: 'viewer' });
  const removed: void = await db.removeWorkflowMember(changedMember.id);
  const invitations: WorkflowInvitation[] = await db.getInvitations();
  const inviter: string | null = invitations[0].inviter_name;
  const accepted: WorkflowMember = await db.acceptInvitation(invitations[0].id);
  const declined: void = await db.declineInvitation(accepted.id);
  const left: void = await db.leaveWorkflow(id);
  const shared: Workflow[] = await db.getSharedWorkflows(id);
  const memberKeys: string[] = [
    cacheKeys.workflowMembers(id),
    cacheKeys.invitations(id),
    cacheKeys.sharedWorkflows(id),
  ];
  // @ts-expect-error -- no such role
  await db.inviteToWorkflow(id, { email: 'a@example.com', role: 'owner' });
  // @ts-expect-error -- only the role can change
  await db.updateWorkflowMember(id, { role: 'viewer', email: 'a@example.com' });
  // @ts-expect-error -- an invitation does not contain the address
  void invitations[0].email;
  void [role, accountOf, removed, inviter, declined, left, shared, memberKeys];

  const auditQuery: AuditLogQuery = { userId: id, action: 'workflow_created', endDate: '2024-02-29' };
  const log: PaginatedResponse<AuditLog> = await db.getAuditLogs(auditQuery);
  const recent: PaginatedResponse<AuditLog> = await db.getAuditLogs(id, 20, 40);
  const before: Record<string, unknown> | undefined = recent.data[0].details?.old;
  const auditPage: AuditLogPageQuery = { userId: id, pageSize: 10, cursor: null };
  const logPage: CursorPage<AuditLog> = await db.getAuditLogsPage(auditPage);
  const runQuery: ExecutionPageQuery = { userId: id, status: 'failed', cursor: logPage.nextCursor };
  const runs: CursorPage<WorkflowExecution> = await db.getExecutionsPage(runQuery);
  const pageQuery: WorkflowPageQuery = { userId: id, sortBy: 'name', sortOrder: 'asc' };
  const page: CursorPage<Workflow> = await db.getWorkflowsPage(pageQuery);

  const options: UpdateOptions = { ifUpdatedAt: workflow.updated_at };
  await db.updateWorkflow(id, { name: 'x' }, options);
  const graph: WorkflowGraph = { nodes: [{ node_id: 'a', node_type: 't' }], connections: [] };
  const drawn: WorkflowWithRelations = await db.saveWorkflowGraph(id, graph, options);
  await db.saveWorkflowGraph(id, workflow);
  const onBase: SaveGraphOptions = { base: workflow };
  await db.saveWorkflowGraph(id, graph, onBase);
  const merge: GraphMerge = mergeGraphs(workflow, drawn, graph);
  const rows: { nodes: WorkflowNode[] } = mergeGraphs(workflow, drawn, workflow).merged;
  const names: (string | undefined)[] = merge.conflicts.map(
    ({ node_id, connection_id }) => node_id ?? connection_id,
  );
  const error = new DatabaseError('CONFLICT', '');
  const conflicts: GraphConflict[] | undefined = error.conflicts;
  if (error.merged && error.theirs) await db.saveWorkflowGraph(id, error.merged, { base: error.theirs });
  const whole: BatchWorkflowSave = { workflows: [workflow] };
  const nodes: WorkflowNode[] = whole.workflows[0].nodes;
  const both: NewWorkflowBatch = { workflows: [workflow, { user_id: id, name: 'y', ...graph }] };
  const workflows: WorkflowWithRelations[] = [
    ...(await db.batchSaveWorkflows(whole)),
    ...(await db.batchSaveWorkflows(both)),
  ];
}

export async function mistakes(graph: WorkflowGraph): Promise<void> {
  // @ts-expect-error -- a public key has no secret
  const secret: 'x' = (await db.getApiKeysPublic(id))[0].encrypted_key;
  // @ts-expect-error -- the secret is missing
  await db.createApiKey({ user_id: id, service_name: 'x' });
  // @ts-expect-error -- options are not named like the columns
  await db.storeApiKey(id, 'replicate', 'secret', { is_active: false });
  // @ts-expect-error -- revealed by the id alone
  await db.revealApiKey(id, 'replicate');
  // @ts-expect-error -- no such theme
  await db.upsertAccountSettings(id, { theme: 'blue' });
  // @ts-expect-error -- cannot sort by this column
  await db.getWorkflowsPage({ userId: id, sortBy: 'id' });
  // @ts-expect-error -- the connections are missing
  await db.saveWorkflowGraph(id, { nodes: [] });
  // @ts-expect-error -- takes either a version or a base
  await db.saveWorkflowGraph(id, graph, { base: graph, ifUpdatedAt: id });
  // @ts-expect-error -- the base is not a graph
  await db.saveWorkflowGraph(id, graph, { base: null });
  // @ts-expect-error -- only the database writes the log
  await db.createAuditLog({ user_id: id, action: 'x' });
}
