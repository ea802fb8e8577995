// Operations on whole rows. They run in JavaScript, which owns the rows: from Rust, every column would be a call.

/**
 * Whether two JSON values are equal, regardless of the order of members.
 *
 * Nested values wait in a list instead of on the call stack, because Postgres stores JSON nested thousands of levels
 * deep.
 */
export function isEqual(a, b) {
  if (a === b) return true;
  if (!isNested(a) || !isNested(b)) return false;
  const waiting = [a, b];
  while (waiting.length > 0) {
    const other = waiting.pop();
    if (!hasEqualMembers(waiting.pop(), other, waiting)) return false;
  }
  return true;
}

const isNested = (value) => typeof value === 'object' && value !== null;

/**
 * Whether two objects or lists have the same members. Nested members are added to `waiting` instead of being
 * compared.
 */
function hasEqualMembers(a, b, waiting) {
  const isList = Array.isArray(a);
  if (isList !== Array.isArray(b)) return false;
  if (isList) {
    if (a.length !== b.length) return false;
    for (let index = 0; index < a.length; index += 1) {
      if (!mayBeEqual(a[index], b[index], waiting)) return false;
    }
    return true;
  }
  // JSON has no undefined, so a member that b lacks differs from any value in a.
  let surplus = 0;
  for (const key in a) {
    if (!mayBeEqual(a[key], b[key], waiting)) return false;
    // Every object inherits a member of this name.
    if (key === '__proto__' && !Object.hasOwn(b, key)) return false;
    surplus -= 1;
  }
  for (const _ in b) surplus += 1;
  return surplus === 0;
}

function mayBeEqual(a, b, waiting) {
  if (a === b) return true;
  if (!isNested(a) || !isNested(b)) return false;
  waiting.push(a, b);
  return true;
}

/** The members of an object that are objects or lists, each as `[name, value]`. */
export function nestedMembers(value) {
  return isRow(value) ? Object.entries(value).filter(([, member]) => isNested(member)) : [];
}

/** The form of a JSON value: 0 for a list of objects, 1 for an object, 2 for a string, 3 for anything else. */
export function formOf(value) {
  if (Array.isArray(value)) return value.every(isRow) ? 0 : 3;
  if (typeof value === 'string') return 2;
  return isNested(value) ? 1 : 3;
}

const isRow = (value) => isNested(value) && !Array.isArray(value);

/** Returns `fresh` with each row replaced by the equal one of `old`. */
export function reuse(old, fresh) {
  if (!Array.isArray(old) || !Array.isArray(fresh)) return isEqual(old, fresh) ? old : fresh;
  let byId;
  let isSame = old.length === fresh.length;
  const rows = fresh.map((row, index) => {
    // Most rows keep their position.
    let known = old[index];
    if (known?.id !== row?.id) {
      byId ??= new Map(old.map((each) => [each?.id, each]));
      known = byId.get(row?.id);
    }
    const kept = known !== undefined && isEqual(known, row) ? known : row;
    if (kept !== old[index]) isSame = false;
    return kept;
  });
  return isSame ? old : rows;
}

/** Whether `row` has every member of `part` with an equal value. */
export function covers(row, part) {
  return Object.keys(part).every((key) => isEqual(row[key], part[key]));
}

/** `base` without the members in `without`, and with `names` set to `values`. */
export function assemble(base, without, names, values) {
  const object = { ...base };
  for (const name of without) delete object[name];
  for (let index = 0; index < names.length; index += 1) object[names[index]] = values[index];
  return object;
}

/** An object with these members. A member may have any name, `__proto__` too. */
export function fromMembers(names, values) {
  return Object.fromEntries(names.map((name, index) => [name, values[index]]));
}

/** The members of three objects, each of which may be undefined: `[name, base, theirs, mine]` for every name, sorted. */
export function zip(...objects) {
  const names = new Set(objects.flatMap((object) => Object.keys(object ?? {})));
  const valueIn = (object, name) => (object && Object.hasOwn(object, name) ? object[name] : undefined);
  return Array.from(names)
    .sort()
    .map((name) => [name, ...objects.map((object) => valueIn(object, name))]);
}

/** The rows grouped by the text in `column`: one list per member. */
export function groupBy(rows, column, members) {
  const lists = new Map(members.map((member) => [member, []]));
  for (const row of rows) lists.get(row[column])?.push(row);
  return members.map((member) => lists.get(member));
}

/** The rows without duplicate ids; the later of two rows wins. */
export function latestOfEach(rows) {
  const latest = new Map(rows.map((row) => [row.id, row]));
  return rows.filter((row) => latest.get(row.id) === row);
}

/** `row` with the members of `part` replacing its own. */
export function merge(row, part) {
  return { ...row, ...part };
}

/**
 * The ids in lists that were searched before. Most changed rows are in none of the lists, and a linear search would
 * be slow.
 */
const idsOf = new WeakMap();

/** The position in the list of the row with this id, or -1. */
export function position(rows, id) {
  if (!Array.isArray(rows)) return -1;
  if (!idsOf.has(rows)) idsOf.set(rows, new Set(rows.map((row) => row?.id)));
  return idsOf.get(rows).has(id) ? rows.findIndex((row) => row?.id === id) : -1;
}

/** The list with `removed` items removed at `index`, and `row` inserted there unless it is undefined. */
export function splice(rows, index, removed, row) {
  const copy = rows.slice();
  const added = row === undefined ? [] : [row];
  const gone = copy.splice(index, removed, ...added);
  const ids = idsOf.get(rows);
  if (ids !== undefined) {
    // Pass the index on to the new list; the old one is rarely searched again.
    gone.forEach((row) => ids.delete(row.id));
    added.forEach((row) => ids.add(row.id));
    idsOf.delete(rows);
    idsOf.set(copy, ids);
  }
  return copy;
}

/**
 * The differences between the map of rows by id and the list `fresh`: pairs of old and new row, either of which may
 * be undefined.
 */
export function differences(known, fresh) {
  const pairs = [];
  const ids = new Set();
  for (const row of fresh) {
    ids.add(row.id);
    const old = known.get(row.id);
    if (old === undefined || !isEqual(old, row)) pairs.push([old, row]);
  }
  const gone = [];
  known.forEach((row, id) => {
    if (!ids.has(id)) gone.push([row, undefined]);
  });
  return gone.concat(pairs);
}
