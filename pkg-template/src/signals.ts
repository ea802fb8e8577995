import { invalid } from './errors.js';

type OnAbort = () => void;

/** The callbacks waiting for each signal. */
const waiting = new WeakMap<AbortSignal, Set<OnAbort>>();

/**
 * Calls `onAbort` when the signal is aborted. Returns a function that stops it.
 *
 * Each signal gets only one listener, regardless of the number of calls: Node warns of a leak if there are more than
 * ten.
 */
export function whenAborted(signal: AbortSignal, onAbort: OnAbort): () => void {
  const others = waiting.get(signal) ?? listen(signal);
  others.add(onAbort);
  return () => {
    others.delete(onAbort);
    if (others.size > 0 || waiting.get(signal) !== others) return;
    waiting.delete(signal);
    signal.removeEventListener('abort', abortAll);
  };
}

function listen(signal: AbortSignal): Set<OnAbort> {
  const all = new Set<OnAbort>();
  waiting.set(signal, all);
  signal.addEventListener('abort', abortAll, { once: true });
  return all;
}

function abortAll(this: AbortSignal): void {
  const all = waiting.get(this);
  waiting.delete(this);
  all?.forEach((onAbort) => onAbort());
}

/** The signals among the values, which an application passed as such. */
export function signalsOf(values: readonly unknown[]): AbortSignal[] {
  return values.flatMap((value) => {
    const signal = (value ?? undefined) as AbortSignal | undefined;
    if (signal === undefined) return [];
    if (typeof signal.addEventListener !== 'function') throw invalid('signal', 'an AbortSignal');
    return signal;
  });
}
