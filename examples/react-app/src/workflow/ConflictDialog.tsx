import type { WorkflowWithRelations } from 'workflow-db/react';
import type { Graph } from '../graph/graph';
import { Dialog } from '../ui/Dialog';
import type { GraphDraft } from './useGraphDraft';

interface Props {
  theirs: WorkflowWithRelations;
  draft: GraphDraft;
}

/** Two windows changed the same workflow; the user chooses one version. */
export function ConflictDialog({ theirs, draft }: Props) {
  return (
    <Dialog title="This workflow was changed elsewhere" onClose={draft.closeConflict}>
      <p>
        Somebody saved it since you began, in another window perhaps. Only one of the two versions can stay.
      </p>
      <dl className="versions">
        <div>
          <dt>Theirs</dt>
          <dd>{sizeOf(theirs)}</dd>
        </div>
        <div>
          <dt>Mine</dt>
          <dd>{sizeOf(draft.graph)}</dd>
        </div>
      </dl>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={draft.closeConflict}>
          Decide later
        </button>
        <button type="button" className="button" onClick={draft.discard}>
          Take theirs
        </button>
        <button type="button" className="button primary" onClick={draft.keepMine}>
          Keep mine
        </button>
      </div>
    </Dialog>
  );
}

function sizeOf({ nodes, connections }: Graph): string {
  const steps = nodes.length === 1 ? '1 step' : `${nodes.length} steps`;
  return `${steps}, ${connections.length === 1 ? '1 connection' : `${connections.length} connections`}`;
}
