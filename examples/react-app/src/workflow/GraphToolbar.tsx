import { labelOf } from '../graph/layout';
import { Icon } from '../ui/Icon';
import { PendingButton } from '../ui/PendingButton';
import { DraftState } from './DraftState';
import type { GraphDraft } from './useGraphDraft';
import type { Connecting } from './usePicking';

interface Props {
  workflowId: string;
  connecting: Connecting | null;
  draft: GraphDraft;
  onAdd: () => void;
  onConnect: () => void;
  onStop: () => void;
}

export function GraphToolbar({ workflowId, connecting, draft, onAdd, onConnect, onStop }: Props) {
  const { graph, isDirty, save, discard } = draft;
  if (connecting !== null) {
    return (
      <div className="toolbar connecting">
        <p role="status">{promptFor(connecting)}</p>
        <button type="button" className="button small" onClick={onStop}>
          Cancel
        </button>
      </div>
    );
  }
  return (
    <div className="toolbar">
      <button type="button" className="button small" onClick={onAdd}>
        <Icon name="plus" />
        Add step
      </button>
      <button type="button" className="button small" disabled={graph.nodes.length < 2} onClick={onConnect}>
        <Icon name="connect" />
        Connect steps
      </button>
      <DraftState workflowId={workflowId} draft={draft} />
      {isDirty && (
        <>
          <button type="button" className="button small" onClick={discard}>
            <Icon name="undo" size={16} />
            Discard
          </button>
          <PendingButton
            className="button small primary"
            isPending={save.isPending}
            onClick={() => void save.run()}
          >
            <Icon name="save" size={16} />
            Save
          </PendingButton>
        </>
      )}
    </div>
  );
}

function promptFor({ source }: Connecting): string {
  if (source === undefined) return 'Pick the step where the connection begins.';
  return `Pick the step that follows “${labelOf(source)}”.`;
}
