import { useState } from 'react';
import { useExecution, type WorkflowWithRelations } from 'workflow-db/react';
import { adding } from '../graph/graph';
import { WorkflowGraph } from '../graph/WorkflowGraph';
import { OthersOnCanvas } from '../presence/OthersOnCanvas';
import { AddNodeDialog } from './AddNodeDialog';
import { ConflictDialog } from './ConflictDialog';
import { GraphToolbar } from './GraphToolbar';
import { Inspector } from './Inspector';
import { NoSteps } from './NoSteps';
import type { GraphDraft } from './useGraphDraft';
import { usePicking } from './usePicking';

interface Props {
  workflow: WorkflowWithRelations;
  draft: GraphDraft;
  canEdit: boolean;
  /** Whether the user is the owner or a member, and may enter the room. */
  hasRoom: boolean;
  executionId: string | undefined;
}

export function GraphEditor({ workflow, draft, canEdit, hasRoom, executionId = '' }: Props) {
  const { graph, edit } = draft;
  const { selection, select, shown, pick, connecting, setConnecting } = usePicking(draft);
  const [isAdding, setIsAdding] = useState(false);
  const { nodeResults } = useExecution(executionId);
  const statuses = new Map(nodeResults.map(({ node_id, status }) => [node_id, status]));

  return (
    <section className="card editor" aria-label="Steps">
      {canEdit && (
        <GraphToolbar
          workflowId={workflow.id}
          connecting={connecting}
          draft={draft}
          onAdd={() => setIsAdding(true)}
          onConnect={() => setConnecting({})}
          onStop={() => setConnecting(null)}
        />
      )}
      <div className="editor-body">
        {graph.nodes.length === 0 ? (
          <NoSteps canEdit={canEdit} />
        ) : (
          <WorkflowGraph
            graph={graph}
            selection={shown}
            onPick={pick}
            statuses={statuses}
            onEdit={canEdit ? edit : undefined}
            overlay={(canvas) =>
              hasRoom && (
                <OthersOnCanvas
                  workflowId={workflow.id}
                  graph={graph}
                  pickedId={selection?.id ?? null}
                  canvas={canvas}
                />
              )
            }
          />
        )}
        {connecting === null && (
          <Inspector
            graph={graph}
            selection={selection}
            onEdit={canEdit ? edit : undefined}
            onConnect={(source) => setConnecting({ source })}
            onClose={() => select(null)}
          />
        )}
      </div>
      {isAdding && (
        <AddNodeDialog
          graph={graph}
          after={graph.nodes.find((node) => selection?.kind === 'node' && node.node_id === selection.id)}
          onAdd={(added) => {
            edit(adding(added));
            setIsAdding(false);
            select({ kind: 'node', id: added.node_id });
          }}
          onClose={() => setIsAdding(false)}
        />
      )}
      {draft.conflict !== null && (
        <ConflictDialog conflict={draft.conflict} onResolve={draft.resolve} onClose={draft.closeConflict} />
      )}
    </section>
  );
}
