/** An id as cache keys have it; empty for none, as when the app does not know yet whose rows it shows. */
export function idOf(id: string | null | undefined): string {
  return String(id ?? '').toLowerCase();
}
