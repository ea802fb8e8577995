/** An id as in cache keys; empty if there is none, for example before the application knows the user. */
export function idOf(id: string | null | undefined): string {
  return String(id ?? '').toLowerCase();
}
