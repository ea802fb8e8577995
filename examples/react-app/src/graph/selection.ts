/** What is picked in the graph, by the row's id. */
export interface Selection {
  kind: 'node' | 'connection';
  id: string;
}
