// @ts-check
import { median, quantile } from '../support/stats.mjs';
import { printTable } from '../support/table.mjs';

const ROUNDS = 4;
const CONTESTANTS = ['workflow-db', 'old layer', 'TanStack Query'];
const TASKS = {
  points: '200 concurrent getWorkflow(id)',
  equal: '50 concurrent equal getWorkflows',
  relations: 'getWorkflowWithRelations, 30 nodes',
};

/** @typedef {{ ms: number, requests: number, preflights: number }} Sample */

/** Each round runs in a new browser, which has no cached preflight responses. */
export async function concurrent(/** @type {import('../support/world.mjs').World} */ world) {
  /** @type {Record<string, Record<string, Sample[]>>} */
  const samples = {};
  for (const [task, title] of Object.entries(TASKS)) {
    samples[task] = Object.fromEntries(CONTESTANTS.map((contestant) => [contestant, []]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const contestant of CONTESTANTS)
        samples[task][contestant].push(await sample(world, contestant, task));
    }
    printTable(
      title,
      CONTESTANTS.map((contestant) => summary(contestant, samples[task][contestant])),
    );
  }
  return samples;
}

/**
 * @param {import('../support/world.mjs').World} world
 * @param {string} contestant
 * @param {string} task
 * @returns {Promise<Sample>}
 */
async function sample({ stack, withPage }, contestant, task) {
  const ms = await withPage('concurrent', async (measure) => {
    await measure(contestant, 'warmUp');
    stack.requests.clear();
    return measure(contestant, task);
  });
  return { ms, requests: stack.requests.count(), preflights: stack.requests.count({ method: 'OPTIONS' }) };
}

/** @param {string} contestant @param {Sample[]} own */
function summary(contestant, own) {
  const times = own.map(({ ms }) => ms);
  return {
    contestant,
    requests: Math.max(...own.map(({ requests }) => requests)),
    preflights: Math.max(...own.map(({ preflights }) => preflights)),
    'ms, median': median(times).toFixed(0),
    least: quantile(times, 0).toFixed(0),
    most: quantile(times, 1).toFixed(0),
  };
}
