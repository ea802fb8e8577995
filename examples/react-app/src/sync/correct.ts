import { getOutbox, type OutboxEntry } from 'workflow-db/offline';
import type { WorkflowPatch } from 'workflow-db/react';
import { queuedDb } from '../data/client';
import { asSaved, queueGraph } from '../workflow/saveGraph';
import { keep, keptOf, lastWriteTo } from './kept';

/** Whether a refused write would succeed with another name. */
export function needsName({ table, state, error }: OutboxEntry): boolean {
  return table === 'workflows' && state === 'failed' && error?.code === '23505';
}

/** Repeats a refused write with another name. Discards the refused one last, so that nothing can be lost. */
export async function correctName(userId: string, refused: OutboxEntry, name: string): Promise<void> {
  const values = { ...keptOf(userId, refused.id).values, name };
  if (refused.action === 'insert') await createAgain(userId, refused, values);
  else await changeAgain(userId, refused, values);
  await getOutbox().discard(refused.id);
}

async function changeAgain(userId: string, { rowId }: OutboxEntry, values: WorkflowPatch): Promise<void> {
  const workflow = await queuedDb().updateWorkflow(rowId ?? '', values);
  keepOf(userId, workflow.id, values);
}

/** Includes the steps saved since: they depend on the refused write, and would be discarded with it. */
async function createAgain(
  userId: string,
  { rowId }: OutboxEntry,
  values: WorkflowPatch & { name: string },
): Promise<void> {
  const isSave = (entry: OutboxEntry) => entry.rowId === rowId && entry.action === 'save';
  const saves = getOutbox().list().filter(isSave);
  const workflow = await queuedDb().createWorkflow(userId, values);
  keepOf(userId, workflow.id, values);
  for (const { id } of saves) {
    const { draft } = keptOf(userId, id);
    if (draft === undefined) continue;
    // The rows contain the id of the workflow that was refused.
    await queueGraph(userId, workflow.id, { ...draft, base: asSaved(draft.base) });
  }
}

function keepOf(userId: string, workflowId: string, values: WorkflowPatch): void {
  const entry = lastWriteTo(workflowId);
  if (entry !== undefined) keep(userId, entry.id, { values });
}
