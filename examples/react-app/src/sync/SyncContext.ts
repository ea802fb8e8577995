import { createContext, use } from 'react';
import type { OutboxEntry } from 'workflow-db/offline';
import type { UseSyncStatusResult, WorkflowPatch } from 'workflow-db/react';

export interface Sync {
  userId: string;
  status: UseSyncStatusResult;
  /** The writes that the user should know of: not those that are sent at once, as without an outbox. */
  unsent: readonly OutboxEntry[];
  /**
   * Makes a write of a form or a button. With a network, it feels as if there were no outbox: resolves when the server has
   * made the write, and rejects if it refuses. Otherwise the write waits, which resolves, too.
   *
   * @param rowId the id of the workflow that is written; of the result, if it is a new one
   * @param values what is written, to be corrected if the server refuses it later
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
