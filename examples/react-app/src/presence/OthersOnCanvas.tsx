import { useEffect } from 'react';
import { useRoom } from 'workflow-db/react';
import type { Graph } from '../graph/graph';
import { pointOf, type Canvas } from '../graph/layout';
import { Cursor } from './Cursor';
import { PickedBy } from './PickedBy';
import type { Presence } from './presence';

interface Props {
  workflowId: string;
  graph: Graph;
  /** This user's selection. */
  pickedId: string | null;
  canvas: Canvas;
}

/**
 * Shows the pointers and selections of the others, and sends this user's to them. A separate component, so that the graph
 * does not render again when a pointer moves.
 */
export function OthersOnCanvas({ workflowId, graph, pickedId, canvas }: Props) {
  const { others, setState } = useRoom<Presence>(workflowId);
  const { svg, bounds, scale } = canvas;

  useEffect(() => setState({ pickedId }), [setState, pickedId]);

  useEffect(() => {
    const element = svg.current;
    if (element === null) return undefined;
    const move = (event: PointerEvent) => {
      const { x, y } = pointOf(event, { svg, bounds, scale });
      setState({ cursor: { x: Math.round(x), y: Math.round(y) } });
    };
    const leave = () => setState({ cursor: null });
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerleave', leave);
    return () => {
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerleave', leave);
    };
  }, [svg, bounds, scale, setState]);

  return (
    <g className="others" aria-hidden="true">
      {others.map(({ userId, name, color, state }) => {
        const node = graph.nodes.find(({ node_id }) => node_id === state.pickedId);
        return (
          <g key={userId}>
            {node && <PickedBy node={node} color={color} />}
            {state.cursor && <Cursor at={state.cursor} name={name} color={color} scale={scale} />}
          </g>
        );
      })}
    </g>
  );
}
