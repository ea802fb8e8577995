import { useState } from 'react';
import { db, type WorkflowNode, type WorkflowWithRelations } from 'workflow-db';
import { useAction } from '../data/useAction';
import { useRunStatuses } from '../executions/useRunStatuses';
import type { Selection } from '../graph/selection';
import { WorkflowGraph } from '../graph/WorkflowGraph';
import { EmptyState } from '../ui/EmptyState';
import { ErrorNote } from '../ui/ErrorNote';
import { AddNodeDialog } from './AddNodeDialog';
import { ConnectionInspector } from './ConnectionInspector';
import { GraphToolbar } from './GraphToolbar';
import { NodeInspector } from './NodeInspector';

interface Props {
  workflow: WorkflowWithRelations;
  isOwn: boolean;
  executionId: string | undefined;
}

/** Picking the two ends of a new connection: first its source, then its target. */
export type Connecting = { source?: WorkflowNode };

export function GraphEditor({ workflow, isOwn, executionId }: Props) {
  const { id, nodes, connections } = workflow;
  const [selection, setSelection] = useState<Selection | null>(null);
  const [connecting, setConnecting] = useState<Connecting | null>(null);
  const [isAdding, setIsAdding] = useState(false);
  const statuses = useRunStatuses(executionId);
  const connect = useAction(async (source: WorkflowNode, target: WorkflowNode) => {
    await db.createWorkflowConnection({
      workflow_id: id,
      source_node_id: source.node_id,
      target_node_id: target.node_id,
      connection_id: `${source.node_id}-${target.node_id}`,
    });
    setConnecting(null);
  });

  const pickNode = (node: WorkflowNode) => {
    if (connecting === null) {
      setSelection({ kind: 'node', id: node.id });
    } else if (connecting.source === undefined) {
      setConnecting({ source: node });
    } else if (connecting.source.id !== node.id) {
      void connect.run(connecting.source, node);
    }
  };
  const startConnecting = (source?: WorkflowNode) => {
    connect.dismiss();
    setConnecting(source === undefined ? {} : { source });
  };
  const stopConnecting = () => {
    connect.dismiss();
    setConnecting(null);
  };

  const picked = connecting?.source ? ({ kind: 'node', id: connecting.source.id } as const) : selection;
  const node = nodes.find((each) => selection?.kind === 'node' && each.id === selection.id);
  const connection = connections.find((each) => selection?.kind === 'connection' && each.id === selection.id);
  const close = () => setSelection(null);

  return (
    <section className="card editor" aria-label="Steps">
      {isOwn && (
        <GraphToolbar
          connecting={connecting}
          isConnecting={connect.isPending}
          canConnect={nodes.length > 1}
          onAdd={() => setIsAdding(true)}
          onConnect={() => startConnecting()}
          onStop={stopConnecting}
        />
      )}
      {connect.error !== null && (
        <ErrorNote
          error={connect.error}
          duplicate="These steps are connected already."
          onRetry={connect.retry}
          onDismiss={connect.dismiss}
        />
      )}
      <div className="editor-body">
        {nodes.length === 0 ? (
          <EmptyState
            icon="connect"
            title={isOwn ? 'No steps yet' : 'Its steps are not shared with you'}
            level={2}
          >
            {isOwn && <p>Add the first one, for example a text input with the brief.</p>}
          </EmptyState>
        ) : (
          <WorkflowGraph
            nodes={nodes}
            connections={connections}
            selection={picked}
            onPickNode={pickNode}
            onPickConnection={(each) => setSelection({ kind: 'connection', id: each.id })}
            statuses={statuses}
          />
        )}
        {node !== undefined && connecting === null && (
          <NodeInspector
            key={node.id}
            node={node}
            workflow={workflow}
            isOwn={isOwn}
            onConnect={() => startConnecting(node)}
            onClose={close}
          />
        )}
        {connection !== undefined && connecting === null && (
          <ConnectionInspector
            key={connection.id}
            connection={connection}
            nodes={nodes}
            isOwn={isOwn}
            onClose={close}
          />
        )}
      </div>
      {isAdding && (
        <AddNodeDialog
          workflow={workflow}
          after={node}
          onAdded={(added) => {
            setIsAdding(false);
            setSelection({ kind: 'node', id: added.id });
          }}
          onClose={() => setIsAdding(false)}
        />
      )}
    </section>
  );
}
