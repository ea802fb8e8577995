// @ts-check
import { median, quantile, ratios } from '../support/stats.mjs';
import { printTable } from '../support/table.mjs';

const LOADS = 15;
const CONTESTANTS = ['workflow-db', 'TanStack Query'];

/** @param {Record<string, number[]>} samples */
const lines = (samples) =>
  Object.entries(samples).map(([contestant, own]) => ({
    contestant,
    median: median(own).toFixed(1),
    p10: quantile(own, 0.1).toFixed(1),
    p90: quantile(own, 0.9).toFixed(1),
  }));

/** @param {import('../support/world.mjs').World} world */
export async function offline({ stack, withPage }) {
  const { restore, entries } = await withPage('offline', async (measure, page) => {
    const entries = await measure('leave');
    // Only the disk can answer.
    stack.faults.add({ action: 'hang', times: 'always' });
    /** @type {Record<string, number[]>} */
    const restore = Object.fromEntries(CONTESTANTS.map((name) => [name, []]));
    for (let load = 0; load < LOADS; load += 1) {
      for (const name of CONTESTANTS) {
        await page.reload();
        await page.waitForFunction(() => 'measure' in globalThis);
        restore[name].push(await measure(name));
      }
    }
    return { restore, entries };
  });
  stack.faults.clear();
  printTable(`From the start to a hook's first row, ${entries} entries on disk (ms)`, lines(restore));

  const persist = await withPage('offline', (measure) => measure('persisting'));
  const cost = median(ratios(persist['workflow-db, offline'], persist['workflow-db'])) - 1;
  printTable('Fresh read of 1 000 rows, and persisting them (ms)', lines(persist));
  console.log(`  persisting costs ${(100 * cost).toFixed(1)} %`);
  return { restore, persist };
}
