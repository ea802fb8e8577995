// Which entries hold a row: the numbers of entries by the ids of rows. Most rows are held by one or two entries, so that a
// number alone, or a short list, takes the least room.

export function setAll(holders, entry, rows, isHeld) {
  for (const row of Array.isArray(rows) ? rows : [rows]) {
    if (typeof row?.id === 'string') set(holders, entry, row.id, isHeld);
  }
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
