/** Freezes a value and all that it holds, and returns it. Nested values wait in a list: JSON may be deeper than the call stack. */
export function deepFreeze<Value>(value: Value): Value {
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    // Views of a buffer cannot be frozen; no row holds one, but what the application stores may.
    if (typeof next !== 'object' || next === null || Object.isFrozen(next) || ArrayBuffer.isView(next))
      continue;
    Object.freeze(next);
    for (const member of Object.values(next)) waiting.push(member);
  }
  return value;
}
