// @ts-check

const DAY_MS = 86_400_000;

/**
 * A time in the format of the columns: UTC, without a zone.
 *
 * @param {Date} now
 * @param {number} days before it; may be fractional
 */
export function daysBefore(now, days) {
  return plusMs(now, -days * DAY_MS);
}

/** @param {Date | string} time @param {number} ms */
export function plusMs(time, ms) {
  const start = typeof time === 'string' ? Date.parse(`${time}Z`) : time.getTime();
  return new Date(start + ms).toISOString().slice(0, -1);
}
