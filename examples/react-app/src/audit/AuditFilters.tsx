import { auditHref, goTo } from '../app/route';
import { ACTIONS, actionLabel, RESOURCES } from './describe';

interface Props {
  resourceType: string;
  action: string;
}

export function AuditFilters({ resourceType, action }: Props) {
  const actions = resourceType === '' ? ACTIONS : ACTIONS.filter((each) => isOf(each, resourceType));
  return (
    <div className="list-tools">
      <label className="inline-field">
        <span>About</span>
        <select
          value={resourceType}
          onChange={(event) => goTo(auditHref({ resourceType: event.target.value }))}
        >
          <option value="">Everything</option>
          {Object.entries(RESOURCES).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label className="inline-field">
        <span>Action</span>
        <select
          value={action}
          onChange={(event) => goTo(auditHref({ resourceType, action: event.target.value }))}
        >
          <option value="">All</option>
          {actions.map((each) => (
            <option key={each} value={each}>
              {actionLabel(each)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

/** `workflow_execution_created` does not belong to `workflow`. */
function isOf(action: string, resourceType: string): boolean {
  return action.slice(0, action.lastIndexOf('_')) === resourceType;
}
