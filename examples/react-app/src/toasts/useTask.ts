import { useState } from 'react';
import { problemOf } from '../data/problems';
import { useToast } from './toasts';

export interface Task<Args extends unknown[]> {
  /** Does it, unless it is being done. Never rejects: a failure is told in a toast, which offers another try. */
  run: (...args: Args) => Promise<boolean>;
  isPending: boolean;
}

interface Options {
  /** What to say when it is done. */
  done?: string;
  /** Whether it may be done again while it is being done: for switches, of which each means something else. */
  mayOverlap?: boolean;
}

/** What a button on the page does, where there is no room for an error beside it. */
export function useTask<Args extends unknown[]>(
  failure: string,
  act: (...args: Args) => Promise<unknown>,
  { done, mayOverlap = false }: Options = {},
): Task<Args> {
  const toast = useToast();
  const [isPending, setIsPending] = useState(false);

  const run = async (...args: Args): Promise<boolean> => {
    if (isPending && !mayOverlap) return false;
    setIsPending(true);
    try {
      await act(...args);
      if (done !== undefined) toast({ text: done, tone: 'success' });
      return true;
    } catch (error) {
      const { title, detail, isRetryable } = problemOf(error);
      toast({
        text: failure,
        tone: 'failure',
        detail: detail === undefined ? title : `${title} ${detail}`,
        ...(isRetryable ? { action: { label: 'Try again', run: () => void run(...args) } } : {}),
      });
      return false;
    } finally {
      setIsPending(false);
    }
  };
  return { run, isPending };
}
