import { useId, useState } from 'react';
import { useActivity } from '../data/activity';
import { Icon } from '../ui/Icon';
import { ActivityLog } from './ActivityLog';
import { CacheStatistics } from './CacheStatistics';

/** At the bottom of every view: what the data layer does for it. */
export function ActivityPanel() {
  const summary = useActivity();
  const [isOpen, setIsOpen] = useState(false);
  const bodyId = useId();
  const { requests, requestsOfView, stats } = summary;

  return (
    <section className="activity" aria-label="Data activity">
      <button
        type="button"
        className="activity-bar"
        aria-expanded={isOpen}
        aria-controls={bodyId}
        onClick={() => setIsOpen(!isOpen)}
      >
        <span className={stats.inFlight > 0 ? 'pulse busy' : 'pulse'} aria-hidden="true" />
        <span>
          <strong data-testid="requests-of-view">{requestsOfView}</strong>{' '}
          {requestsOfView === 1 ? 'request' : 'requests'} for this view
        </span>
        <span className="activity-more">
          <span className="activity-total">{requests} in all · </span>
          {stats.hits} from the cache
        </span>
        <Icon name="chevron" />
      </button>
      <div id={bodyId} className="activity-body" hidden={!isOpen}>
        <CacheStatistics summary={summary} />
        <ActivityLog log={summary.log} />
      </div>
    </section>
  );
}
