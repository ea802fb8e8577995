import type { ReactNode } from 'react';
import type { ExecutionStatus } from 'workflow-db/react';
import { ArrowMarker } from './ArrowMarker';
import { changing, connecting, removing, type Graph, type GraphChange } from './graph';
import { GraphEdge } from './GraphEdge';
import { curveTo, edgesOf, type Canvas, type Point } from './layout';
import { NodeCard } from './NodeCard';
import { NodePort } from './NodePort';
import type { Selection } from './selection';
import { useLinkDrag } from './useLinkDrag';
import { useNodeDrag } from './useNodeDrag';

export interface GraphDrawingProps {
  graph: Graph;
  selection: Selection | null;
  onPick: (selection: Selection) => void;
  /** The status of each node in the selected run, by `node_id`. */
  statuses: ReadonlyMap<string, ExecutionStatus>;
  /** Undefined if the graph is read-only. */
  onEdit: ((change: GraphChange) => void) | undefined;
  /** What is drawn above the graph. */
  overlay?: (canvas: Canvas) => ReactNode;
}

interface Props extends GraphDrawingProps {
  canvas: Canvas;
  /** Keeps the scale while a node is moved, even if the graph grows. */
  onKeepScale: () => void;
  /** The id of the element that explains moving a node with the keyboard. */
  hintId: string;
}

/** The nodes and connections, with pointer and keyboard handling. */
export function GraphDrawing(props: Props) {
  const { graph, selection, onPick, statuses, onEdit, overlay, canvas, onKeepScale, hintId } = props;
  const nodeDrag = useNodeDrag(canvas.scale, onKeepScale, (nodeId, { x, y }) =>
    onEdit?.(changing(nodeId, () => ({ position_x: x, position_y: y }))),
  );
  const linkDrag = useLinkDrag(canvas, (source, target) => onEdit?.(connecting(source, target)));
  const { dragged } = nodeDrag;
  const shown = graph.nodes.map((node) =>
    dragged?.nodeId === node.node_id ? { ...node, position_x: dragged.at.x, position_y: dragged.at.y } : node,
  );
  const editingOf = (nodeId: string) =>
    onEdit && {
      drag: nodeDrag,
      onMove: (by: Point) => {
        onKeepScale();
        onEdit(movedBy(nodeId, by));
      },
      onRemove: () => onEdit(removing(nodeId)),
      hintId,
    };
  const isPicked = (kind: Selection['kind'], id: string) => selection?.kind === kind && selection.id === id;

  return (
    <>
      <ArrowMarker />
      {edgesOf(shown, graph.connections).map((edge) => {
        const id = edge.connection.connection_id;
        const pick = () => onPick({ kind: 'connection', id });
        return <GraphEdge key={id} edge={edge} isSelected={isPicked('connection', id)} onPick={pick} />;
      })}
      {graph.nodes.map((node, index) => (
        <NodeCard
          key={node.node_id}
          node={node}
          at={placeOf(shown[index] ?? node)}
          status={statuses.get(node.node_id)}
          isSelected={isPicked('node', node.node_id)}
          onPick={() => onPick({ kind: 'node', id: node.node_id })}
          editing={editingOf(node.node_id)}
        />
      ))}
      {onEdit !== undefined &&
        shown.map((node) => <NodePort key={node.node_id} node={node} drag={linkDrag} />)}
      {linkDrag.link !== null && (
        <path className="link-line" d={curveTo(linkDrag.link.source, linkDrag.link.to).path} />
      )}
      {overlay?.(canvas)}
    </>
  );
}

function movedBy(nodeId: string, { x, y }: Point): GraphChange {
  return changing(nodeId, ({ position_x, position_y }) => ({
    position_x: position_x + x,
    position_y: position_y + y,
  }));
}

function placeOf({ position_x, position_y }: { position_x: number; position_y: number }): Point {
  return { x: position_x, y: position_y };
}
