import { useEffect, useRef } from 'react';
import { getOutbox, type OutboxEntry } from 'workflow-db/offline';
import { forget, keptHere } from './kept';

/** Forgets what was kept of writes that left the outbox. */
export function useForgetting(userId: string, entries: readonly OutboxEntry[]): void {
  const before = useRef<readonly OutboxEntry[]>([]);

  useEffect(() => {
    const present = new Set(
      getOutbox()
        .list()
        .map(({ id }) => id),
    );
    // A write may be sent so soon that it was never shown.
    const known = [...keptHere, ...before.current.map(({ id }) => id)];
    for (const id of known) if (!present.has(id)) forget(userId, id);
    before.current = entries;
  }, [userId, entries]);
}
