// The entries that contain a row: entry numbers by row id. Most rows are in one or two entries, so a plain number or a
// short list takes the least memory.

/** The entry contains the rows `after` (one, or a list) instead of the rows `before`. Most rows are in both. */
export function replace(holders, entry, before, after) {
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

export function set(holders, entry, id, isHeld) {
  if (isHeld) put(holders, entry, id);
  else take(holders, entry, id);
}

export function of(holders, id) {
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
