import { useState } from 'react';
import { db, type WorkflowNode, type WorkflowWithRelations } from 'workflow-db';
import { useAction } from '../data/useAction';
import { edgesOf, labelOf } from '../graph/layout';
import { nodeType } from '../graph/nodeTypes';
import { Icon } from '../ui/Icon';
import { InlineRename } from '../ui/InlineRename';
import { ConnectionItem } from './ConnectionItem';
import { DeleteNodeDialog } from './DeleteNodeDialog';
import { InspectorPanel } from './InspectorPanel';

interface Props {
  node: WorkflowNode;
  workflow: WorkflowWithRelations;
  isOwn: boolean;
  onConnect: () => void;
  onClose: () => void;
}

export function NodeInspector({ node, workflow, isOwn, onConnect, onClose }: Props) {
  const [isRenaming, setIsRenaming] = useState(false);
  const [isDeleting, setIsDeleting] = useState(false);
  const rename = useAction((label: string) => db.updateWorkflowNode(node.id, { label }));
  const edges = edgesOf(workflow.nodes, workflow.connections).filter(
    ({ source, target }) => source.id === node.id || target.id === node.id,
  );

  return (
    <InspectorPanel kind="Step" onClose={onClose}>
      {isRenaming ? (
        <InlineRename
          label="New label of the step"
          name={labelOf(node)}
          action={rename}
          onDone={() => setIsRenaming(false)}
        />
      ) : (
        <h3>{labelOf(node)}</h3>
      )}
      <p className="subtle">{nodeType(node.node_type).name}</p>
      {edges.length > 0 && (
        <ul className="connection-list" aria-label="Connections of this step">
          {edges.map(({ connection, source, target }) => (
            <ConnectionItem
              key={connection.id}
              connection={connection}
              text={source.id === node.id ? `to ${labelOf(target)}` : `from ${labelOf(source)}`}
              isOwn={isOwn}
            />
          ))}
        </ul>
      )}
      {isOwn && (
        <div className="inspector-actions">
          <button type="button" className="button small" onClick={() => setIsRenaming(true)}>
            <Icon name="edit" size={16} />
            Rename step
          </button>
          <button
            type="button"
            className="button small"
            disabled={workflow.nodes.length < 2}
            onClick={onConnect}
          >
            <Icon name="connect" size={16} />
            Connect to…
          </button>
          <button type="button" className="button small danger-text" onClick={() => setIsDeleting(true)}>
            <Icon name="trash" size={16} />
            Delete step
          </button>
        </div>
      )}
      {isDeleting && (
        <DeleteNodeDialog
          node={node}
          connections={edges.map(({ connection }) => connection)}
          onClose={() => setIsDeleting(false)}
        />
      )}
    </InspectorPanel>
  );
}
