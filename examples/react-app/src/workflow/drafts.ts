import { createContext } from 'react';
import type { WorkflowGraph } from 'workflow-db/react';
import type { Graph } from '../graph/graph';

/** Unsaved changes of a workflow's graph. */
export interface Draft {
  graph: Graph;
  /** The graph that the changes started from. Saves by others since then are merged with them. */
  base: WorkflowGraph;
  /** The refused write in the outbox that contains these changes, if any. It is discarded when they are saved. */
  refusedId?: string;
}

export interface DraftStore {
  drafts: Readonly<Record<string, Draft>>;
  change: (workflowId: string, next: (draft: Draft | undefined) => Draft | undefined) => void;
}

export const DraftContext = createContext<DraftStore>({ drafts: {}, change: () => {} });
