/** Delays that double with each consecutive failure. */
export interface Backoff {
  /** Delay after the first failure. */
  readonly firstMs: number;
  /** Maximum delay. */
  readonly maxMs: number;
}

/** The delay after a failure that was preceded by `earlier` others. */
export function backoffMs({ firstMs, maxMs }: Backoff, earlier: number): number {
  return Math.min(firstMs * 2 ** earlier, maxMs);
}
