import { useSyncExternalStore } from 'react';

/** The text that the running steps of this window have written so far, by the ids of their results. */
const outputs = new Map<string, string>();
const listeners = new Set<() => void>();

/** Sets the text that a step has written so far; undefined once its result is stored. */
export function showOutput(resultId: string, text: string | undefined): void {
  if (text === undefined) outputs.delete(resultId);
  else outputs.set(resultId, text);
  for (const listener of listeners) listener();
}

export function useLiveOutput(resultId: string): string | undefined {
  return useSyncExternalStore(subscribe, () => outputs.get(resultId));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
