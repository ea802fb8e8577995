import { getOutbox } from 'workflow-db/offline';
import { DatabaseError, db, type WorkflowGraph } from 'workflow-db/react';
import { queuedDb } from '../data/client';
import type { Graph } from '../graph/graph';
import { keep, keptOf, lastSaveOf } from '../sync/kept';
import type { Draft } from './drafts';

/**
 * Saves a graph. With a network, it is sent immediately, so that the user can resolve conflicts now. Otherwise it waits in the
 * outbox, and is merged when it is sent.
 */
export async function saveGraph(userId: string, workflowId: string, draft: Draft): Promise<void> {
  if (!getOutbox().isOnline || hasToWait(workflowId)) return queueGraph(userId, workflowId, draft);
  try {
    await db.saveWorkflowGraph(workflowId, asSaved(draft.graph), { base: draft.base });
  } catch (error) {
    // If the server saved it and the response was lost, saving the same graph again changes nothing.
    if (!mayWait(error)) throw error;
    await queueGraph(userId, workflowId, draft);
  }
}

/** Puts the save of a graph into the outbox, and keeps a copy for resolving conflicts. */
export async function queueGraph(userId: string, workflowId: string, { graph, base }: Draft): Promise<void> {
  await queuedDb().saveWorkflowGraph(workflowId, asSaved(graph), { base });
  const entry = lastSaveOf(workflowId);
  if (entry === undefined) return;
  // The outbox merges waiting saves into one, whose base is that of the first.
  const first = keptOf(userId, entry.id).draft;
  keep(userId, entry.id, { draft: { graph, base: first?.base ?? base } });
}

/** Whether earlier changes of the workflow are not sent yet. */
function hasToWait(workflowId: string): boolean {
  return getOutbox()
    .list()
    .some(({ rowId, action, state }) => {
      return rowId === workflowId && (state !== 'failed' || action === 'insert');
    });
}

/** Whether the save may succeed later, and can be stored until then. */
function mayWait(error: unknown): boolean {
  return error instanceof DatabaseError && error.retryable && getOutbox().error === undefined;
}

/** The part of a graph that is saved. The database maintains the other columns. */
export function asSaved({ nodes, connections }: Graph | WorkflowGraph): WorkflowGraph {
  return {
    nodes: nodes.map(({ node_id, node_type, label, position_x, position_y, config }) => {
      return { node_id, node_type, label, position_x, position_y, config };
    }),
    connections: connections.map(({ connection_id, source_node_id, target_node_id }) => {
      return { connection_id, source_node_id, target_node_id };
    }),
  };
}
