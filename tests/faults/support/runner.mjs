// @ts-check
import { prepareCell } from './cells.mjs';
import { CORE, FAULTS } from './faults.mjs';
import { OPERATIONS } from './operations.mjs';

/** @typedef {import('./cells.mjs').Cell} Cell */
/** @typedef {import('./cells.mjs').Result} Result */

/** The result of a cell, or the reason why it could not run. @typedef {{ cell: Cell, result?: Result, broken?: unknown }} Seen */

const AT_ONCE = 24;

/** @type {Cell[]} */
export const CELLS = Object.keys(FAULTS).flatMap((fault) =>
  Object.keys(OPERATIONS).flatMap((operation) =>
    /** @type {const} */ (['once', 'always']).map((times) => ({ fault, operation, times })),
  ),
);

/** The cells of everyday tests, and of browsers other than Chromium. */
export const CORE_CELLS = CELLS.filter(
  ({ fault, operation }) => CORE.includes(fault) && OPERATIONS[operation].kind !== 'subscribe',
);

/**
 * Runs independent cells, several at a time.
 *
 * @param {import('../../e2e/support/world.mjs').World} world
 * @param {import('./cells.mjs').Page} page
 * @param {Cell[]} chosen
 * @returns {Promise<Seen[]>}
 */
export async function runApart(world, page, chosen) {
  const left = chosen.entries();
  /** @type {Seen[]} */
  const seen = [];
  const worker = async () => {
    for (const [index, cell] of left) {
      try {
        const prepared = await prepareCell(world, page, cell);
        seen[index] = { cell, result: await prepared.run() };
        await prepared.close();
      } catch (broken) {
        seen[index] = { cell, broken };
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return seen;
}
