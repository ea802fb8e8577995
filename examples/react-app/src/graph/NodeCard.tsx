import type { ExecutionStatus, WorkflowNode } from 'workflow-db';
import { Icon } from '../ui/Icon';
import { labelOf, NODE_HEIGHT, NODE_WIDTH } from './layout';
import { nodeType } from './nodeTypes';

interface Props {
  node: WorkflowNode;
  status: ExecutionStatus | undefined;
  isSelected: boolean;
  onPick: () => void;
}

export function NodeCard({ node, status, isSelected, onPick }: Props) {
  const { name, icon, tone } = nodeType(node.node_type);
  const label = labelOf(node);
  return (
    <foreignObject x={node.position_x} y={node.position_y} width={NODE_WIDTH} height={NODE_HEIGHT}>
      <button
        type="button"
        className={`node-card tone-${tone} ${status ?? ''} ${isSelected ? 'selected' : ''}`}
        aria-label={`Step ${label}, ${name}${status === undefined ? '' : `, ${status}`}`}
        aria-pressed={isSelected}
        title={`${label} · ${name}`}
        onClick={onPick}
      >
        <span className="node-icon">
          <Icon name={icon} size={24} />
        </span>
        <span className="node-text">
          <span className="node-label">{label}</span>
          <span className="node-type">{name}</span>
        </span>
      </button>
    </foreignObject>
  );
}
