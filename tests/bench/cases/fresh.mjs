// @ts-check
import { median, quantile, ratios } from '../support/stats.mjs';
import { printTable } from '../support/table.mjs';

const COUNTED_READS = 5;

/** @param {import('../support/world.mjs').World} world */
export async function fresh({ stack, withPage }) {
  /** @type {Record<string, number>} */
  const preflights = {};
  /** @type {import('../page/interleaved.js').Samples} */
  const samples = await withPage('fresh', async (measure) => {
    const measured = await measure();
    for (const name of Object.keys(measured)) {
      stack.requests.clear();
      for (let read = 0; read < COUNTED_READS; read += 1) await measure(name);
      preflights[name] = stack.requests.count({ method: 'OPTIONS' }) / COUNTED_READS;
    }
    return measured;
  });
  printTable(
    'Fresh read of 1 000 rows (ms)',
    Object.entries(samples).map(([contestant, own]) => ({
      contestant,
      median: median(own).toFixed(1),
      p10: quantile(own, 0.1).toFixed(1),
      p90: quantile(own, 0.9).toFixed(1),
      'to fetch': `${median(ratios(own, samples.fetch)).toFixed(3)}×`,
      'preflights a read': preflights[contestant],
    })),
  );
  return { samples, preflights };
}
