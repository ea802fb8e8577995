/**
 * Why a call failed. Branch on `code`, show `hint`.
 *
 * `code` is PostgREST's or Postgres's own (`PGRST…`, `23505`, `42501`, …) or one of NOT_CONFIGURED, INVALID_INPUT,
 * NOT_FOUND, CONFLICT, NETWORK, TIMEOUT, ABORTED, RETRY_EXHAUSTED, MIGRATION_REQUIRED, ENGINE_RESTARTED,
 * UNKNOWN_ERROR. `message` never holds a row's value, a token or a key; `details` may hold the database's own text.
 */
export class DatabaseError extends Error {
  /** What to branch on. */
  readonly code: string;
  /** What lies beneath: whatever was thrown, or for RETRY_EXHAUSTED the last attempt's DatabaseError. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- anything may be thrown
  readonly originalError?: any;
  /** HTTP status of the answer, when there was one. */
  readonly status?: number | undefined;
  /** The database's own further text. Not for logs: it may quote values. */
  readonly details?: string | undefined;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** How many requests were made. */
  readonly attempts: number = 0;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean = false;

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- anything may be thrown
  constructor(code: string, message: string, originalError?: any) {
    super(message);
    this.name = 'DatabaseError';
    this.code = code;
    this.originalError = originalError;
  }
}

/** That an argument or an option, by its name, is not what was expected. */
export function invalid(name: string, expected: string, originalError?: unknown): DatabaseError {
  return new DatabaseError('INVALID_INPUT', `${name}: expected ${expected}`, originalError);
}
