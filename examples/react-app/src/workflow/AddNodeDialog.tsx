import { useState } from 'react';
import type { Graph, GraphNode } from '../graph/graph';
import { placeForNew } from '../graph/layout';
import { NODE_TYPES } from '../graph/nodeTypes';
import { Dialog } from '../ui/Dialog';
import { shortId } from '../ui/shortId';

interface Props {
  graph: Graph;
  /** The step to place the new one next to. */
  after: GraphNode | undefined;
  onAdd: (node: GraphNode) => void;
  onClose: () => void;
}

export function AddNodeDialog({ graph, after, onAdd, onClose }: Props) {
  const [label, setLabel] = useState('');
  const [type, setType] = useState('text_input');

  return (
    <Dialog title="Add a step" onClose={onClose}>
      <form
        className="fields"
        onSubmit={(event) => {
          event.preventDefault();
          onAdd({
            node_type: type,
            node_id: `${type}-${shortId()}`,
            label: label.trim(),
            config: {},
            ...placeForNew(graph.nodes, after),
          });
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
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary">
            Add step
          </button>
        </div>
      </form>
    </Dialog>
  );
}
