// @ts-check

/**
 * A value as Elixir's `inspect` prints it, for error messages.
 *
 * @param {unknown} value text, a list or a map
 * @returns {string}
 */
export function inspect(value) {
  if (Array.isArray(value)) return `[${value.map(inspect).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `%{${entries.map(([key, inner]) => `${inspect(key)} => ${inspect(inner)}`).join(', ')}}`;
  }
  if (value === null) return 'nil';
  return typeof value === 'string' ? `"${value.replace(/["\\]/g, '\\$&')}"` : String(value);
}
