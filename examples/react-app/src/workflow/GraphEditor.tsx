import { useState } from 'react';
import { useExecution, type WorkflowWithRelations } from 'workflow-db/react';
import { adding, connecting as connectingNodes, type GraphNode } from '../graph/graph';
import type { Selection } from '../graph/selection';
import { WorkflowGraph } from '../graph/WorkflowGraph';
import { EmptyState } from '../ui/EmptyState';
import { AddNodeDialog } from './AddNodeDialog';
import { ConflictDialog } from './ConflictDialog';
import { GraphToolbar } from './GraphToolbar';
import { Inspector } from './Inspector';
import type { GraphDraft } from './useGraphDraft';

interface Props {
  workflow: WorkflowWithRelations;
  draft: GraphDraft;
  isOwn: boolean;
  executionId: string | undefined;
}

/** Picking the two ends of a new connection: first its source, then its target. */
export type Connecting = { source?: GraphNode };

export function GraphEditor({ workflow, draft, isOwn, executionId = '' }: Props) {
  const { graph, edit } = draft;
  const [selection, setSelection] = useState<Selection | null>(null);
  const [connecting, setConnecting] = useState<Connecting | null>(null);
  const [isAdding, setIsAdding] = useState(false);
  const { nodeResults } = useExecution(executionId);
  const statuses = new Map(nodeResults.map(({ node_id, status }) => [node_id, status]));
  const node = graph.nodes.find((each) => selection?.kind === 'node' && each.node_id === selection.id);

  const pick = (picked: Selection) => {
    const pickedNode = graph.nodes.find((each) => picked.kind === 'node' && each.node_id === picked.id);
    if (connecting === null || pickedNode === undefined) {
      setSelection(picked);
    } else if (connecting.source === undefined) {
      setConnecting({ source: pickedNode });
    } else if (connecting.source.node_id !== pickedNode.node_id) {
      edit(connectingNodes(connecting.source.node_id, pickedNode.node_id));
      setConnecting(null);
    }
  };
  const shownSelection: Selection | null = connecting?.source
    ? { kind: 'node', id: connecting.source.node_id }
    : selection;

  return (
    <section className="card editor" aria-label="Steps">
      {isOwn && (
        <GraphToolbar
          connecting={connecting}
          draft={draft}
          onAdd={() => setIsAdding(true)}
          onConnect={() => setConnecting({})}
          onStop={() => setConnecting(null)}
        />
      )}
      <div className="editor-body">
        {graph.nodes.length === 0 ? (
          <EmptyState
            icon="connect"
            title={isOwn ? 'No steps yet' : 'Its steps are not shared with you'}
            level={2}
          >
            {isOwn && <p>Add the first one, for example a text input with the brief.</p>}
          </EmptyState>
        ) : (
          <WorkflowGraph
            graph={graph}
            selection={shownSelection}
            onPick={pick}
            statuses={statuses}
            onEdit={isOwn ? edit : undefined}
          />
        )}
        {connecting === null && (
          <Inspector
            graph={graph}
            selection={selection}
            onEdit={isOwn ? edit : undefined}
            onConnect={(source) => setConnecting({ source })}
            onClose={() => setSelection(null)}
          />
        )}
      </div>
      {isAdding && (
        <AddNodeDialog
          graph={graph}
          after={node}
          onAdd={(added) => {
            edit(adding(added));
            setIsAdding(false);
            setSelection({ kind: 'node', id: added.node_id });
          }}
          onClose={() => setIsAdding(false)}
        />
      )}
      {draft.isInConflict && <ConflictDialog theirs={workflow} draft={draft} />}
    </section>
  );
}
