import { DatabaseError } from '../errors.js';

/** Converts a thrown value to the error that hooks show. */
export function toDatabaseError(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new DatabaseError('UNKNOWN_ERROR', message, error);
}
