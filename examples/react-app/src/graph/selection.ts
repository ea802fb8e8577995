/** The selected node or connection, by `node_id` or `connection_id`. */
export interface Selection {
  kind: 'node' | 'connection';
  id: string;
}
