import { useAuditLogs } from 'workflow-db/react';
import { EmptyState } from '../ui/EmptyState';
import { ReadError } from '../sync/ReadError';
import { Pager } from '../ui/Pager';
import { SkeletonRows } from '../ui/Skeleton';
import { useTitle } from '../ui/useTitle';
import { AuditChart } from './AuditChart';
import { AuditEntry } from './AuditEntry';
import { AuditFilters } from './AuditFilters';
import { useWorkflowNames } from '../workflows/useWorkflowNames';

const PAGE_SIZE = 20;

interface Props {
  userId: string;
  resourceType?: string;
  action?: string;
}

export function AuditPage({ userId, resourceType, action }: Props) {
  useTitle('Audit log');
  const trail = useAuditLogs(userId, { pageSize: PAGE_SIZE, resourceType, action });
  const workflowNames = useWorkflowNames(userId);
  const { logs, total, page, loading, error } = trail;
  const pages = Math.ceil(total / PAGE_SIZE);

  return (
    <div className="page">
      <h1>Audit log</h1>
      <div className="audit-layout">
        <section className="card audit-trail" aria-label="Trail" aria-busy={loading}>
          <AuditFilters resourceType={resourceType ?? ''} action={action ?? ''} />
          {error !== null && <ReadError error={error} onRetry={() => void trail.refreshLogs()} />}
          {loading && logs.length === 0 && <SkeletonRows count={8} height={40} label="Loading the trail" />}
          {logs.length > 0 && (
            <ol className="audit-list" aria-label="Entries on this page">
              {logs.map((log) => (
                <AuditEntry key={log.id} log={log} workflowNames={workflowNames} hasDetails />
              ))}
            </ol>
          )}
          {logs.length === 0 && !loading && error === null && (
            <EmptyState icon="clock" title="Nothing of that kind was done" level={2} />
          )}
          {(pages > 1 || page > 0) && (
            <Pager
              of="the trail"
              page={page}
              pages={pages}
              onPrevious={trail.prevPage}
              onNext={trail.nextPage}
            />
          )}
        </section>
        <AuditChart userId={userId} />
      </div>
    </div>
  );
}
