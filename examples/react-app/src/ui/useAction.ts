import { useCallback, useState } from 'react';

export interface Action<Args extends unknown[], Result> {
  /** Does it, unless it is being done. Never rejects: resolves undefined when it failed, and `error` tells why. */
  run: (...args: Args) => Promise<Result | undefined>;
  isPending: boolean;
  /** Whatever the last run threw; null after a success. */
  error: unknown;
  /** The last run once more. */
  retry: () => void;
  dismiss: () => void;
}

/** What a form or a dialog does: whether it is under way, and why it failed. */
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
