// @ts-check

/** The value below which this part of the samples lies, interpolated between two samples. @param {number[]} samples @param {number} part */
export function quantile(samples, part) {
  const sorted = samples.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)];
  return below + (sorted[Math.ceil(place)] - below) * (place % 1);
}

/** @param {number[]} samples */
export const median = (samples) => quantile(samples, 0.5);

/** The ratio of each sample to the base sample of the same round. @param {number[]} samples @param {number[]} base */
export const ratios = (samples, base) => samples.map((sample, index) => sample / base[index]);
