import { createContext, use } from 'react';
import type { OutboxEntry } from 'workflow-db/offline';
import type { UseSyncStatusResult, WorkflowPatch } from 'workflow-db/react';

export interface Sync {
  userId: string;
  status: UseSyncStatusResult;
  /** The unsent writes to show to the user. Those that are being sent for the first time are not included. */
  unsent: readonly OutboxEntry[];
  /**
   * Performs the write of a form or a button. With a network, resolves when the server has accepted the write, and rejects if it
   * refuses it. Without one, resolves when the write is in the outbox.
   *
   * @param rowId the id of the workflow; by default that of the result, for a new workflow
   * @param values the written values, which the user can correct if the server refuses them later
   */
  submit: <Result>(write: () => Promise<Result>, rowId?: string, values?: WorkflowPatch) => Promise<Result>;
  showOutbox: () => void;
}

export const SyncContext = createContext<Sync | null>(null);

export function useSync(): Sync {
  const sync = use(SyncContext);
  if (sync === null) throw new Error('useSync needs a <SyncProvider>');
  return sync;
}
