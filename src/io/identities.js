// The rows that the application may still reference. A row that is read again unchanged stays the same object.
import { isEqual } from './json.js';

/** Below this number of rows of a table, references to collected rows are not removed. */
const FIRST_SWEEP = 256;

/**
 * Returns `fresh`, a row or a list of rows, with every row replaced by the known one of its kind if the two are equal.
 * The others become known if they are the latest.
 */
export function same(kinds, kind, fresh, isLatest) {
  // Some server runtimes have no weak references.
  if (typeof WeakRef === 'undefined') return fresh;
  let known = kinds.get(kind);
  if (known === undefined) kinds.set(kind, (known = { rows: new Map(), sweepAt: FIRST_SWEEP }));
  const kept = Array.isArray(fresh)
    ? fresh.map((row) => sameRow(known.rows, row, isLatest))
    : sameRow(known.rows, fresh, isLatest);
  if (known.rows.size > known.sweepAt) sweep(known);
  return kept;
}

function sameRow(rows, fresh, isLatest) {
  const id = fresh?.id;
  if (typeof id !== 'string') return fresh;
  const known = rows.get(id)?.deref();
  if (known !== undefined && isEqual(known, fresh)) return known;
  if (isLatest) rows.set(id, new WeakRef(fresh));
  return fresh;
}

/** Removes the rows that were garbage-collected. */
function sweep(known) {
  for (const [id, row] of known.rows) {
    if (row.deref() === undefined) known.rows.delete(id);
  }
  known.sweepAt = Math.max(FIRST_SWEEP, 2 * known.rows.size);
}

/** The latest known row of this kind and id, if it is still referenced. */
export function latest(kinds, kind, id) {
  return kinds.get(kind)?.rows.get(id)?.deref();
}
