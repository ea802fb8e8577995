/** Where the app kept keys before they were stored in the database: `{ service: key }`, in plain text. */
const ITEM = 'apiKeys';

/** The keys in this browser's storage, which may contain anything. */
export function localKeys(): Record<string, string> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(ITEM) ?? '{}');
    if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) return {};
    const entries = Object.entries(stored)
      .map(([service, key]) => [service.trim(), typeof key === 'string' ? key.trim() : ''] as const)
      .filter(([service, key]) => service !== '' && key !== '');
    return Object.fromEntries(entries);
  } catch {
    return {};
  }
}

/** Removes one of them, and the storage entry with the last one. */
export function forgetLocalKey(service: string): void {
  const { [service]: _gone, ...others } = localKeys();
  if (Object.keys(others).length === 0) forgetLocalKeys();
  else localStorage.setItem(ITEM, JSON.stringify(others));
}

export function forgetLocalKeys(): void {
  localStorage.removeItem(ITEM);
}
