/** Whether the browser reports a network connection. On servers, which report nothing, always true. */
export function isOnline(): boolean {
  return (globalThis.navigator as Partial<Navigator> | undefined)?.onLine !== false;
}
