import { useAuditLogs, useAuditSummary, useRecentAuditActivity } from 'workflow-db/react';
import { auditHref } from '../app/route';
import { AuditEntry } from '../audit/AuditEntry';
import { useWorkflowNames } from '../workflows/useWorkflowNames';
import { EmptyState } from '../ui/EmptyState';
import { ReadError } from '../sync/ReadError';
import { RelativeTime } from '../ui/RelativeTime';
import { SkeletonRows } from '../ui/Skeleton';

const SHOWN = 12;

/** The latest actions, live. */
export function RecentActivity({ userId }: { userId: string }) {
  const logs = useRecentAuditActivity(userId, SHOWN);
  const workflowNames = useWorkflowNames(userId);
  const { lastActivityTime } = useAuditSummary(userId);
  // The same page and the same request; `useRecentAuditActivity` does not report whether it is loading.
  const { loading, error, refreshLogs } = useAuditLogs(userId, { pageSize: SHOWN });
  return (
    <section className="card panel" aria-label="Recent activity">
      <div className="card-head">
        <h2>
          Recent activity{' '}
          {lastActivityTime !== null && (
            <span className="count">
              <RelativeTime timestamp={lastActivityTime} />
            </span>
          )}
        </h2>
        <a className="button small ghost" href={auditHref()}>
          All
        </a>
      </div>
      {error !== null && <ReadError error={error} onRetry={() => void refreshLogs()} />}
      {logs.length === 0 && loading && <SkeletonRows count={6} height={32} label="Loading the activity" />}
      {logs.length === 0 && !loading && error === null && (
        <EmptyState icon="clock" title="Nothing was done yet" />
      )}
      {logs.length > 0 && (
        <ol className="audit-list" aria-label="Recent activity">
          {logs.map((log) => (
            <AuditEntry key={log.id} log={log} workflowNames={workflowNames} hasDetails={false} />
          ))}
        </ol>
      )}
    </section>
  );
}
