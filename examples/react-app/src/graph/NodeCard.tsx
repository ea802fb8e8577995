import type { KeyboardEvent } from 'react';
import type { ExecutionStatus } from 'workflow-db/react';
import { Icon } from '../ui/Icon';
import type { GraphNode } from './graph';
import { labelOf, NODE_HEIGHT, NODE_WIDTH, type Point } from './layout';
import { nodeType } from './nodeTypes';
import type { NodeDrag } from './useNodeDrag';

interface Props {
  node: GraphNode;
  at: Point;
  status: ExecutionStatus | undefined;
  isSelected: boolean;
  onPick: () => void;
  /** Undefined if the graph is read-only. */
  editing:
    | {
        drag: NodeDrag;
        onMove: (by: Point) => void;
        onRemove: () => void;
        hintId: string;
      }
    | undefined;
}

const STEP = 20;
const SMALL_STEP = 2;
const DIRECTIONS: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

export function NodeCard({ node, at, status, isSelected, onPick, editing }: Props) {
  const { name, icon, tone } = nodeType(node.node_type);
  const label = labelOf(node);

  const onKeyDown = (event: KeyboardEvent) => {
    if (editing === undefined || !isSelected) return;
    const direction = DIRECTIONS[event.key];
    if (direction !== undefined) {
      event.preventDefault();
      const step = event.shiftKey ? SMALL_STEP : STEP;
      editing.onMove({ x: direction.x * step, y: direction.y * step });
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault();
      editing.onRemove();
    }
  };

  return (
    <foreignObject x={at.x} y={at.y} width={NODE_WIDTH} height={NODE_HEIGHT}>
      <button
        type="button"
        className={`node-card tone-${tone} ${status ?? ''} ${isSelected ? 'selected' : ''} ${editing ? 'movable' : ''}`}
        data-node-id={node.node_id}
        aria-pressed={isSelected}
        aria-describedby={editing?.hintId}
        title={`${label} · ${name}`}
        onClick={() => {
          if (!editing?.drag.wasDrag()) onPick();
        }}
        onKeyDown={onKeyDown}
        {...editing?.drag.handlersOf(node)}
      >
        <span className="node-icon">
          <Icon name={icon} size={24} />
        </span>
        <span className="hidden-text">Step </span>
        <span className="node-text">
          <span className="node-label">{label}</span>
          <span className="node-type">{name}</span>
        </span>
        {status !== undefined && <span className="hidden-text">{status}</span>}
      </button>
    </foreignObject>
  );
}
