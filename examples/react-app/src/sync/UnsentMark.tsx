import { useSync } from './SyncContext';

/** Marks a row that has unsent or refused changes. */
export function UnsentMark({ rowId }: { rowId: string }) {
  const { unsent, showOutbox } = useSync();
  const own = unsent.filter((entry) => entry.rowId === rowId);
  if (own.length === 0) return null;
  const isRefused = own.some(({ state }) => state === 'failed');
  return (
    <button
      type="button"
      className={isRefused ? 'badge unsent refused' : 'badge unsent'}
      title="Show changes"
      onClick={showOutbox}
    >
      {isRefused ? 'Change refused' : 'Not sent yet'}
    </button>
  );
}
