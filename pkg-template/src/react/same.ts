/**
 * Whether showing `b` instead of `a` would make no difference: rows keep their identity as long as they are equal, but
 * the lists, pages and graphs that hold them are made anew.
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
