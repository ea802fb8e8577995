import type { GraphNode } from './graph';
import { NODE_HEIGHT, NODE_WIDTH } from './layout';
import type { LinkDrag } from './useLinkDrag';

/** The handle to draw a connection from, for pointers only: keyboard users have "Connect to…". */
export function NodePort({ node, drag }: { node: GraphNode; drag: LinkDrag }) {
  const x = node.position_x + NODE_WIDTH;
  const y = node.position_y + NODE_HEIGHT / 2;
  return (
    <g className="port" aria-hidden="true" data-port-of={node.node_id} {...drag.handlersOf(node)}>
      <circle className="port-reach" cx={x + 4} cy={y} r={16} />
      <circle className="port-dot" cx={x} cy={y} r={8} />
    </g>
  );
}
