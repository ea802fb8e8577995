import { useCallback, useState } from 'react';

export interface Action<Args extends unknown[], Result> {
  /** Runs it, unless it is running already. Never rejects: resolves to undefined on failure, and `error` is set. */
  run: (...args: Args) => Promise<Result | undefined>;
  isPending: boolean;
  /** The error of the last run; null after a success. */
  error: unknown;
  /** Repeats the last run. */
  retry: () => void;
  dismiss: () => void;
}

/** The action of a form or a dialog, with its pending state and error. */
export function useAction<Args extends unknown[], Result>(
  act: (...args: Args) => Promise<Result>,
): Action<Args, Result> {
  const [state, setState] = useState<{ isPending: boolean; error: unknown; args?: Args }>({
    isPending: false,
    error: null,
  });

  const run = async (...args: Args): Promise<Result | undefined> => {
    if (state.isPending) return undefined;
    setState({ isPending: true, error: null, args });
    try {
      const result = await act(...args);
      setState({ isPending: false, error: null });
      return result;
    } catch (error) {
      setState({ isPending: false, error, args });
      return undefined;
    }
  };

  const retry = () => {
    if (state.args !== undefined) void run(...state.args);
  };
  const dismiss = useCallback(() => setState({ isPending: false, error: null }), []);
  return { run, isPending: state.isPending, error: state.error, retry, dismiss };
}
