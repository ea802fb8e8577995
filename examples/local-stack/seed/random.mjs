// @ts-check

/**
 * Generates the same numbers for the same seed (mulberry32), so that all seeded databases are equal except for
 * the date.
 *
 * @param {number} seed
 */
export function createRandom(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (/** @type {number} */ low, /** @type {number} */ high) =>
    low + Math.floor(next() * (high - low + 1));
  const hex = (/** @type {number} */ digits) =>
    Array.from({ length: digits }, () => int(0, 15).toString(16)).join('');
  return {
    /** At least 0 and less than 1. */
    next,
    /** A whole number, including both ends. */
    int,
    /** @template T @param {readonly T[]} list @returns {T} */
    pick: (list) => list[int(0, list.length - 1)],
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
    hex,
  };
}

/** @typedef {ReturnType<typeof createRandom>} Random */
