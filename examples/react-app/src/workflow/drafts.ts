import { createContext } from 'react';
import type { Graph } from '../graph/graph';

/** Unsaved changes of a workflow's graph. */
export interface Draft {
  graph: Graph;
  /** The workflow's `updated_at` when the changes began, so that a later save by another client is not overwritten. */
  basedOn: string;
}

export interface DraftStore {
  drafts: Readonly<Record<string, Draft>>;
  change: (workflowId: string, next: (draft: Draft | undefined) => Draft | undefined) => void;
}

export const DraftContext = createContext<DraftStore>({ drafts: {}, change: () => {} });
