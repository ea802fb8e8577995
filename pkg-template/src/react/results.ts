import type { DatabaseError } from '../errors.js';

/** The state of reading, which every hook returns. */
export interface ReadState {
  /** Reading initially, after `refresh…`, or because the page changed. */
  loading: boolean;
  /** The error of the last read or write. */
  error: DatabaseError | null;
  /** Reading, including in the background. */
  isFetching: boolean;
}
