import { useState } from 'react';
import type { OutboxEntry } from 'workflow-db/offline';
import { workflowHref } from '../app/route';
import { InlineRename } from '../ui/InlineRename';
import { RelativeTime } from '../ui/RelativeTime';
import { useAction } from '../ui/useAction';
import { correctName, needsName } from './correct';
import { stateText, titleOf } from './describe';
import { DiscardButton } from './DiscardButton';
import { keptOf } from './kept';
import { useSync } from './SyncContext';

interface Props {
  entry: OutboxEntry;
  /** The names of the workflows, by id. */
  names: ReadonlyMap<string, string>;
  /** Called when the focused element is about to disappear. */
  onFocusLost: () => void;
  /** Closes the dialog that contains it. */
  onClose: () => void;
}

export function OutboxItem({ entry, names, onFocusLost, onClose }: Props) {
  const { userId, status } = useSync();
  const [isRenaming, setIsRenaming] = useState(false);
  const { id, rowId, state, action, createdAt, error } = entry;
  const newName = keptOf(userId, id).values?.name;
  const title = titleOf(entry, names.get(rowId ?? ''), newName);
  const rename = useAction(async (wanted: string) => {
    await correctName(userId, entry, wanted);
    onFocusLost();
    return wanted;
  });
  const isConflict = action === 'save' && state === 'failed' && error?.code === 'CONFLICT';

  return (
    <li className={state === 'failed' ? 'outbox-item refused' : 'outbox-item'}>
      <strong>{title}</strong>
      <p>{stateText(entry, status.isOnline)}</p>
      <p className="subtle">
        <RelativeTime timestamp={new Date(createdAt).toISOString().slice(0, -1)} />
      </p>
      {isRenaming ? (
        <InlineRename
          label="Another name"
          name={newName ?? ''}
          action={rename}
          onDone={() => {
            setIsRenaming(false);
            onFocusLost();
          }}
        />
      ) : (
        <div className="outbox-actions" role="group" aria-label={`Actions for ${title}`}>
          {needsName(entry) && (
            <button type="button" className="button small primary" onClick={() => setIsRenaming(true)}>
              Change the name
            </button>
          )}
          {isConflict && (
            <a className="button small primary" href={workflowHref(rowId ?? '')} onClick={onClose}>
              Open the workflow
            </a>
          )}
          {state === 'failed' && (
            <button type="button" className="button small" onClick={() => void status.retry(id)}>
              Try again
            </button>
          )}
          {state !== 'sending' && <DiscardButton title={title} onDiscard={() => void discard()} />}
        </div>
      )}
    </li>
  );

  async function discard() {
    await status.discard(id);
    onFocusLost();
  }
}
