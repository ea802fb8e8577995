import { useState } from 'react';
import { db, type WorkflowNode, type WorkflowWithRelations } from 'workflow-db';
import { useAction } from '../data/useAction';
import { placeForNew } from '../graph/layout';
import { NODE_TYPES } from '../graph/nodeTypes';
import { Dialog } from '../ui/Dialog';
import { ErrorNote } from '../ui/ErrorNote';
import { PendingButton } from '../ui/PendingButton';

interface Props {
  workflow: WorkflowWithRelations;
  /** The step next to which the new one is placed. */
  after: WorkflowNode | undefined;
  onAdded: (node: WorkflowNode) => void;
  onClose: () => void;
}

export function AddNodeDialog({ workflow, after, onAdded, onClose }: Props) {
  const [label, setLabel] = useState('');
  const [type, setType] = useState('text_input');
  const add = useAction(() =>
    db.createWorkflowNode({
      workflow_id: workflow.id,
      node_type: type,
      node_id: `${type}-${Date.now().toString(36)}`,
      label: label.trim(),
      ...placeForNew(workflow.nodes, after),
    }),
  );

  const submit = async () => {
    const node = await add.run();
    if (node !== undefined) onAdded(node);
  };

  return (
    <Dialog title="Add a step" onClose={onClose}>
      <form
        className="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <label className="field">
          <span>Label</span>
          <input
            value={label}
            required
            pattern=".*\S.*"
            title="A label"
            maxLength={80}
            onChange={(event) => setLabel(event.target.value)}
          />
        </label>
        <label className="field">
          <span>Type</span>
          <select value={type} onChange={(event) => setType(event.target.value)}>
            {Object.entries(NODE_TYPES).map(([value, { name }]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {add.error !== null && <ErrorNote error={add.error} onRetry={() => void submit()} />}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <PendingButton type="submit" className="button primary" isPending={add.isPending}>
            Add step
          </PendingButton>
        </div>
      </form>
    </Dialog>
  );
}
