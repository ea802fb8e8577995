/**
 * Freezes a value and everything in it, and returns it. Nested values wait in a list, because JSON may be nested
 * deeper than the call stack allows.
 */
export function deepFreeze<Value>(value: Value): Value {
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    // Buffer views cannot be frozen. No row contains one, but the application may store one.
    if (typeof next !== 'object' || next === null || Object.isFrozen(next) || ArrayBuffer.isView(next))
      continue;
    Object.freeze(next);
    for (const member of Object.values(next)) waiting.push(member);
  }
  return value;
}
