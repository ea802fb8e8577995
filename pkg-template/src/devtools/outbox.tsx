import { useState, useSyncExternalStore } from 'react';
import { outboxOf, type OutboxEntry } from '../outbox.js';
import type { Monitor } from './monitor.js';
import { ageOf, counted } from './texts.js';
import { TableHead } from './table-head.js';

const TONES: Record<OutboxEntry['state'], string> = {
  pending: 'pending',
  sending: 'live',
  failed: 'bad',
  blocked: '',
};

/** The unsent writes. Never shows values of rows. */
export function Outbox({ monitor }: { monitor: Monitor }) {
  const outbox = outboxOf(monitor.client);
  const { entries, error, isOnline } = useSyncExternalStore(outbox.subscribe, outbox.state);
  const [problem, setProblem] = useState<string | undefined>();
  const perform = (action: Promise<void>) => {
    setProblem(undefined);
    action.catch((thrown: unknown) => setProblem(String(thrown)));
  };
  return (
    <>
      <div className="bar">
        <span className={`badge ${isOnline ? 'good' : 'pending'}`}>{isOnline ? 'online' : 'offline'}</span>
        <span className="note">{counted(entries.length, 'write')}</span>
        <button type="button" disabled={entries.length === 0} onClick={() => perform(outbox.flush())}>
          Send now
        </button>
      </div>
      {(error ?? problem) && (
        <p className="warning" role="alert">
          {problem ?? error?.message}
        </p>
      )}
      {entries.length === 0 ? (
        <p className="empty">Every write is on the server.</p>
      ) : (
        <Writes
          entries={entries}
          retry={(id) => perform(outbox.retry(id))}
          discard={(id) => perform(outbox.discard(id))}
        />
      )}
    </>
  );
}

interface WritesProps {
  entries: readonly OutboxEntry[];
  retry: (id: string) => void;
  discard: (id: string) => void;
}

function Writes({ entries, retry, discard }: WritesProps) {
  return (
    <table>
      <TableHead titles={['Table', 'Action', 'Row', 'State', 'Attempts', 'Age', 'Error', '']} />
      <tbody>
        {entries.map(({ id, table, action, rowId, state, attempts, createdAt, error }) => (
          <tr key={id}>
            <td>{table}</td>
            <td className="method">{action}</td>
            <td>{rowId ?? '–'}</td>
            <td>
              <span className={`badge ${TONES[state]}`}>{state}</span>
            </td>
            <td className="number">{attempts}</td>
            <td>{ageOf(createdAt)}</td>
            <td>{error ? `${error.code} ${error.message}` : ''}</td>
            <td>
              {state === 'failed' && (
                <button type="button" onClick={() => retry(id)}>
                  Retry
                </button>
              )}
              {state !== 'sending' && (
                <button type="button" className="danger" onClick={() => discard(id)}>
                  Discard
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
