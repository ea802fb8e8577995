// @ts-check

const DAY_MS = 86_400_000;

/**
 * A point in time as the columns hold it: UTC, without zone.
 *
 * @param {Date} now
 * @param {number} days before it, in part too
 */
export function daysBefore(now, days) {
  return plusMs(now, -days * DAY_MS);
}

/** @param {Date | string} time @param {number} ms */
export function plusMs(time, ms) {
  const start = typeof time === 'string' ? Date.parse(`${time}Z`) : time.getTime();
  return new Date(start + ms).toISOString().slice(0, -1);
}
