/**
 * The cache keys, whose formats are fixed: `cacheKeys.workflow(id)` names the entry that `db.getWorkflow(id)` reads.
 * Variants of a question (archived workflows included, a page, a filter) append `?…`, and go when the base key is
 * invalidated.
 */
export const cacheKeys = {
  workflows: (userId: string) => `workflows:${userId}`,
  workflow: (workflowId: string) => `workflow:${workflowId}`,
  workflowNodes: (workflowId: string) => `workflow_nodes:${workflowId}`,
  workflowConnections: (workflowId: string) => `workflow_connections:${workflowId}`,
  executions: (workflowId: string) => `executions:${workflowId}`,
  execution: (executionId: string) => `execution:${executionId}`,
  executionResults: (executionId: string) => `execution_results:${executionId}`,
  apiKeys: (userId: string) => `api_keys:${userId}`,
  apiKey: (userId: string, serviceName: string) => `api_key:${userId}:${serviceName}`,
  brandSettings: (userId: string) => `brand_settings:${userId}`,
  accountSettings: (userId: string) => `account_settings:${userId}`,
  auditLogs: (userId: string) => `audit_logs:${userId}`,
  userProfile: (userId: string) => `user_profile:${userId}`,
  templates: () => 'templates:all',
  template: (templateId: string) => `template:${templateId}`,
  savedTemplates: (userId: string) => `saved_templates:${userId}`,
  favorites: (userId: string) => `favorites:${userId}`,
  integrations: (userId: string) => `integrations:${userId}`,
} as const;
