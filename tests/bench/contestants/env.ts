/** The values that a page needs to measure. */
export interface Env {
  url: string;
  key: string;
  /** The token of the user whose workflows are read. */
  token: string;
  userId: string;
  /** The ids of the user's workflows. The first one has nodes and connections. */
  workflowIds: string[];
}
