import type { DatabaseError } from '../errors.js';

/** What every hook tells about its reading. */
export interface ReadState {
  /** Reading for the first time, because of `refresh…`, or because the page changed. */
  loading: boolean;
  /** Why the last read or write failed. */
  error: DatabaseError | null;
  /** Reading, also in the background. */
  isFetching: boolean;
}
