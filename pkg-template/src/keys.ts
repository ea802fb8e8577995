const UUID_LENGTH = 36;

/** An id as keys hold it: uuids in lower case, as the database prints them. */
function canonical(id: string): string {
  const text = String(id);
  return text.length === UUID_LENGTH ? text.toLowerCase() : text;
}

/**
 * The cache keys, whose formats are fixed: `cacheKeys.workflow(id)` names the entry that `db.getWorkflow(id)` reads.
 * Variants of a question (archived workflows included, a page, a filter) append `?…`, and go when the base key is
 * invalidated.
 */
export const cacheKeys = {
  workflows: (userId: string) => `workflows:${canonical(userId)}`,
  workflow: (workflowId: string) => `workflow:${canonical(workflowId)}`,
  workflowNodes: (workflowId: string) => `workflow_nodes:${canonical(workflowId)}`,
  workflowConnections: (workflowId: string) => `workflow_connections:${canonical(workflowId)}`,
  executions: (workflowId: string) => `executions:${canonical(workflowId)}`,
  execution: (executionId: string) => `execution:${canonical(executionId)}`,
  executionResults: (executionId: string) => `execution_results:${canonical(executionId)}`,
  apiKeys: (userId: string) => `api_keys:${canonical(userId)}`,
  apiKey: (userId: string, serviceName: string) => `api_key:${canonical(userId)}:${serviceName}`,
  brandSettings: (userId: string) => `brand_settings:${canonical(userId)}`,
  accountSettings: (userId: string) => `account_settings:${canonical(userId)}`,
  auditLogs: (userId: string) => `audit_logs:${canonical(userId)}`,
  userProfile: (userId: string) => `user_profile:${canonical(userId)}`,
  templates: () => 'templates:all',
  template: (templateId: string) => `template:${canonical(templateId)}`,
  savedTemplates: (userId: string) => `saved_templates:${canonical(userId)}`,
  favorites: (userId: string) => `favorites:${canonical(userId)}`,
  integrations: (userId: string) => `integrations:${canonical(userId)}`,
} as const;
