import type { AuditLog } from 'workflow-db/react';

/** The names of the audited resources, by `resource_type`. */
export const RESOURCES: Record<string, string> = {
  workflow: 'Workflow',
  workflow_execution: 'Run',
  api_key: 'API key',
  brand_settings: 'Brand',
  account_settings: 'Account settings',
  integration: 'Integration',
};

export const VERBS: Record<string, string> = {
  created: 'created',
  updated: 'changed',
  deleted: 'deleted',
  revealed: 'shown',
};

/** All actions for the filter. */
export const ACTIONS: string[] = Object.keys(RESOURCES).flatMap((resource) => [
  `${resource}_created`,
  `${resource}_updated`,
  `${resource}_deleted`,
  ...(resource === 'api_key' ? ['api_key_revealed'] : []),
]);

const RUN_VERBS: Record<string, string> = { completed: 'completed', failed: 'failed', running: 'changed' };

/** The text of an entry. For a run, it says how the run ended rather than that its row changed. */
export function sentenceOf({ action, details }: AuditLog): string {
  if (action === 'workflow_execution_created') return 'Run started';
  if (action === 'workflow_execution_updated') {
    return `Run ${RUN_VERBS[text(details?.new?.status) ?? ''] ?? 'changed'}`;
  }
  return actionLabel(action);
}

/** `workflow_created` → Workflow created */
export function actionLabel(action: string): string {
  const cut = action.lastIndexOf('_');
  const resource = action.slice(0, cut);
  const verb = action.slice(cut + 1);
  return `${RESOURCES[resource] ?? resource.replaceAll('_', ' ')} ${VERBS[verb] ?? verb}`;
}

/** The name of the affected resource, if the entry contains one. */
export function subjectOf(
  { details, resource_type }: AuditLog,
  workflowNames: ReadonlyMap<string, string>,
): string | undefined {
  const row = details?.new ?? details?.old ?? {};
  if (resource_type === 'workflow_execution') return workflowNames.get(text(row.workflow_id) ?? '');
  return text(row.name) ?? text(row.service_name) ?? text(row.brand_name);
}

/** The changed columns and their new values, without `updated_at`. */
export function changesOf({ details }: AuditLog): [column: string, value: string][] {
  return Object.entries(details?.changes ?? {})
    .filter(([column]) => column !== 'updated_at')
    .map(([column, value]) => [column.replaceAll('_', ' '), text(value) ?? JSON.stringify(value)]);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
