// What is known of rows by their id: the rows that the application may still reference, and the entries that contain
// each row. Two indexes in one file, because a page that loads five files at once can stop the server of the browser
// tests: see NOT_LOADED in scripts/test.mjs.
import { isEqual } from './json.js';

// The rows that the application may still reference. A row that is read again unchanged stays the same object.

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

// The entries that contain a row: entry numbers by row id. Most rows are in one or two entries, so a plain number or a
// short list takes the least memory.

/** The entry contains the rows `after` (one, or a list) instead of the rows `before`. Most rows are in both. */
export function replaceHeld(holders, entry, before, after) {
  if (before === after) return;
  const ids = idsOf(after);
  for (const id of ids) put(holders, entry, id);
  if (before === undefined) return;
  const held = new Set(ids);
  for (const id of idsOf(before)) if (!held.has(id)) take(holders, entry, id);
}

function idsOf(rows) {
  const list = Array.isArray(rows) ? rows : [rows];
  return list.map((row) => row?.id).filter((id) => typeof id === 'string');
}

/** The entry contains the row from now on, or no longer does. */
export function setHeld(holders, entry, id, isHeld) {
  if (isHeld) put(holders, entry, id);
  else take(holders, entry, id);
}

/** The entries that contain the row. */
export function holdersOf(holders, id) {
  const held = holders.get(id);
  return held === undefined ? [] : typeof held === 'number' ? [held] : held;
}

function put(holders, entry, id) {
  const held = holders.get(id);
  if (held === undefined) holders.set(id, entry);
  else if (typeof held !== 'number') {
    if (!held.includes(entry)) held.push(entry);
  } else if (held !== entry) holders.set(id, [held, entry]);
}

function take(holders, entry, id) {
  const held = holders.get(id);
  if (held === entry) holders.delete(id);
  else if (typeof held === 'object') {
    const left = held.filter((other) => other !== entry);
    if (left.length > 1) holders.set(id, left);
    else if (left.length === 1) holders.set(id, left[0]);
    else holders.delete(id);
  }
}
