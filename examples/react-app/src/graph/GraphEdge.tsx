import { labelOf, type Edge } from './layout';

interface Props {
  edge: Edge;
  isSelected: boolean;
  onPick: () => void;
}

export function GraphEdge({ edge, isSelected, onPick }: Props) {
  const label = `Connection from ${labelOf(edge.source)} to ${labelOf(edge.target)}`;
  return (
    <g
      className={isSelected ? 'edge selected' : 'edge'}
      role="button"
      tabIndex={0}
      aria-label={label}
      aria-pressed={isSelected}
      onClick={onPick}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        onPick();
      }}
    >
      <path className="edge-reach" d={edge.path} />
      <circle className="edge-reach" cx={edge.middle.x} cy={edge.middle.y} r={14} />
      <path className="edge-line" d={edge.path} markerEnd="url(#arrow)" />
    </g>
  );
}
