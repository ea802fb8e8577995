import type { ActiveSubscription } from '../realtime-types.js';
import type { Monitor } from './monitor.js';
import { TableHead } from './table-head.js';

const TONES: Record<ActiveSubscription['status'], string> = {
  connecting: 'pending',
  live: 'good',
  reconnecting: 'pending',
  closed: '',
  error: 'bad',
};

/** The active subscriptions. */
export function Subscriptions({ monitor }: { monitor: Monitor }) {
  const subscriptions = monitor.client.realtime.getActiveSubscriptions();
  if (subscriptions.length === 0) return <p className="empty">There is no subscription.</p>;
  return (
    <table>
      <TableHead titles={['Table', 'Scope', 'Status', 'Events', 'Resyncs', 'Id']} />
      <tbody>
        {subscriptions.map(({ id, table, scope, filter, status, events, resyncs }) => (
          <tr key={id}>
            <td>{table}</td>
            <td>{[scope, filter].filter(Boolean).join(' · ') || 'all'}</td>
            <td>
              <span className={`badge ${TONES[status]}`}>{status}</span>
            </td>
            <td className="number">{events}</td>
            <td className="number">{resyncs}</td>
            <td>{id}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
