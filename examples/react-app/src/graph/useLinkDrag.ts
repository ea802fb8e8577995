import { useState, type PointerEvent } from 'react';
import type { GraphNode } from './graph';
import { pointOf, type Canvas, type Point } from './layout';

export interface LinkDrag {
  /** The connection being drawn. */
  link: { source: GraphNode; to: Point } | null;
  /** Event handlers for a node's port. */
  handlersOf: (source: GraphNode) => {
    onPointerDown: (event: PointerEvent) => void;
    onPointerMove: (event: PointerEvent) => void;
    onPointerUp: (event: PointerEvent) => void;
    onPointerCancel: () => void;
  };
}

/** Draws a connection from a node's port to the pointer. Dropping it on a node connects the two. */
export function useLinkDrag(canvas: Canvas, onLink: (source: string, target: string) => void): LinkDrag {
  const [link, setLink] = useState<LinkDrag['link']>(null);

  const handlersOf = (source: GraphNode) => ({
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      event.preventDefault();
      event.currentTarget.setPointerCapture(event.pointerId);
      setLink({ source, to: pointOf(event, canvas) });
    },
    onPointerMove: (event: PointerEvent) => {
      if (link !== null) setLink({ source, to: pointOf(event, canvas) });
    },
    onPointerUp: (event: PointerEvent) => {
      const below = document.elementFromPoint(event.clientX, event.clientY);
      const target = below?.closest<HTMLElement>('[data-node-id]')?.dataset.nodeId;
      if (link !== null && target !== undefined && target !== source.node_id) onLink(source.node_id, target);
      setLink(null);
    },
    onPointerCancel: () => setLink(null),
  });
  return { link, handlersOf };
}
