import { useEffect, useRef, useState } from 'react';
import type { ExecutionStatus, WorkflowConnection, WorkflowNode } from 'workflow-db';
import { boundsOf, edgesOf } from './layout';
import { GraphEdge } from './GraphEdge';
import { NodeCard } from './NodeCard';
import type { Selection } from './selection';
import { useWidth } from './useWidth';
import { ZoomControls } from './ZoomControls';

interface Props {
  nodes: readonly WorkflowNode[];
  connections: readonly WorkflowConnection[];
  selection: Selection | null;
  onPickNode: (node: WorkflowNode) => void;
  onPickConnection: (connection: WorkflowConnection) => void;
  /** How each node did in the run that is open, by `node_id`. */
  statuses: ReadonlyMap<string, ExecutionStatus>;
}

/** Below this scale labels cannot be read: the graph scrolls instead. */
const MIN_FIT = 0.56;
const MAX_FIT = 1;
const MIN_ZOOM = 0.3;
const MAX_ZOOM = 1.6;

export function WorkflowGraph({
  nodes,
  connections,
  selection,
  onPickNode,
  onPickConnection,
  statuses,
}: Props) {
  const viewport = useRef<HTMLDivElement>(null);
  const width = useWidth(viewport);
  const [zoom, setZoom] = useState<number | 'fit'>('fit');
  const bounds = boundsOf(nodes);
  const fit = Math.min(MAX_FIT, Math.max(MIN_FIT, width / bounds.width));
  const scale = zoom === 'fit' ? fit : zoom;
  const zoomBy = (factor: number) => setZoom(Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, scale * factor)));

  // What opens next to the graph makes it narrower: what is picked stays in view.
  useEffect(() => {
    const picked = viewport.current?.querySelector('[aria-pressed="true"]');
    picked?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [selection?.id, width]);

  return (
    <div className="graph">
      <div className="graph-viewport" ref={viewport} role="group" aria-label="Workflow graph" tabIndex={0}>
        {width > 0 && (
          <svg
            width={bounds.width * scale}
            height={bounds.height * scale}
            viewBox={`${bounds.x} ${bounds.y} ${bounds.width} ${bounds.height}`}
          >
            <defs>
              <marker
                id="arrow"
                viewBox="0 0 8 8"
                refX="4"
                refY="4"
                markerWidth="8"
                markerHeight="8"
                orient="auto"
              >
                <path d="M1 .5L7 4 1 7.5z" />
              </marker>
            </defs>
            {edgesOf(nodes, connections).map((edge) => (
              <GraphEdge
                key={edge.connection.id}
                edge={edge}
                isSelected={selection?.kind === 'connection' && selection.id === edge.connection.id}
                onPick={() => onPickConnection(edge.connection)}
              />
            ))}
            {nodes.map((node) => (
              <NodeCard
                key={node.id}
                node={node}
                status={statuses.get(node.node_id)}
                isSelected={selection?.kind === 'node' && selection.id === node.id}
                onPick={() => onPickNode(node)}
              />
            ))}
          </svg>
        )}
      </div>
      <ZoomControls onZoom={zoomBy} onFit={() => setZoom('fit')} isFit={zoom === 'fit'} />
    </div>
  );
}
