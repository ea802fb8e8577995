type Listeners = Record<string, (event: Partial<PageTransitionEvent>) => void>;
const OF_THE_DOCUMENT = ['visibilitychange', 'freeze', 'resume'];

/** Listens to the page, or to the worker. Returns a function that stops it. */
export function listen(listeners: Listeners): () => void {
  const targetOf = (name: string): EventTarget | undefined => {
    if (!OF_THE_DOCUMENT.includes(name)) return globalThis;
    return typeof document === 'undefined' ? undefined : document;
  };
  const each = Object.entries(listeners);
  each.forEach(([name, listener]) => targetOf(name)?.addEventListener(name, listener));
  return () => each.forEach(([name, listener]) => targetOf(name)?.removeEventListener(name, listener));
}
