import type { GraphConflict, WorkflowWithRelations } from 'workflow-db/react';
import type { Graph, GraphNode } from '../graph/graph';
import { labelOf } from '../graph/layout';

/** The conflicts of a save with the changes of others. */
export interface GraphConflicts {
  conflicts: readonly GraphConflict[];
  /** Everything else, merged. */
  merged: Graph;
  /** The workflow as others saved it. */
  theirs: WorkflowWithRelations;
}

export type Side = 'theirs' | 'mine';

/** The merged graph, with the chosen side's version of each conflict. */
export function resolved(
  { conflicts, merged }: Pick<GraphConflicts, 'conflicts' | 'merged'>,
  sides: readonly Side[],
): Graph {
  const { nodes, connections } = structuredClone(merged);
  const rows = { nodes: [...nodes] as object[], connections: [...connections] as object[] };
  conflicts.forEach((conflict, index) => {
    const { node_id, connection_id, path } = conflict;
    const of = node_id === undefined ? rows.connections : rows.nodes;
    const isIt = (row: object) =>
      ('node_id' in row && row.node_id === node_id) ||
      ('connection_id' in row && row.connection_id === connection_id);
    const value = conflict[sides[index] ?? 'theirs'];
    const place = of.findIndex(isIt);
    if (path.length > 0) put(of[place], path, value);
    else of.splice(place < 0 ? of.length : place, place < 0 ? 0 : 1, ...(value ? [value] : []));
  });
  return withoutLooseEnds(rows as unknown as Graph);
}

function put(row: object | undefined, path: readonly string[], value: unknown): void {
  if (path[0] === 'position') {
    Object.assign(row ?? {}, value);
    return;
  }
  let outer = row as Record<string, unknown> | undefined;
  for (const name of path.slice(0, -1)) outer = outer?.[name] as typeof outer;
  const last = path.at(-1);
  if (outer === undefined || last === undefined) return;
  if (value === undefined) delete outer[last];
  else outer[last] = value;
}

/** Removes connections without their nodes. */
function withoutLooseEnds({ nodes, connections }: Graph): Graph {
  const ids = new Set(nodes.map(({ node_id }) => node_id));
  return {
    nodes,
    connections: connections.filter(
      ({ source_node_id, target_node_id }) => ids.has(source_node_id) && ids.has(target_node_id),
    ),
  };
}

/** The subject of a conflict. */
export function subjectOf({ node_id, path }: GraphConflict, { merged, theirs }: GraphConflicts): string {
  if (node_id === undefined) return 'A connection';
  const node = [...merged.nodes, ...theirs.nodes].find((each) => each.node_id === node_id);
  const step = `“${node === undefined ? node_id : labelOf(node)}”`;
  if (path.length === 0) return `The step ${step}`;
  return path[0] === 'config' ? `Setting ${path.slice(1).join('.')} of ${step}` : `The ${path[0]} of ${step}`;
}

/** One side's version, as text. */
export function versionText({ node_id, path }: GraphConflict, value: unknown): string {
  if (value === undefined) return path.length === 0 ? 'deleted' : 'not set';
  if (path.length === 0)
    return node_id === undefined ? 'changed' : `kept as “${labelOf(value as GraphNode)}”`;
  if (path[0] === 'position') {
    const { position_x, position_y } = value as GraphNode;
    return `at ${position_x}, ${position_y}`;
  }
  return typeof value === 'string' ? `“${value}”` : JSON.stringify(value);
}
