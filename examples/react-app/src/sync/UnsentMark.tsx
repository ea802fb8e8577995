import { useSync } from './SyncContext';

/** Marks a row that the server has not got as it is shown, or whose change it refused. */
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
