// @ts-check
import { median, quantile, ratios } from '../support/stats.mjs';
import { printTable } from '../support/table.mjs';

/** @param {import('../support/world.mjs').World} world */
export async function fresh({ withPage }) {
  const samples = await withPage('fresh', (measure) => measure());
  printTable(
    'Fresh read of 1 000 rows (ms)',
    Object.entries(samples).map(([contestant, own]) => ({
      contestant,
      median: median(own).toFixed(1),
      p10: quantile(own, 0.1).toFixed(1),
      p90: quantile(own, 0.9).toFixed(1),
      'to fetch': `${median(ratios(own, samples.fetch)).toFixed(3)}×`,
    })),
  );
  return samples;
}
