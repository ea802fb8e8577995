import { useEffect } from 'react';
import { getOutbox, type OutboxEntry } from 'workflow-db/offline';
import { forget, known } from './kept';

/** Removes the copies of writes that left the outbox. */
export function useForgetting(userId: string, entries: readonly OutboxEntry[]): void {
  useEffect(() => {
    const present = getOutbox()
      .list()
      .map(({ id }) => id);
    for (const { id } of entries) known.add(id);
    for (const id of known) if (!present.includes(id)) forget(userId, id);
  }, [userId, entries]);
}
