import { useState } from 'react';
import type { Graph } from '../graph/graph';
import { Dialog } from '../ui/Dialog';
import { ConflictChoice } from './ConflictChoice';
import { resolved, subjectOf, versionText, type GraphConflicts, type Side } from './conflicts';

interface Props {
  conflict: GraphConflicts;
  onResolve: (graph: Graph) => void;
  onClose: () => void;
}

/** Lets the user decide on each conflict. Everything else is merged already. */
export function ConflictDialog({ conflict, onResolve, onClose }: Props) {
  const { conflicts } = conflict;
  const [sides, setSides] = useState<readonly Side[]>(() => conflicts.map(() => 'mine'));

  return (
    <Dialog title="This workflow was changed elsewhere" onClose={onClose}>
      <form
        className="fields"
        onSubmit={(event) => {
          event.preventDefault();
          onResolve(resolved(conflict, sides));
        }}
      >
        <p>
          {conflicts.length === 1
            ? 'Someone else changed the same thing. Everything else is merged.'
            : `Someone else changed the same ${conflicts.length} things. Everything else is merged.`}
        </p>
        {conflicts.map((each, index) => (
          <ConflictChoice
            key={[each.node_id ?? each.connection_id, ...each.path].join(' ')}
            subject={subjectOf(each, conflict)}
            theirs={versionText(each, each.theirs)}
            mine={versionText(each, each.mine)}
            side={sides[index] ?? 'mine'}
            onChoose={(side) => setSides(sides.with(index, side))}
          />
        ))}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Decide later
          </button>
          <button type="submit" className="button primary">
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
