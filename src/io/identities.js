// Which rows the application may still hold: a row that is read again, and equal, is the same object again.
import { isEqual } from './json.js';

/** With fewer rows of a table than this, references to collected rows are left where they are. */
const FIRST_SWEEP = 256;

/**
 * `fresh`, a row or a list of rows, with every row that is equal to a known one of its kind replaced by that one. The others
 * become known if they are the latest.
 */
export function same(kinds, kind, fresh, isLatest) {
  // Some servers' runtimes have no weak references.
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

/** Forgets the rows that were collected. */
function sweep(known) {
  for (const [id, row] of known.rows) {
    if (row.deref() === undefined) known.rows.delete(id);
  }
  known.sweepAt = Math.max(FIRST_SWEEP, 2 * known.rows.size);
}

/** The latest known row of that kind with this id, if it is still held. */
export function latest(kinds, kind, id) {
  return kinds.get(kind)?.rows.get(id)?.deref();
}
