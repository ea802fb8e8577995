/** What is picked in the graph, by its `node_id` or `connection_id`. */
export interface Selection {
  kind: 'node' | 'connection';
  id: string;
}
