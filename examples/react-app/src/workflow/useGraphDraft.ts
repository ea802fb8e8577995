import { use, useState } from 'react';
import { getOutbox } from 'workflow-db/offline';
import { DatabaseError, mergeGraphs, type WorkflowWithRelations } from 'workflow-db/react';
import type { Graph, GraphChange } from '../graph/graph';
import { useTask, type Task } from '../toasts/useTask';
import { resolved, type GraphConflicts } from './conflicts';
import { DraftContext, type Draft } from './drafts';
import { asSaved, saveGraph } from './saveGraph';

export interface GraphDraft {
  /** The graph to show: the unsaved one, or the stored one. */
  graph: Graph;
  isDirty: boolean;
  edit: (change: GraphChange) => void;
  save: Task<[]>;
  /** Turns a refused save from the outbox into unsaved changes again, and tries to save them. */
  decide: (refused: Draft) => void;
  discard: () => void;
  /** The conflicts of the last save. */
  conflict: GraphConflicts | null;
  /** Saves the resolved graph, together with the changes since the conflicting save. */
  resolve: (graph: Graph) => void;
  closeConflict: () => void;
}

/** The unsaved changes of a workflow's graph, which are saved together. Not used while the user may not edit it. */
export function useGraphDraft(userId: string, workflow: WorkflowWithRelations, canEdit: boolean): GraphDraft {
  const { id, nodes, connections } = workflow;
  const { drafts, change } = use(DraftContext);
  /** The conflicts, and the graph that was being saved. */
  const [conflict, setConflict] = useState<(GraphConflicts & { sent: Graph }) | null>(null);
  const draft = canEdit ? drafts[id] : undefined;

  const save = useTask('The changes were not saved.', async (changes: Draft) => {
    const { graph, refusedId } = changes;
    try {
      await saveGraph(userId, id, changes);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      const { conflicts, merged, theirs } = error;
      if (!conflicts || !merged || !theirs) throw error;
      setConflict({ conflicts, merged, theirs, sent: graph });
      return;
    }
    if (refusedId !== undefined) await getOutbox().discard(refusedId);
    // Changes made during the save are still unsaved. Their base is the saved graph.
    change(id, (now) =>
      now && now.graph !== graph ? { graph: now.graph, base: asSaved(graph) } : undefined,
    );
  });
  const saveDraft = async (changes = draft) => changes === undefined || save.run(changes);
  const saveAs = (changes: Draft) => {
    change(id, () => changes);
    void saveDraft(changes);
  };

  return {
    graph: draft?.graph ?? { nodes, connections },
    isDirty: draft !== undefined,
    edit: (edit) =>
      change(id, (now) => ({
        ...now,
        graph: edit(now?.graph ?? { nodes, connections }),
        base: now?.base ?? workflow,
      })),
    save: { run: () => saveDraft(), isPending: save.isPending },
    decide: saveAs,
    discard: () => change(id, () => undefined),
    conflict,
    resolve: (graph) => {
      if (conflict === null) return;
      const since = draft === undefined ? graph : withEdits(graph, conflict.sent, draft.graph);
      setConflict(null);
      saveAs({ ...draft, graph: since, base: conflict.theirs });
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
