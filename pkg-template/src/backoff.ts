/** Waits that double with every failure in a row. */
export interface Backoff {
  /** The wait after the first failure. */
  readonly firstMs: number;
  /** No wait is longer. */
  readonly maxMs: number;
}

/** The wait after a failure that `earlier` others came before. */
export function backoffMs({ firstMs, maxMs }: Backoff, earlier: number): number {
  return Math.min(firstMs * 2 ** earlier, maxMs);
}
