import { getOutbox } from 'workflow-db/offline';
import { DatabaseError, db, type WorkflowGraph } from 'workflow-db/react';
import { queuedDb } from '../data/client';
import type { Graph } from '../graph/graph';
import { keep, keptOf, lastSaveOf } from '../sync/kept';
import type { Draft } from './drafts';

/**
 * Saves a graph. With a network, it is sent at once: if it cannot be merged with what others saved, the user decides now.
 * Otherwise it waits, and is merged when it is sent.
 */
export async function saveGraph(userId: string, workflowId: string, draft: Draft): Promise<void> {
  if (!getOutbox().isOnline || hasToWait(workflowId)) return queueGraph(userId, workflowId, draft);
  try {
    await db.saveWorkflowGraph(workflowId, asSaved(draft.graph), { base: draft.base });
  } catch (error) {
    // Should the server have saved it without answering, the same graph once more changes nothing.
    if (!isUnreachable(error)) throw error;
    await queueGraph(userId, workflowId, draft);
  }
}

/** Saves a graph when it is its turn, and keeps a copy to decide on, in case it conflicts with what others saved. */
export async function queueGraph(userId: string, workflowId: string, { graph, base }: Draft): Promise<void> {
  await queuedDb().saveWorkflowGraph(workflowId, asSaved(graph), { base });
  const entry = lastSaveOf(workflowId);
  if (entry === undefined) return;
  // Saves that wait become one, which starts from what the first one started from.
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

function isUnreachable(error: unknown): boolean {
  return error instanceof DatabaseError && error.retryable && getOutbox().error === undefined;
}

/** Only what is saved of a graph: the rest of a row is the database's. */
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
