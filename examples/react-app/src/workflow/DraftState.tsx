import type { OutboxEntry } from 'workflow-db/offline';
import { useSync } from '../sync/SyncContext';
import { keptOf } from '../sync/kept';
import type { GraphDraft } from './useGraphDraft';

/** Shows whether the graph is saved, on this device or on the server. Offers to resolve the conflict of a save from the outbox. */
export function DraftState({ workflowId, draft }: { workflowId: string; draft: GraphDraft }) {
  const { userId, status, unsent, showOutbox } = useSync();
  const save = unsent.find(({ rowId, action }) => rowId === workflowId && action === 'save');
  const isConflict = save?.state === 'failed' && save.error?.code === 'CONFLICT';

  const decide = () => {
    const { draft: refused } = keptOf(userId, save?.id ?? '');
    if (refused === undefined) showOutbox();
    else draft.decide({ ...refused, refusedId: save?.id });
  };

  return (
    <>
      <span className={draft.isDirty ? 'draft-state dirty' : 'draft-state'} role="status">
        {draft.isDirty ? 'Unsaved changes' : textOf(save)}
      </span>
      {isConflict && !draft.isDirty && (
        <button type="button" className="button small" disabled={!status.isOnline} onClick={decide}>
          Decide…
        </button>
      )}
    </>
  );
}

function textOf(save: OutboxEntry | undefined): string {
  if (save === undefined) return 'Saved';
  if (save.state !== 'failed') return 'Saved on this device';
  return save.error?.code === 'CONFLICT'
    ? 'Your changes conflict with those of others'
    : 'Your changes were refused';
}
