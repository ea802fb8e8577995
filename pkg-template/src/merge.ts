import { DatabaseError, readable } from './errors.js';
import { Spellings } from './spellings.js';
import { stringify } from './stringify.js';
import type { GraphConflict, WorkflowGraph } from './types.js';
import { runningClient } from './wasm.js';

/** Numbers are used as JavaScript represents them. */
const NO_SPELLINGS = /* @__PURE__ */ new Spellings();

/** The result of a merge. */
export interface GraphMerge<Graph extends WorkflowGraph = WorkflowGraph> {
  /** The merged graph. Where there is a conflict, it contains the version of `base`. */
  merged: Pick<Graph, 'nodes' | 'connections'>;
  /** The conflicts to resolve; empty if everything could be merged. */
  conflicts: GraphConflict[];
}

/**
 * Merges the changes that two sides made to the same graph. Does not modify its arguments and needs no server.
 *
 * Nodes are matched by `node_id`, connections by `connection_id`. Fields are merged independently, `config` key by key to any
 * depth; a position (x and y) and a list are single values. A conflict is a field that both sides changed to different values,
 * or a row that one side deleted and the other side changed or connected. Connections of a deleted node are deleted. Columns
 * that the database maintains (`id`, `created_at` and so on) never conflict.
 *
 * @param base - the graph that both sides started from.
 * @param theirs - the graph of one side.
 * @param mine - the graph of the other side.
 * @throws `INVALID_INPUT` if an argument is not a graph, has two rows of one name, or contains values that JSON cannot represent.
 * @example const { merged, conflicts } = mergeGraphs(base, theirs, mine);
 */
export function mergeGraphs<Graph extends WorkflowGraph>(
  base: Graph,
  theirs: Graph,
  mine: Graph,
): GraphMerge<Graph> {
  const copies = new Map<unknown, unknown>();
  const copy = (name: string, graph: Graph) => readable(name, () => plainGraph(name, graph, copies));
  const graphs = [copy('base', base), copy('theirs', theirs), copy('mine', mine)] as const;
  try {
    return runningClient().mergeGraphs(...graphs) as GraphMerge<Graph>;
  } catch (error) {
    throw typeof error === 'string' ? new DatabaseError('INVALID_INPUT', error) : error;
  }
}

/** A JSON copy: reading the application's objects may run its code, which must not happen within a step. */
function plainGraph(name: string, graph: WorkflowGraph, copies: Map<unknown, unknown>): unknown {
  const { nodes, connections } = Object(graph) as Partial<WorkflowGraph>;
  return {
    nodes: plainRows(`${name}.nodes`, nodes, copies),
    connections: plainRows(`${name}.connections`, connections, copies),
  };
}

/** Rows that several graphs share are copied once. */
function plainRows(path: string, rows: unknown, copies: Map<unknown, unknown>): unknown {
  if (!Array.isArray(rows)) return undefined;
  return Array.from(rows, (row: unknown, index) => {
    if (!copies.has(row)) copies.set(row, plainRow(`${path}[${index}]`, row));
    return copies.get(row);
  });
}

function plainRow(path: string, row: unknown): unknown {
  const origin = { path, row: undefined, column: '', spellings: NO_SPELLINGS };
  return JSON.parse(stringify(row, origin) ?? 'null');
}
