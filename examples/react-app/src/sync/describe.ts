import type { OutboxEntry } from 'workflow-db/offline';
import { problemText } from '../data/problems';

/** The user's words for the tables that the app writes to while it is offline. */
const THINGS: Partial<Record<string, string>> = {
  workflow_favorites: 'a favorite',
  saved_templates: 'a template put aside',
  brand_settings: 'your brand',
  account_settings: 'your settings',
  user_profiles: 'your profile',
};

const VERBS: Record<OutboxEntry['action'], string> = {
  insert: 'Create',
  ensure: 'Add',
  update: 'Change',
  upsert: 'Change',
  delete: 'Remove',
  save: 'Save the steps of',
};

/** What a write does. `name` is the workflow's displayed name, `newName` the one that the write sets. */
export function titleOf(
  { action, table }: OutboxEntry,
  name: string | undefined,
  newName: string | undefined,
): string {
  if (table !== 'workflows') return `${VERBS[action]} ${THINGS[table] ?? 'a row'}`;
  if (action !== 'update' || newName === undefined) return `${VERBS[action]} ${quoted(name)}`;
  // Unless the write was refused, the new name is the displayed one.
  return `Rename ${quoted(name === newName ? undefined : name)} to “${newName}”`;
}

function quoted(workflow: string | undefined): string {
  return workflow === undefined ? 'a workflow' : `“${workflow}”`;
}

/** The state of a write. */
export function stateText({ state, error }: OutboxEntry, isOnline: boolean): string {
  switch (state) {
    case 'failed':
      return error === undefined ? 'The server refused it.' : problemText(error);
    case 'blocked':
      return 'Waits for a change that was refused.';
    case 'sending':
      return 'Is being sent.';
    case 'pending':
      if (!isOnline) return 'Waits for a network.';
      return error === undefined ? 'Waits for its turn.' : `${problemText(error)} It is sent again.`;
  }
}
