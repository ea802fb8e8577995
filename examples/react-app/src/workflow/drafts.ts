import { createContext } from 'react';
import type { WorkflowGraph } from 'workflow-db/react';
import type { Graph } from '../graph/graph';

/** Unsaved changes of a workflow's graph. */
export interface Draft {
  graph: Graph;
  /** The graph that the changes started from: what others saved since is merged with them. */
  base: WorkflowGraph;
  /** The write in the outbox that these changes were, if the server refused it. It goes once they are saved. */
  refusedId?: string;
}

export interface DraftStore {
  drafts: Readonly<Record<string, Draft>>;
  change: (workflowId: string, next: (draft: Draft | undefined) => Draft | undefined) => void;
}

export const DraftContext = createContext<DraftStore>({ drafts: {}, change: () => {} });
