import { useEffect, useRef } from 'react';
import type { OutboxEntry } from 'workflow-db/offline';
import { forget } from './kept';

/** Forgets what was kept of writes that left the outbox. */
export function useForgetting(userId: string, entries: readonly OutboxEntry[]): void {
  const before = useRef<readonly OutboxEntry[]>([]);

  useEffect(() => {
    const present = new Set(entries.map(({ id }) => id));
    for (const { id } of before.current) if (!present.has(id)) forget(userId, id);
    before.current = entries;
  }, [userId, entries]);
}
