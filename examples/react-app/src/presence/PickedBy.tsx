import type { GraphNode } from '../graph/graph';
import { NODE_HEIGHT, NODE_WIDTH } from '../graph/layout';

const GAP = 5;

/** The frame around a step that someone else has selected. */
export function PickedBy({ node, color }: { node: GraphNode; color: string }) {
  return (
    <rect
      className="picked-by"
      x={node.position_x - GAP}
      y={node.position_y - GAP}
      width={NODE_WIDTH + 2 * GAP}
      height={NODE_HEIGHT + 2 * GAP}
      rx={20}
      stroke={color}
    />
  );
}
