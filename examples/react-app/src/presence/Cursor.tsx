import type { Point } from '../graph/layout';

interface Props {
  at: Point;
  name: string;
  color: string;
  /** The scale of the graph; the pointer has the same size at every scale. */
  scale: number;
}

export function Cursor({ at, name, color, scale }: Props) {
  return (
    <g className="cursor" style={{ transform: `translate(${at.x}px, ${at.y}px) scale(${1 / scale})` }}>
      <path d="M0 0l5 15 3.5-6 6.5-3z" fill={color} />
      <text x={18} y={24} stroke={color}>
        {name}
      </text>
    </g>
  );
}
