import type { LoggedRequest, Monitor } from './monitor.js';
import { counted } from './texts.js';
import { TableHead } from './table-head.js';

/** The requests to the server, newest first. */
export function Requests({ monitor }: { monitor: Monitor }) {
  const { requests } = monitor;
  const underWay = requests.filter(({ isUnderWay }) => isUnderWay).length;
  if (requests.length === 0) return <p className="empty">Nothing was asked of the server yet.</p>;
  return (
    <>
      <div className="bar">
        <span className="note">
          {counted(requests.length, 'request')}, {underWay} in flight
        </span>
      </div>
      <table>
        <TableHead titles={['Method', 'Table', 'Status', 'Attempts', 'Duration', 'Answers']} />
        <tbody>
          {requests.map((request) => (
            <Request key={request.number} request={request} />
          ))}
        </tbody>
      </table>
    </>
  );
}

function Request({ request }: { request: LoggedRequest }) {
  const { method, table, attempts, durationMs, reads } = request;
  return (
    <tr>
      <td className={`method ${method.toLowerCase()}`}>{method}</td>
      <td>{table}</td>
      <td>
        <Status request={request} />
      </td>
      <td className={attempts > 1 ? 'number warning' : 'number'}>{attempts}</td>
      <td className="number">{durationMs === undefined ? '–' : `${durationMs.toFixed(0)} ms`}</td>
      <td>{reads > 1 ? <span className="badge live">batch of {reads} reads</span> : '1 call'}</td>
    </tr>
  );
}

function Status({ request: { isUnderWay, status, code } }: { request: LoggedRequest }) {
  if (isUnderWay) return <span className="badge pending">in flight</span>;
  if (code === undefined) return <span className="badge good">{status}</span>;
  return <span className="badge bad">{status === undefined ? code : `${status} ${code}`}</span>;
}
