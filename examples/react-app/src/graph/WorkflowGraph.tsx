import { useEffect, useId, useRef, useState } from 'react';
import { GraphDrawing, type GraphDrawingProps } from './GraphDrawing';
import { boundsOf } from './layout';
import { useWidth } from './useWidth';
import { ZoomControls } from './ZoomControls';

/** Below this scale labels are unreadable, so the graph scrolls instead. */
const MIN_FIT = 0.56;
const MAX_FIT = 1;
const MIN_ZOOM = 0.3;
const MAX_ZOOM = 1.6;

export function WorkflowGraph(props: GraphDrawingProps) {
  const { graph, selection, onEdit } = props;
  const viewport = useRef<HTMLDivElement>(null);
  const svg = useRef<SVGSVGElement>(null);
  const hintId = useId();
  const width = useWidth(viewport);
  const [zoom, setZoom] = useState<number | 'fit'>('fit');
  const bounds = boundsOf(graph.nodes, onEdit !== undefined);
  const fit = Math.min(MAX_FIT, Math.max(MIN_FIT, width / bounds.width));
  const scale = zoom === 'fit' ? fit : zoom;
  const zoomBy = (factor: number) => setZoom(Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, scale * factor)));

  // The inspector makes the graph narrower; keep the selection in view.
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
            <GraphDrawing
              {...props}
              canvas={{ svg, bounds, scale }}
              onKeepScale={() => setZoom(scale)}
              hintId={hintId}
            />
          </svg>
        )}
      </div>
      <ZoomControls onZoom={zoomBy} onFit={() => setZoom('fit')} isFit={zoom === 'fit'} />
    </div>
  );
}
