import type { RefObject } from 'react';
import type { GraphConnection, GraphNode } from './graph';

export const NODE_WIDTH = 216;
export const NODE_HEIGHT = 80;

/** Margins around a read-only and an editable graph; the latter leaves room to move steps to. */
const MARGIN = 36;
const EDIT_MARGIN = 96;
/** Distance from one new node to the next. */
const COLUMN = NODE_WIDTH + 44;
const ROW = NODE_HEIGHT + 40;

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

export interface Edge {
  connection: GraphConnection;
  source: GraphNode;
  target: GraphNode;
  path: string;
  /** The middle of the path. */
  middle: Point;
}

/** Where and at what scale a graph is drawn. */
export interface Canvas {
  svg: RefObject<SVGSVGElement | null>;
  bounds: Box;
  scale: number;
}

/** A pointer's position on the graph. */
export function pointOf({ clientX, clientY }: PointerPlace, { svg, bounds, scale }: Canvas): Point {
  const { left = 0, top = 0 } = svg.current?.getBoundingClientRect() ?? {};
  return { x: bounds.x + (clientX - left) / scale, y: bounds.y + (clientY - top) / scale };
}

type PointerPlace = Pick<PointerEvent, 'clientX' | 'clientY'>;

/** The area to show so that every node is visible. */
export function boundsOf(nodes: readonly GraphNode[], isEditable: boolean): Box {
  const margin = isEditable ? EDIT_MARGIN : MARGIN;
  const xs = nodes.map((node) => node.position_x);
  const ys = nodes.map((node) => node.position_y);
  const x = Math.min(...xs) - margin;
  const y = Math.min(...ys) - margin;
  return {
    x,
    y,
    width: Math.max(...xs) + NODE_WIDTH + margin - x,
    height: Math.max(...ys) + NODE_HEIGHT + margin - y,
  };
}

/** The connections whose ends both exist. */
export function edgesOf(nodes: readonly GraphNode[], connections: readonly GraphConnection[]): Edge[] {
  const byId = new Map(nodes.map((node) => [node.node_id, node]));
  return connections.flatMap((connection) => {
    const source = byId.get(connection.source_node_id);
    const target = byId.get(connection.target_node_id);
    if (source === undefined || target === undefined) return [];
    return [{ connection, source, target, ...curve(source, target) }];
  });
}

/** From the right side of one card to the left side of the other. */
function curve(source: GraphNode, target: GraphNode): Pick<Edge, 'path' | 'middle'> {
  return curveTo(source, { x: target.position_x - 7, y: target.position_y + NODE_HEIGHT / 2 });
}

/** From the right side of a card to a point. */
export function curveTo(source: GraphNode, { x: x2, y: y2 }: Point): Pick<Edge, 'path' | 'middle'> {
  const x1 = source.position_x + NODE_WIDTH;
  const y1 = source.position_y + NODE_HEIGHT / 2;
  const forward = x2 - x1;
  const bend = forward > 0 ? Math.max(forward / 2, 24) : 60 + Math.min(-forward / 3, 120);
  return {
    path: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`,
    middle: { x: (x1 + x2) / 2, y: (y1 + y2) / 2 },
  };
}

/** A free place to the right of `after`, or of everything. */
export function placeForNew(
  nodes: readonly GraphNode[],
  after: GraphNode | undefined,
): { position_x: number; position_y: number } {
  const last = nodes.reduce<GraphNode | undefined>(
    (rightmost, node) =>
      rightmost === undefined || node.position_x > rightmost.position_x ? node : rightmost,
    undefined,
  );
  const anchor = after ?? last;
  if (anchor === undefined) return { position_x: 80, position_y: 80 };
  const position_x = anchor.position_x + COLUMN;
  let position_y = anchor.position_y;
  const isTaken = () =>
    nodes.some(
      (node) =>
        Math.abs(node.position_x - position_x) < NODE_WIDTH + 16 &&
        Math.abs(node.position_y - position_y) < NODE_HEIGHT + 16,
    );
  while (isTaken()) position_y += ROW;
  return { position_x, position_y };
}

export function labelOf(node: GraphNode): string {
  return node.label || node.node_id;
}
