import { useEffect, useId, useRef, useState } from 'react';
import type { ExecutionStatus } from 'workflow-db/react';
import { ArrowMarker } from './ArrowMarker';
import { changing, connecting, removing, type Graph, type GraphChange } from './graph';
import { GraphEdge } from './GraphEdge';
import { boundsOf, curveTo, edgesOf, type Point } from './layout';
import { NodeCard } from './NodeCard';
import { NodePort } from './NodePort';
import type { Selection } from './selection';
import { useLinkDrag } from './useLinkDrag';
import { useNodeDrag } from './useNodeDrag';
import { useWidth } from './useWidth';
import { ZoomControls } from './ZoomControls';

interface Props {
  graph: Graph;
  selection: Selection | null;
  onPick: (selection: Selection) => void;
  /** How each node did in the run that is open, by `node_id`. */
  statuses: ReadonlyMap<string, ExecutionStatus>;
  /** Undefined where the graph is only shown. */
  onEdit: ((change: GraphChange) => void) | undefined;
}

/** Below this scale labels cannot be read: the graph scrolls instead. */
const MIN_FIT = 0.56;
const MAX_FIT = 1;
const MIN_ZOOM = 0.3;
const MAX_ZOOM = 1.6;

export function WorkflowGraph({ graph, selection, onPick, statuses, onEdit }: Props) {
  const { nodes, connections } = graph;
  const viewport = useRef<HTMLDivElement>(null);
  const svg = useRef<SVGSVGElement>(null);
  const hintId = useId();
  const width = useWidth(viewport);
  const [zoom, setZoom] = useState<number | 'fit'>('fit');
  const bounds = boundsOf(nodes, onEdit !== undefined);
  const fit = Math.min(MAX_FIT, Math.max(MIN_FIT, width / bounds.width));
  const scale = zoom === 'fit' ? fit : zoom;
  const zoomBy = (factor: number) => setZoom(Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, scale * factor)));

  // What is being moved must not change its size when the graph grows.
  const keepScale = () => setZoom(scale);
  const nodeDrag = useNodeDrag(scale, keepScale, (nodeId, { x, y }) =>
    onEdit?.(changing(nodeId, () => ({ position_x: x, position_y: y }))),
  );
  const linkDrag = useLinkDrag(svg, { bounds, scale }, (source, target) =>
    onEdit?.(connecting(source, target)),
  );
  const { dragged } = nodeDrag;
  const shown = nodes.map((node) =>
    dragged?.nodeId === node.node_id ? { ...node, position_x: dragged.at.x, position_y: dragged.at.y } : node,
  );
  const moving = (nodeId: string) => (by: Point) => {
    keepScale();
    onEdit?.(
      changing(nodeId, ({ position_x, position_y }) => ({
        position_x: position_x + by.x,
        position_y: position_y + by.y,
      })),
    );
  };

  // What opens next to the graph makes it narrower: what is picked stays in view.
  useEffect(() => {
    const picked = viewport.current?.querySelector('[aria-pressed="true"]');
    picked?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [selection?.id, width]);

  return (
    <div className="graph">
      <p id={hintId} hidden>
        Once picked: the arrow keys move it, Delete removes it.
      </p>
      <div className="graph-viewport" ref={viewport} role="group" aria-label="Workflow graph" tabIndex={0}>
        {width > 0 && (
          <svg
            ref={svg}
            width={bounds.width * scale}
            height={bounds.height * scale}
            viewBox={`${bounds.x} ${bounds.y} ${bounds.width} ${bounds.height}`}
          >
            <ArrowMarker />
            {edgesOf(shown, connections).map((edge) => (
              <GraphEdge
                key={edge.connection.connection_id}
                edge={edge}
                isSelected={
                  selection?.kind === 'connection' && selection.id === edge.connection.connection_id
                }
                onPick={() => onPick({ kind: 'connection', id: edge.connection.connection_id })}
              />
            ))}
            {shown.map((node, index) => (
              <NodeCard
                key={node.node_id}
                node={nodes[index] ?? node}
                at={{ x: node.position_x, y: node.position_y }}
                status={statuses.get(node.node_id)}
                isSelected={selection?.kind === 'node' && selection.id === node.node_id}
                onPick={() => onPick({ kind: 'node', id: node.node_id })}
                editing={
                  onEdit && {
                    drag: nodeDrag,
                    onMove: moving(node.node_id),
                    onRemove: () => onEdit(removing(node.node_id)),
                    hintId,
                  }
                }
              />
            ))}
            {onEdit !== undefined &&
              shown.map((node) => (
                <NodePort
                  key={node.node_id}
                  node={node}
                  at={{ x: node.position_x, y: node.position_y }}
                  drag={linkDrag}
                />
              ))}
            {linkDrag.link !== null && (
              <path className="link-line" d={curveTo(linkDrag.link.source, linkDrag.link.to).path} />
            )}
          </svg>
        )}
      </div>
      <ZoomControls onZoom={zoomBy} onFit={() => setZoom('fit')} isFit={zoom === 'fit'} />
    </div>
  );
}
