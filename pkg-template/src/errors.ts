import type { GraphConflict, WorkflowWithRelations } from './types.js';

/**
 * Why a call failed. Branch on `code`, show `hint`.
 *
 * `code` is PostgREST's or Postgres's own (`PGRST…`, `23505`, `42501`, …) or one of NOT_CONFIGURED, INVALID_INPUT,
 * NOT_FOUND, CONFLICT, NETWORK, TIMEOUT, ABORTED, RETRY_EXHAUSTED, MIGRATION_REQUIRED, STORAGE_UNAVAILABLE,
 * ENGINE_RESTARTED, UNKNOWN_ERROR. `message` never contains a row's value, a token or a key. `details` may quote
 * values, except in errors of calls that carry a secret.
 *
 * @example
 * try {
 *   await db.createWorkflow(userId, { name: 'Report' });
 * } catch (error) {
 *   if (!(error instanceof DatabaseError)) throw error;
 *   if (error.code === '23505') console.log('The name is taken');
 *   else console.log(error.message, error.hint);
 * }
 */
export class DatabaseError extends Error {
  /** The code to branch on. */
  readonly code: string;
  /** The underlying cause: the value that was thrown or, for RETRY_EXHAUSTED, the last attempt's DatabaseError. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- anything may be thrown
  readonly originalError?: any;
  /** HTTP status of the response, if there was one. */
  readonly status?: number | undefined;
  /**
   * Further text from the database. It may quote values, so do not log it. Missing for calls that carry a secret: writes
   * to API keys and integrations, and `revealApiKey`.
   */
  readonly details?: string | undefined;
  /** How to solve the problem. */
  readonly hint?: string | undefined;
  /** Number of requests made. */
  readonly attempts: number = 0;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean = false;
  /** The conflicts for the user to resolve, if a save with `base` could not be merged. */
  readonly conflicts?: GraphConflict[];
  /** The merged graph. Where there is a conflict, it contains the version of `base`. */
  readonly merged?: Pick<WorkflowWithRelations, 'nodes' | 'connections'>;
  /** The workflow after the concurrent saves. Pass it as `base` of the save that resolves the conflicts. */
  readonly theirs?: WorkflowWithRelations;

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- anything may be thrown
  constructor(code: string, message: string, originalError?: any) {
    super(message);
    this.name = 'DatabaseError';
    this.code = code;
    this.originalError = originalError;
  }
}

/** An argument or option is invalid: `name` is its name, `expected` describes valid values. */
export function invalid(name: string, expected: string, originalError?: unknown): DatabaseError {
  return new DatabaseError('INVALID_INPUT', `${name}: expected ${expected}`, originalError);
}

/**
 * Reads what the application passed as `name`, which may run its code.
 *
 * @throws DatabaseError INVALID_INPUT if that code throws.
 */
export function readable<Result>(name: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof DatabaseError) throw error;
    throw invalid(name, 'an object that can be read', error);
  }
}
