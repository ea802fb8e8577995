// @ts-check
import { NODE_TYPES } from './node-types.mjs';
import { daysBefore } from './time.mjs';

const LEFT = 80;
const TOP = 80;
const COLUMN_WIDTH = 260;
const ROW_HEIGHT = 150;

/** Rows are created one after the other, so that a list sorted by created_at has the order of the graph. */
const SPACING_DAYS = 1 / 86_400;

/**
 * @param {import('./random.mjs').Random} random
 * @param {import('./workflows.mjs').SeedWorkflow} graph
 * @param {Date} now
 * @returns the workflow's row, and those of its nodes and connections
 */
export function graphRows(random, graph, now) {
  const createdAt = daysBefore(now, graph.ageDays);
  const updatedAt = daysBefore(now, graph.ageDays * random.next() * 0.6);
  const workflow = {
    id: random.uuid(),
    user_id: graph.owner,
    name: graph.name,
    description: graph.description,
    is_public: graph.isPublic ?? false,
    created_at: createdAt,
    updated_at: updatedAt,
    archived_at: graph.isArchived ? updatedAt : null,
  };
  const nodes = graph.nodes.map(([nodeId, type, label, column, row], index) => ({
    id: random.uuid(),
    workflow_id: workflow.id,
    node_type: type,
    node_id: nodeId,
    label,
    position_x: LEFT + column * COLUMN_WIDTH,
    position_y: TOP + row * ROW_HEIGHT,
    config: NODE_TYPES[type].config,
    created_at: daysBefore(now, graph.ageDays - index * SPACING_DAYS),
    updated_at: updatedAt,
  }));
  const connections = graph.links.map((link, index) => {
    const [source, target] = link.split('>');
    return {
      id: random.uuid(),
      workflow_id: workflow.id,
      source_node_id: source,
      target_node_id: target,
      connection_id: `${source}-${target}`,
      created_at: daysBefore(now, graph.ageDays - (60 + index) * SPACING_DAYS),
    };
  });
  return { workflow, nodes, connections };
}
