// @ts-check
import { NODE_TYPES } from './node-types.mjs';
import { daysBefore, plusMs } from './time.mjs';

/** The number of a workflow's newest runs that keep node results. */
const DETAILED_RUNS = 10;
const FAILURE_RATE = 0.14;

/**
 * @param {import('./random.mjs').Random} random
 * @param {import('./workflows.mjs').SeedWorkflow} graph
 * @param {string} workflowId
 * @param {Date} now
 * @returns the rows of the runs, oldest first, and of the node results of the newest ones
 */
export function runRows(random, graph, workflowId, now) {
  // Archived workflows have no running executions; the busiest ones have some now.
  const isBusy = !graph.isArchived && graph.runs > 40;
  const newestDays = graph.isArchived ? graph.ageDays * 0.6 : 0.1;
  const executions = [];
  const results = [];
  for (let index = 0; index < graph.runs; index += 1) {
    const isLast = index === graph.runs - 1;
    const share = 1 - (index + random.next() * 0.8) / graph.runs;
    const startedAt =
      isLast && isBusy
        ? daysBefore(now, 40 / 86_400)
        : daysBefore(now, newestDays + share * graph.ageDays * 0.39);
    const run = makeRun(random, graph, workflowId, startedAt, isLast && isBusy);
    executions.push(run.execution);
    if (index >= graph.runs - DETAILED_RUNS) results.push(...run.results);
  }
  return { executions, results };
}

/**
 * @param {import('./random.mjs').Random} random
 * @param {import('./workflows.mjs').SeedWorkflow} graph
 * @param {string} workflowId
 * @param {string} startedAt
 * @param {boolean} isRunning
 */
function makeRun(random, graph, workflowId, startedAt, isRunning) {
  const id = random.uuid();
  const mayFail = graph.nodes.flatMap(([, type], index) => (NODE_TYPES[type].failure ? [index] : []));
  const isFailed = !isRunning && mayFail.length > 0 && random.next() < FAILURE_RATE;
  let stopAt = graph.nodes.length;
  if (isRunning) stopAt = Math.ceil(graph.nodes.length / 2);
  if (isFailed) stopAt = random.pick(mayFail);

  let elapsedMs = 0;
  const results = graph.nodes.slice(0, stopAt + 1).map(([nodeId, type], index) => {
    const isStop = index === stopAt;
    const { ms, calls, output, failure } = NODE_TYPES[type];
    const spentMs = random.int(...ms);
    const begin = plusMs(startedAt, elapsedMs);
    elapsedMs += spentMs;
    return {
      id: random.uuid(),
      execution_id: id,
      node_id: nodeId,
      node_type: type,
      status: isStop ? (isFailed ? 'failed' : 'running') : 'completed',
      input_data: index === 0 ? {} : { from: graph.nodes[index - 1][0] },
      output_data: isStop ? null : output,
      error_message: isStop && isFailed ? failure : null,
      execution_time_ms: isStop && isRunning ? null : spentMs,
      api_call_count: calls,
      started_at: begin,
      completed_at: isStop && isRunning ? null : plusMs(begin, spentMs),
      created_at: begin,
    };
  });

  const execution = {
    id,
    workflow_id: workflowId,
    user_id: graph.owner,
    status: isRunning ? 'running' : isFailed ? 'failed' : 'completed',
    error_message: isFailed
      ? `${graph.nodes[stopAt][2]}: ${NODE_TYPES[graph.nodes[stopAt][1]].failure}`
      : null,
    started_at: startedAt,
    completed_at: isRunning ? null : plusMs(startedAt, elapsedMs),
    execution_time_ms: isRunning ? null : elapsedMs,
    node_count: graph.nodes.length,
    created_at: startedAt,
  };
  return { execution, results };
}
