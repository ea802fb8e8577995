/** What a page is given to measure with. */
export interface Env {
  url: string;
  key: string;
  /** The user's token, whose workflows are read. */
  token: string;
  userId: string;
  /** The user's workflows, of which the first has nodes and connections. */
  workflowIds: string[];
}
