/** Measurements by contestant, in the order of the rounds. */
export type Samples = Record<string, number[]>;

interface Options {
  rounds: number;
  /** Rounds that are not counted. */
  warmUp: number;
  /** The number by which to divide the milliseconds. */
  divisor?: number;
}

/** Runs every contestant once per round, in an order that differs from round to round. */
export async function interleaved(
  contestants: Record<string, () => Promise<unknown>>,
  { rounds, warmUp, divisor = 1 }: Options,
): Promise<Samples> {
  const samples: Samples = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const name of shuffled(Object.keys(contestants))) {
      const run = contestants[name];
      await new Promise((resolve) => setTimeout(resolve));
      const start = performance.now();
      await run();
      const took = performance.now() - start;
      if (round >= 0) samples[name].push(took / divisor);
    }
  }
  return samples;
}

function shuffled<T>(items: T[]): T[] {
  const drawn = items.map((item) => ({ item, lot: Math.random() }));
  return drawn.sort((a, b) => a.lot - b.lot).map(({ item }) => item);
}
