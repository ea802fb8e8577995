import { useState, type ReactNode } from 'react';
import type { OutboxEntry } from 'workflow-db/offline';
import { useSyncStatus } from 'workflow-db/react';
import { answerTo, isUnderWay } from './answers';
import { keep, keptOf, lastWriteTo } from './kept';
import { OutboxDialog } from './OutboxDialog';
import { SyncContext, type Sync } from './SyncContext';
import { useForgetting } from './useForgetting';
import { useOnlineSince } from './useOnlineSince';

/** Provides the state of the unsent writes, and shows them on request. */
export function SyncProvider({ userId, children }: { userId: string; children: ReactNode }) {
  const status = useSyncStatus();
  const onlineSince = useOnlineSince(status.isOnline);
  /** The ids of the writes whose forms are waiting for the server's response. */
  const [awaited, setAwaited] = useState<readonly string[]>([]);
  const [isOpen, setIsOpen] = useState(false);
  const entries = status.list();
  useForgetting(userId, entries);

  const isRoutine = (entry: OutboxEntry) =>
    status.isOnline && entry.createdAt >= onlineSince && isUnderWay(entry);
  const unsent = entries.filter((entry) => !awaited.includes(entry.id) && !isRoutine(entry));

  const submit: Sync['submit'] = async (write, rowId, values) => {
    const result = await write();
    const entry = lastWriteTo(rowId ?? (result as { id: string }).id);
    if (entry === undefined) return result;
    keep(userId, entry.id, { values: { ...keptOf(userId, entry.id).values, ...values } });
    // If it was merged with an earlier waiting write, the server's response does not belong to this form alone.
    if (entries.some(({ id }) => id === entry.id)) return result;
    setAwaited((ids) => [...ids, entry.id]);
    await answerTo(entry.id).finally(() => setAwaited((ids) => ids.filter((id) => id !== entry.id)));
    return result;
  };

  const sync = { userId, status, unsent, submit, showOutbox: () => setIsOpen(true) };
  return (
    <SyncContext value={sync}>
      {children}
      {isOpen && <OutboxDialog onClose={() => setIsOpen(false)} />}
    </SyncContext>
  );
}
