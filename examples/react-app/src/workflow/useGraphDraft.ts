import { use, useState } from 'react';
import { DatabaseError, db, type Workflow, type WorkflowWithRelations } from 'workflow-db/react';
import type { Graph, GraphChange } from '../graph/graph';
import { useTask, type Task } from '../toasts/useTask';
import { DraftContext } from './drafts';

export interface GraphDraft {
  /** The graph to show: the unsaved one, or the stored one. */
  graph: Graph;
  isDirty: boolean;
  edit: (change: GraphChange) => void;
  save: Task<[]>;
  discard: () => void;
  /** Another client saved the workflow since the changes began. */
  isInConflict: boolean;
  /** Overwrites the other version. */
  keepMine: () => void;
  closeConflict: () => void;
  /** Handles a change of the workflow's row by this page, which is not a conflict. */
  rebase: (from: string, row: Workflow) => void;
}

/** The unsaved changes of a workflow's graph, which are saved as one. Out of use while the user may not edit it. */
export function useGraphDraft(workflow: WorkflowWithRelations, canEdit: boolean): GraphDraft {
  const { id, nodes, connections, updated_at } = workflow;
  const { drafts, change } = use(DraftContext);
  const [isInConflict, setIsInConflict] = useState(false);
  const draft = canEdit ? drafts[id] : undefined;
  const graph = draft?.graph ?? { nodes, connections };

  const write = async (ifUpdatedAt?: string) => {
    const saved = await db.saveWorkflowGraph(id, asSaved(graph), ifUpdatedAt ? { ifUpdatedAt } : {});
    // Changes made during the save remain unsaved.
    change(id, (now) => (now && now.graph !== graph ? { ...now, basedOn: saved.updated_at } : undefined));
  };
  const save = useTask('The changes were not saved.', async () => {
    if (draft === undefined) return;
    try {
      await write(draft.basedOn);
    } catch (error) {
      if (!(error instanceof DatabaseError && error.code === 'CONFLICT')) throw error;
      setIsInConflict(true);
    }
  });
  const keepMine = useTask(
    'Your version was not saved.',
    () => {
      // First, because a toast cannot be reached below an open dialog.
      setIsInConflict(false);
      return write();
    },
    { done: 'Your version is saved.' },
  );

  return {
    graph,
    isDirty: draft !== undefined,
    edit: (edit) =>
      change(id, (now) => ({
        graph: edit(now?.graph ?? { nodes, connections }),
        basedOn: now?.basedOn ?? updated_at,
      })),
    save: { run: save.run, isPending: save.isPending || keepMine.isPending },
    discard: () => {
      setIsInConflict(false);
      change(id, () => undefined);
    },
    isInConflict,
    keepMine: () => void keepMine.run(),
    closeConflict: () => setIsInConflict(false),
    rebase: (from, row) =>
      change(id, (now) => (now?.basedOn === from ? { ...now, basedOn: row.updated_at } : now)),
  };
}

/** The columns of a graph to save; the database sets the others. */
function asSaved({ nodes, connections }: Graph) {
  return {
    nodes: nodes.map(({ node_id, node_type, label, position_x, position_y, config }) => {
      return { node_id, node_type, label, position_x, position_y, config };
    }),
    connections: connections.map(({ connection_id, source_node_id, target_node_id }) => {
      return { connection_id, source_node_id, target_node_id };
    }),
  };
}
