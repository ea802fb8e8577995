import { useRef, useState, type PointerEvent } from 'react';
import type { GraphNode } from './graph';
import type { Point } from './layout';

/** Moving the pointer less than this selects a node; moving it further drags the node. In CSS pixels. */
const SLOP = 4;

interface Begin {
  node: GraphNode;
  pointer: Point;
  isDragging: boolean;
}

export interface NodeDrag {
  /** The current position of the dragged node. */
  dragged: { nodeId: string; at: Point } | null;
  /** Event handlers for a node's element. */
  handlersOf: (node: GraphNode) => {
    onPointerDown: (event: PointerEvent) => void;
    onPointerMove: (event: PointerEvent) => void;
    onPointerUp: (event: PointerEvent) => void;
    onPointerCancel: () => void;
  };
  /** Whether the current click ends a drag, and must not select. */
  wasDrag: () => boolean;
}

/** Moves nodes with a pointer: mouse, pen or finger. `onDrop` receives the final position. */
export function useNodeDrag(
  scale: number,
  onBegin: () => void,
  onDrop: (nodeId: string, to: Point) => void,
): NodeDrag {
  const begin = useRef<Begin | null>(null);
  const endedAt = useRef(-Infinity);
  const [dragged, setDragged] = useState<NodeDrag['dragged']>(null);

  const placeFor = (event: PointerEvent, { node, pointer }: Begin): Point => ({
    x: Math.round(node.position_x + (event.clientX - pointer.x) / scale),
    y: Math.round(node.position_y + (event.clientY - pointer.y) / scale),
  });
  const finish = () => {
    begin.current = null;
    setDragged(null);
  };

  const handlersOf = (node: GraphNode) => ({
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      // From the start: a fast pointer leaves a small node with its first move.
      event.currentTarget.setPointerCapture(event.pointerId);
      begin.current = { node, pointer: { x: event.clientX, y: event.clientY }, isDragging: false };
    },
    onPointerMove: (event: PointerEvent) => {
      const from = begin.current;
      if (from === null) return;
      const way = Math.hypot(event.clientX - from.pointer.x, event.clientY - from.pointer.y);
      if (!from.isDragging && way < SLOP) return;
      if (!from.isDragging) {
        from.isDragging = true;
        onBegin();
      }
      setDragged({ nodeId: from.node.node_id, at: placeFor(event, from) });
    },
    onPointerUp: (event: PointerEvent) => {
      const from = begin.current;
      if (from?.isDragging) {
        endedAt.current = event.timeStamp;
        onDrop(from.node.node_id, placeFor(event, from));
      }
      finish();
    },
    onPointerCancel: finish,
  });

  const wasDrag = () => performance.now() - endedAt.current < 100;
  return { dragged, handlersOf, wasDrag };
}
