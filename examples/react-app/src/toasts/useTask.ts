import { useState } from 'react';
import { problemOf, problemText } from '../data/problems';
import { useToast } from './toasts';

export interface Task<Args extends unknown[]> {
  /** Runs it, unless it is running already. Never rejects: a toast shows the error and offers a retry. */
  run: (...args: Args) => Promise<boolean>;
  isPending: boolean;
}

interface Options {
  /** The message on success. */
  done?: string;
  /** Whether it may run several times at once. Needed for switches, where each click means something else. */
  mayOverlap?: boolean;
}

/** The action of a button that has no room for an error message next to it. */
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
      const { isRetryable } = problemOf(error);
      toast({
        text: failure,
        tone: 'failure',
        detail: problemText(error),
        ...(isRetryable ? { action: { label: 'Try again', run: () => void run(...args) } } : {}),
      });
      return false;
    } finally {
      setIsPending(false);
    }
  };
  return { run, isPending };
}
