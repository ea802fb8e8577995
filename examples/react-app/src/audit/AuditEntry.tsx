import type { AuditLog } from 'workflow-db/react';
import { Icon, type IconName } from '../ui/Icon';
import { RelativeTime } from '../ui/RelativeTime';
import { changesOf, sentenceOf, subjectOf } from './describe';

const ICONS: Record<string, IconName> = {
  workflow: 'connect',
  workflow_execution: 'play',
  api_key: 'key',
  brand_settings: 'edit',
  account_settings: 'settings',
  integration: 'layers',
};

interface Props {
  log: AuditLog;
  /** By id, because audit entries of runs contain only the workflow's id. */
  workflowNames: ReadonlyMap<string, string>;
  /** Whether the changed columns can be shown. */
  hasDetails: boolean;
}

export function AuditEntry({ log, workflowNames, hasDetails }: Props) {
  const subject = subjectOf(log, workflowNames);
  const changes = hasDetails ? changesOf(log) : [];
  return (
    <li className="audit-entry">
      <span className="audit-icon">
        <Icon name={ICONS[log.resource_type ?? ''] ?? 'step'} size={16} />
      </span>
      <div className="audit-text">
        <span>
          {sentenceOf(log)}
          {subject !== undefined && <strong> {subject}</strong>}
        </span>
        {changes.length > 0 && (
          <details>
            <summary>{changes.length === 1 ? '1 change' : `${changes.length} changes`}</summary>
            <dl className="changes">
              {changes.map(([column, value]) => (
                <div key={column}>
                  <dt>{column}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </details>
        )}
      </div>
      <span className="subtle audit-time">
        <RelativeTime timestamp={log.created_at} />
      </span>
    </li>
  );
}
