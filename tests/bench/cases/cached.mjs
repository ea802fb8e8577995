// @ts-check
import { median, quantile, ratios } from '../support/stats.mjs';
import { printTable } from '../support/table.mjs';

const TITLES = /** @type {const} */ ({
  one: 'Cached read, awaited: the same list repeatedly (µs)',
  many: 'Cached read, awaited: 200 workflows in turn (µs)',
});

/** @param {import('../support/world.mjs').World} world */
export async function cached({ withPage }) {
  const samples = await withPage('cached', (measure) => measure());
  for (const [kind, title] of Object.entries(TITLES)) {
    const base = samples[kind]['old layer'];
    printTable(
      title,
      Object.entries(samples[kind]).map(([contestant, own]) => ({
        contestant,
        median: median(own).toFixed(2),
        p10: quantile(own, 0.1).toFixed(2),
        p90: quantile(own, 0.9).toFixed(2),
        'to old layer': `${median(ratios(own, base)).toFixed(2)}×`,
      })),
    );
  }
  return samples;
}
