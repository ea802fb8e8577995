import { getOutbox, type OutboxEntry } from 'workflow-db/offline';
import type { WorkflowPatch } from 'workflow-db/react';
import type { Draft } from '../workflow/drafts';

/**
 * The values of each waiting write. The outbox does not return them, and the user needs them to correct a refused write.
 * They stay in this browser as long as the write does.
 */
export interface Kept {
  /** The values of a new workflow, or those that changed. */
  values?: WorkflowPatch;
  /** A saved graph. */
  draft?: Draft;
}

/** The ids of the writes that this page has seen. A write may be sent before it appears in the outbox. */
export const known = new Set<string>();

export function keep(userId: string, entryId: string, kept: Kept): void {
  known.add(entryId);
  try {
    localStorage.setItem(nameOf(userId, entryId), JSON.stringify(kept));
  } catch {
    // There is no space. The write itself is stored: it can be sent again, but not corrected.
  }
}

export function keptOf(userId: string, entryId: string): Kept {
  return JSON.parse(localStorage.getItem(nameOf(userId, entryId)) ?? '{}') as Kept;
}

export function forget(userId: string, entryId: string): void {
  known.delete(entryId);
  localStorage.removeItem(nameOf(userId, entryId));
}

function nameOf(userId: string, entryId: string): string {
  return `unsent:${userId}:${entryId}`;
}

/** The last waiting write to a workflow's row. */
export function lastWriteTo(workflowId: string): OutboxEntry | undefined {
  return getOutbox()
    .list()
    .findLast(({ rowId, action }) => rowId === workflowId && action !== 'save');
}

/** The last waiting save of a workflow's graph. */
export function lastSaveOf(workflowId: string): OutboxEntry | undefined {
  return getOutbox()
    .list()
    .findLast(({ rowId, action }) => rowId === workflowId && action === 'save');
}
