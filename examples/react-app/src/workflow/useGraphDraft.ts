import { use, useState } from 'react';
import {
  DatabaseError,
  db,
  mergeGraphs,
  type WorkflowGraph,
  type WorkflowWithRelations,
} from 'workflow-db/react';
import type { Graph, GraphChange } from '../graph/graph';
import { useTask, type Task } from '../toasts/useTask';
import { resolved, type GraphConflicts } from './conflicts';
import { DraftContext, type Draft } from './drafts';

export interface GraphDraft {
  /** The graph to show: the unsaved one, or the stored one. */
  graph: Graph;
  isDirty: boolean;
  edit: (change: GraphChange) => void;
  save: Task<[]>;
  discard: () => void;
  /** What the last save could not merge with the changes of others. */
  conflict: GraphConflicts | null;
  /** Saves what was made of the conflict, with what was changed since the save that met it. */
  resolve: (graph: Graph) => void;
  closeConflict: () => void;
}

/** The unsaved changes of a workflow's graph, which are saved as one. Out of use while the user may not edit it. */
export function useGraphDraft(workflow: WorkflowWithRelations, canEdit: boolean): GraphDraft {
  const { id, nodes, connections } = workflow;
  const { drafts, change } = use(DraftContext);
  /** The conflict, and the graph whose save met it. */
  const [conflict, setConflict] = useState<(GraphConflicts & { sent: Graph }) | null>(null);
  const draft = canEdit ? drafts[id] : undefined;

  const save = useTask('The changes were not saved.', async ({ graph, base }: Draft) => {
    try {
      await db.saveWorkflowGraph(id, asSaved(graph), { base });
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      const { conflicts, merged, theirs } = error;
      if (!conflicts || !merged || !theirs) throw error;
      setConflict({ conflicts, merged, theirs, sent: graph });
      return;
    }
    // What was changed during the save is still to be saved, and started from what was sent.
    change(id, (now) => (now && now.graph !== graph ? { ...now, base: asSaved(graph) } : undefined));
  });
  const saveDraft = async (changes = draft) => changes === undefined || save.run(changes);

  return {
    graph: draft?.graph ?? { nodes, connections },
    isDirty: draft !== undefined,
    edit: (edit) =>
      change(id, (now) => ({
        graph: edit(now?.graph ?? { nodes, connections }),
        base: now?.base ?? workflow,
      })),
    save: { run: () => saveDraft(), isPending: save.isPending },
    discard: () => change(id, () => undefined),
    conflict,
    resolve: (graph) => {
      if (conflict === null) return;
      const since = draft === undefined ? graph : withEdits(graph, conflict.sent, draft.graph);
      const changes = { graph: since, base: conflict.theirs };
      setConflict(null);
      change(id, () => changes);
      void saveDraft(changes);
    },
    closeConflict: () => setConflict(null),
  };
}

/** The graph with what the user changed from `before` to `after`. */
function withEdits(graph: Graph, before: Graph, after: Graph): Graph {
  if (before === after) return graph;
  const merge = mergeGraphs(asSaved(before), asSaved(graph), asSaved(after));
  const conflicts = { ...merge, merged: merge.merged as Graph };
  return resolved(
    conflicts,
    merge.conflicts.map(() => 'mine'),
  );
}

/** Only what is saved of a graph: the rest of a row is the database's. */
function asSaved({ nodes, connections }: Graph): WorkflowGraph {
  return {
    nodes: nodes.map(({ node_id, node_type, label, position_x, position_y, config }) => {
      return { node_id, node_type, label, position_x, position_y, config };
    }),
    connections: connections.map(({ connection_id, source_node_id, target_node_id }) => {
      return { connection_id, source_node_id, target_node_id };
    }),
  };
}
