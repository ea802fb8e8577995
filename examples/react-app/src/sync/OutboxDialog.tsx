import { useRef } from 'react';
import type { OutboxEntry } from 'workflow-db/offline';
import { PendingButton } from '../ui/PendingButton';
import { Dialog } from '../ui/Dialog';
import { useWorkflowNames } from '../workflows/useWorkflowNames';
import { keptOf } from './kept';
import { OutboxItem } from './OutboxItem';
import { useSync } from './SyncContext';

/** Lists the unsent writes: what each does, why it waits, and what the user can do about it. */
export function OutboxDialog({ onClose }: { onClose: () => void }) {
  const { userId, status, unsent } = useSync();
  const stored = useWorkflowNames(userId);
  const names = new Map([...newNames(userId, unsent), ...stored]);
  const list = useRef<HTMLUListElement>(null);
  const onFocusLost = () => list.current?.focus();

  return (
    <Dialog title="Changes on this device" onClose={onClose}>
      <p className="subtle" role="status">
        {unsent.length === 0
          ? 'The server has all your changes.'
          : 'The server does not have these changes yet. They stay here until it does, or until you discard them.'}
      </p>
      <ul className="outbox" aria-label="Changes" ref={list} tabIndex={-1}>
        {unsent.map((entry) => (
          <OutboxItem
            key={entry.id}
            entry={entry}
            names={names}
            onFocusLost={onFocusLost}
            onClose={onClose}
          />
        ))}
      </ul>
      <div className="dialog-actions">
        {status.pending > 0 && (
          <PendingButton className="button" isPending={status.isFlushing} onClick={() => void status.flush()}>
            Send now
          </PendingButton>
        )}
        <button type="button" className="button primary" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

/** The names of workflows that are not created yet. If the server refused one, no row has its name. */
function newNames(userId: string, entries: readonly OutboxEntry[]): [id: string, name: string][] {
  return entries.flatMap(({ id, rowId, action }) => {
    const name = keptOf(userId, id).values?.name;
    return action === 'insert' && rowId !== null && name !== undefined ? [[rowId, name]] : [];
  });
}
