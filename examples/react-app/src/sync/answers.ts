import { getOutbox, type OutboxEntry } from 'workflow-db/offline';

/**
 * Resolves when the server has accepted a write, or when the write has to wait. If the server refuses it, discards the write and
 * rejects with the reason; the form still has the values.
 */
export async function answerTo(entryId: string): Promise<void> {
  const outbox = getOutbox();
  const entry = await new Promise<OutboxEntry | undefined>((resolve) => {
    const look = () => {
      const now = outbox.list().find(({ id }) => id === entryId);
      if (now !== undefined && outbox.isOnline && isUnderWay(now)) return;
      stop();
      resolve(now);
    };
    const stop = outbox.subscribe(look);
    look();
  });
  if (entry?.state !== 'failed') return;
  await outbox.discard(entryId);
  throw entry.error;
}

/** Whether a write is about to be sent, or is being sent, for the first time. */
export function isUnderWay({ state, attempts }: OutboxEntry): boolean {
  return (state === 'pending' && attempts === 0) || (state === 'sending' && attempts === 1);
}
