import { useAuditSummary, useBrandSettings, useSharedWorkflows, useWorkflows } from 'workflow-db/react';
import { auditHref, listHref, templatesHref } from '../app/route';
import { useProfile, useRunningExecutions } from '../data/entries';
import { Invitations } from '../sharing/Invitations';
import { ReadError } from '../sync/ReadError';
import { useTitle } from '../ui/useTitle';
import { Favorites } from './Favorites';
import { Figure } from './Figure';
import { RecentActivity } from './RecentActivity';
import { RunningNow } from './RunningNow';

export function DashboardPage({ userId }: { userId: string }) {
  useTitle('Dashboard');
  const { data: profile } = useProfile(userId);
  const { settings: brand } = useBrandSettings(userId);
  const { workflows, loading, error, refreshWorkflows } = useWorkflows(userId);
  const shared = useSharedWorkflows(userId);
  const running = useRunningExecutions(userId);
  const { totalActions } = useAuditSummary(userId);
  const firstName = profile?.full_name?.split(' ')[0];

  return (
    <div className="page">
      <div className="page-head">
        <div>
          <h1>{firstName === undefined ? 'Hello' : `Hello, ${firstName}`}</h1>
          <p className="subtle">{[brand?.brand_name, brand?.tagline].filter(Boolean).join(' · ') || ' '}</p>
        </div>
        <a className="button primary" href={templatesHref()}>
          Start from a template
        </a>
      </div>
      {error !== null && <ReadError error={error} onRetry={() => void refreshWorkflows()} />}
      <Invitations userId={userId} />
      <ul className="figures" aria-label="At a glance">
        <Figure
          label="Workflows in use"
          value={loading && workflows.length === 0 ? undefined : workflows.length}
          href={listHref()}
        />
        <Figure label="Running now" value={running.data?.total} href={listHref()} />
        <Figure label="Recorded actions" value={totalActions || undefined} href={auditHref()} />
      </ul>
      <div className="dashboard">
        <div className="dashboard-column">
          <RunningNow userId={userId} running={running} />
          <Favorites
            userId={userId}
            workflows={[...workflows, ...shared.workflows]}
            isLoading={loading || shared.loading}
          />
        </div>
        <RecentActivity userId={userId} />
      </div>
    </div>
  );
}
