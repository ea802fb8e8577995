// @ts-check
import { median, quantile } from '../support/stats.mjs';
import { printTable } from '../support/table.mjs';

const LOADS = 15;
const PARTS = /** @type {const} */ ({
  total: 'first configure()',
  decode: '  decode the module, first use of the bindings',
  compile: '  compile',
  instantiate: '  instantiate',
  client: '  make and configure a client',
});

/** Each load runs in a new process, in which nothing is compiled yet. */
export async function start(/** @type {import('../support/world.mjs').World} */ { withPage }) {
  /** @type {Record<keyof typeof PARTS, number>[]} */
  const loads = [];
  for (let load = 0; load < LOADS; load += 1) loads.push(await withPage('start', (measure) => measure()));
  printTable(
    'Start-up: the first synchronous use on a fresh page (ms)',
    Object.entries(PARTS).map(([part, what]) => {
      const own = loads.map((load) => load[/** @type {keyof typeof PARTS} */ (part)]);
      return {
        what,
        median: median(own).toFixed(2),
        p10: quantile(own, 0.1).toFixed(2),
        p90: quantile(own, 0.9).toFixed(2),
      };
    }),
  );
  return loads;
}
