import { useCallback, useEffect, useRef, useState } from 'react';
import { DatabaseError, db, getCacheManager, type DbFunctions } from 'workflow-db';

export interface Query<T> {
  /** Undefined until the first answer. */
  data: T | undefined;
  error: DatabaseError | null;
  isFetching: boolean;
  /** Asks the server, whatever the cache holds. What is shown stays until the answer is there. */
  refresh: () => void;
}

interface Answer<T> {
  of: string;
  data: T | undefined;
  error: DatabaseError | null;
  isFetching: boolean;
}

interface Options {
  /** Show the answer to the previous keys until the one to these is there. */
  keepPrevious?: boolean;
}

/**
 * Reads with `load`, and again whenever one of the cache entries under `keys` changes: every component that shows an
 * entry follows it. While the entry is stored, reading costs no request.
 */
export function useQuery<T>(
  keys: readonly string[],
  load: (from: DbFunctions) => Promise<T>,
  { keepPrevious = false }: Options = {},
): Query<T> {
  const of = keys.join(' ');
  const [answer, setAnswer] = useState<Answer<T>>({ of, data: undefined, error: null, isFetching: true });
  const latestLoad = useRef(load);
  const latestRead = useRef<(from: DbFunctions) => void>(() => {});

  useEffect(() => {
    latestLoad.current = load;
  });

  useEffect(() => {
    let isCurrent = true;
    let reading = false;
    /** Entries that changed during a read. Once is the read's own answer, if it was stored; twice is news. */
    const changed = new Set<string>();
    let isOutdated = false;

    const read = async (from: DbFunctions): Promise<void> => {
      reading = true;
      isOutdated = false;
      changed.clear();
      setAnswer((last) => ({ ...last, isFetching: true }));
      const result = await settle(latestLoad.current(from));
      if (!isCurrent) return;
      reading = false;
      setAnswer((last) => ({
        of,
        data: 'data' in result ? result.data : last.of === of ? last.data : undefined,
        error: 'error' in result ? result.error : null,
        isFetching: false,
      }));
      if (isOutdated) void read(db);
    };

    const stops = of
      .split(' ')
      .filter(Boolean)
      .map((key) =>
        getCacheManager().observe(key, () => {
          if (reading) {
            if (changed.has(key) || getCacheManager().peek(key) === null) isOutdated = true;
            changed.add(key);
            return;
          }
          // Not at once: when the user signs out every entry goes, and then the component does too.
          reading = true;
          queueMicrotask(() => {
            if (isCurrent) void read(db);
          });
        }),
      );
    latestRead.current = (from) => void read(from);
    void read(db);
    return () => {
      isCurrent = false;
      stops.forEach((stop) => stop());
    };
  }, [of]);

  const refresh = useCallback(() => latestRead.current(db.with({ fresh: true })), []);
  const isOfThese = answer.of === of;
  return {
    data: isOfThese || keepPrevious ? answer.data : undefined,
    error: isOfThese ? answer.error : null,
    isFetching: !isOfThese || answer.isFetching,
    refresh,
  };
}

async function settle<T>(promise: Promise<T>): Promise<{ data: T } | { error: DatabaseError }> {
  try {
    return { data: await promise };
  } catch (error) {
    if (error instanceof DatabaseError) return { error };
    return { error: new DatabaseError('UNKNOWN_ERROR', String(error), error) };
  }
}
