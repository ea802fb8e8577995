// @ts-nocheck
// Runs in Node: renders the hooks on a server.
import { renderToString } from 'react-dom/server';
import * as wdb from '/pkg/react/index.js';

export { wdb };

/** Renders the results of all hooks as JSON. */
function All({ userId, workflowId, executionId }) {
  const results = {
    workflows: wdb.useWorkflows(userId),
    workflow: wdb.useWorkflow(workflowId),
    apiKeys: wdb.useApiKeys(userId),
    apiKey: wdb.useApiKey(userId, 'openai'),
    auditLogs: wdb.useAuditLogs(userId),
    recent: wdb.useRecentAuditActivity(userId),
    summary: wdb.useAuditSummary(userId),
    history: wdb.useExecutionHistory(workflowId),
    execution: wdb.useExecution(executionId),
    progress: wdb.useExecutionProgress(executionId),
    brand: wdb.useBrandSettings(userId),
    account: wdb.useAccountSettings(userId),
    members: wdb.useWorkflowMembers(workflowId),
    invitations: wdb.useInvitations(userId),
    shared: wdb.useSharedWorkflows(userId),
    entry: wdb.useEntry(userId && wdb.cacheKeys.favorites(userId), (db) => db.getFavorites(userId)),
    room: wdb.useRoom(workflowId),
    sync: wdb.useSyncStatus(),
  };
  return <pre dangerouslySetInnerHTML={{ __html: JSON.stringify(results) }} />;
}

export function render(client, ids) {
  const html = renderToString(
    <wdb.WorkflowDbProvider client={client}>
      <All {...ids} />
    </wdb.WorkflowDbProvider>,
  );
  return JSON.parse(html.slice(html.indexOf('{'), html.lastIndexOf('}') + 1));
}
