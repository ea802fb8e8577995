/** Whether the browser has a network, as far as it knows. Servers do not say. */
export function isOnline(): boolean {
  return (globalThis.navigator as Partial<Navigator> | undefined)?.onLine !== false;
}
