import { useAuditSummary } from 'workflow-db/react';
import { actionLabel } from './describe';

const BARS = 6;
const ROW = 30;
const LABEL = 190;
const WIDTH = 480;
const VALUE = 34;

/** The number of each action among the newest hundred, live. */
export function AuditChart({ userId }: { userId: string }) {
  const { totalActions, actionsByType } = useAuditSummary(userId);
  const bars = Object.entries(actionsByType)
    .sort(([, a], [, b]) => b - a)
    .slice(0, BARS);
  const most = Math.max(1, ...bars.map(([, count]) => count));
  if (bars.length === 0) return null;

  return (
    <figure className="card audit-chart">
      <figcaption>
        <h2>Actions by type</h2>
        <p className="subtle">Of the newest 100, of {totalActions} in all</p>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${bars.length * ROW}`} role="img" aria-label={inWords(bars)}>
        {bars.map(([action, count], index) => {
          const length = ((WIDTH - LABEL - VALUE) * count) / most;
          return (
            <g key={action} transform={`translate(0 ${index * ROW})`}>
              <text className="chart-label" x={LABEL - 12} y={ROW / 2 + 5} textAnchor="end">
                {actionLabel(action)}
              </text>
              <rect
                className="chart-bar"
                x={LABEL}
                y={6}
                width={Math.max(3, length)}
                height={ROW - 12}
                rx={4}
              />
              <text className="chart-value" x={LABEL + length + 8} y={ROW / 2 + 5}>
                {count}
              </text>
            </g>
          );
        })}
      </svg>
    </figure>
  );
}

function inWords(bars: [action: string, count: number][]): string {
  return bars.map(([action, count]) => `${actionLabel(action)}: ${count}`).join(', ');
}
