import { useCallback, useEffect, useRef, useState } from 'react';
import { DatabaseError, db, getCacheManager, type DbFunctions } from 'workflow-db/react';

export interface Entry<T> {
  /** Undefined until the first answer. */
  data: T | undefined;
  error: DatabaseError | null;
  /** Really asks. */
  refresh: () => void;
}

/**
 * For what has no hook of its own: shows the cache entry under `key`, and asks with `read` while there is none. Every
 * write and every live change that touches the entry shows up here.
 */
export function useEntry<T>(key: string, read: (from: DbFunctions) => Promise<T>): Entry<T> {
  const [state, setState] = useState<Omit<Entry<T>, 'refresh'>>({ data: stored(key), error: null });
  const latestRead = useRef(read);
  useEffect(() => {
    latestRead.current = read;
  });

  const ask = useCallback(async (from: DbFunctions) => {
    try {
      const data = await latestRead.current(from);
      setState({ data, error: null });
    } catch (error) {
      const known =
        error instanceof DatabaseError ? error : new DatabaseError('UNKNOWN_ERROR', String(error));
      if (known.code !== 'ABORTED') setState(({ data }) => ({ data, error: known }));
    }
  }, []);

  useEffect(() => {
    let isMounted = true;
    const follow = () => {
      const data = stored<T>(key);
      if (data !== undefined) setState({ data, error: null });
      // Not at once: when the user signs out every entry goes, and then the component does too.
      else queueMicrotask(() => isMounted && void ask(db));
    };
    const stop = getCacheManager().observe(key, follow);
    follow();
    return () => {
      isMounted = false;
      stop();
    };
  }, [key, ask]);

  const refresh = useCallback(() => void ask(db.with({ fresh: true })), [ask]);
  return { ...state, refresh };
}

function stored<T>(key: string): T | undefined {
  return getCacheManager().peek<T>(key) ?? undefined;
}
