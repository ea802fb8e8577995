/**
 * Whether `a` and `b` show the same content. Equal rows keep their identity, but the lists, pages and graphs that
 * contain them are created again.
 */
export function isSame(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || isSameObject(a, b, (x, y) => Object.is(x, y) || isSameList(x, y));
}

function isSameList(a: unknown, b: unknown): boolean {
  return Array.isArray(a) && Array.isArray(b) && isSameObject(a, b, Object.is);
}

function isSameObject(a: unknown, b: unknown, isSameMember: (a: unknown, b: unknown) => boolean): boolean {
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => name in b && isSameMember(a[name], b[name]))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
