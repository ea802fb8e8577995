/** What the offline module decides about entries and writes (`src/js/shown.rs`). */
export interface Planner {
  learn(name: string, args: unknown[], userId?: string): string | undefined;
  setWaiting(overlays: unknown[]): unknown[];
  shown(key: string, base: unknown): unknown;
  patched(key: string, base: unknown, table: string, id: string | undefined, row: unknown): unknown;
  plan(name: string, args: unknown[], uuid: () => string): unknown;
  expected(table: string, key: string, known: unknown): unknown;
  keyOf(table: string, key: string): string | undefined;
  mayStore(key: string): boolean;
}
