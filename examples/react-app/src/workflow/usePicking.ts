import { useState } from 'react';
import { connecting as connectingNodes, type GraphNode } from '../graph/graph';
import type { Selection } from '../graph/selection';
import type { GraphDraft } from './useGraphDraft';

/** Selecting the two ends of a new connection: first the source, then the target. */
export type Connecting = { source?: GraphNode };

export interface Picking {
  selection: Selection | null;
  select: (selection: Selection | null) => void;
  /** The highlighted item. */
  shown: Selection | null;
  /** The action of a click on a node or connection. */
  pick: (picked: Selection) => void;
  connecting: Connecting | null;
  setConnecting: (connecting: Connecting | null) => void;
}

/** The selection on the canvas, or the ends of a new connection. */
export function usePicking({ graph, edit }: GraphDraft): Picking {
  const [selection, select] = useState<Selection | null>(null);
  const [connecting, setConnecting] = useState<Connecting | null>(null);

  const pick = (picked: Selection) => {
    const node = graph.nodes.find((each) => picked.kind === 'node' && each.node_id === picked.id);
    if (connecting === null || node === undefined) {
      select(picked);
    } else if (connecting.source === undefined) {
      setConnecting({ source: node });
    } else if (connecting.source.node_id !== node.node_id) {
      edit(connectingNodes(connecting.source.node_id, node.node_id));
      setConnecting(null);
    }
  };
  const shown: Selection | null = connecting?.source
    ? { kind: 'node', id: connecting.source.node_id }
    : selection;
  return { selection, select, shown, pick, connecting, setConnecting };
}
