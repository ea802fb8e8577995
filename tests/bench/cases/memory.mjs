// @ts-check
import { printTable } from '../support/table.mjs';

const STEPS = [0, 10_000, 100_000, 250_000, 500_000, 1_000_000];

/** @param {import('../support/world.mjs').World} world */
export async function memory({ withPage }) {
  const samples = await withPage('memory', async (measure, page) => {
    const session = await page.context().newCDPSession(page);
    const found = [];
    let done = 0;
    for (const operations of STEPS) {
      const start = performance.now();
      const { bytes, ...stats } = await measure(operations - done);
      const ms = performance.now() - start;
      done = operations;
      await session.send('HeapProfiler.collectGarbage');
      const { usedSize } = await session.send('Runtime.getHeapUsage');
      found.push({ operations, bytes, heap: usedSize, ms, ...stats });
    }
    return found;
  });
  printTable(
    "A million operations (memory in kB, JavaScript's after a collection)",
    samples.map(
      (/** @type {Record<string, number>} */ { operations, bytes, heap, hits, misses, evictions }) => ({
        operations,
        'linear memory': (bytes / 1024).toFixed(0),
        'JavaScript heap': (heap / 1024).toFixed(0),
        hits,
        misses,
        evictions,
      }),
    ),
  );
  return samples;
}
