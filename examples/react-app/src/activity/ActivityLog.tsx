import type { Activity } from '../data/activity';

const TIME = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hour12: false });

export function ActivityLog({ log }: { log: readonly Activity[] }) {
  return (
    <div className="activity-log">
      <h2>Last reads and requests</h2>
      {log.length === 0 ? (
        <p className="subtle">Nothing was read yet.</p>
      ) : (
        <ol tabIndex={0} aria-label="Last reads and requests">
          {log.map((activity) => (
            <LogLine key={activity.id} {...activity} />
          ))}
        </ol>
      )}
    </div>
  );
}

function LogLine({ at, event }: Activity) {
  if (event.type !== 'attempt') {
    return (
      <li className="log-line">
        <time>{TIME.format(at)}</time>
        <span className="log-kind free">{event.type === 'hit' ? 'cache' : 'joined'}</span>
        <span className="log-what">{event.key}</span>
        <span className="log-result">no request</span>
      </li>
    );
  }
  const { method, table, attempt, status, code, durationMs } = event;
  const outcome = [status, code]
    .filter((part) => part !== undefined && part !== status?.toString())
    .join(' ');
  return (
    <li className={code === undefined ? 'log-line' : 'log-line failed'}>
      <time>{TIME.format(at)}</time>
      <span className="log-kind">{method}</span>
      <span className="log-what">
        {table}
        {attempt > 1 && ` (attempt ${attempt})`}
      </span>
      <span className="log-result">
        {outcome} {Math.round(durationMs)} ms
      </span>
    </li>
  );
}
