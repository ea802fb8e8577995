import type { TemplateData } from 'workflow-db/react';
import { boundsOf, edgesOf, NODE_HEIGHT, NODE_WIDTH } from '../graph/layout';
import { nodeType } from '../graph/nodeTypes';

/** A small decorative drawing of a template's graph. */
export function TemplatePreview({ data: { nodes, connections } }: { data: TemplateData }) {
  if (nodes.length === 0) return <div className="template-preview" />;
  const { x, y, width, height } = boundsOf(nodes, false);
  return (
    <svg className="template-preview" viewBox={`${x} ${y} ${width} ${height}`} aria-hidden="true">
      {edgesOf(nodes, connections).map(({ connection, path }) => (
        <path key={connection.connection_id} className="edge-line" d={path} />
      ))}
      {nodes.map((node) => (
        <rect
          key={node.node_id}
          className={`preview-node tone-${nodeType(node.node_type).tone}`}
          x={node.position_x}
          y={node.position_y}
          width={NODE_WIDTH}
          height={NODE_HEIGHT}
          rx={16}
        />
      ))}
    </svg>
  );
}
