import { isAuthError } from '@supabase/supabase-js';
import { DatabaseError } from 'workflow-db/react';

/** An error as shown to the user. */
export interface Problem {
  title: string;
  detail?: string;
  /** The library's error code, for support. */
  code?: string;
  isRetryable: boolean;
}

/** `duplicate` is the message if the row already exists. */
export function problemOf(error: unknown, duplicate = 'This name is taken already.'): Problem {
  if (error instanceof DatabaseError) {
    return error.code === UNIQUE_VIOLATION
      ? { title: duplicate, code: error.code, isRetryable: false }
      : ofDatabase(error);
  }
  if (isAuthError(error)) {
    const isRetryable = error.name === 'AuthRetryableFetchError';
    return {
      title: isRetryable ? UNREACHABLE : sentence(error.message),
      isRetryable,
      ...(error.code === undefined ? {} : { code: error.code }),
    };
  }
  return {
    title: error instanceof Error ? sentence(error.message) : 'Something went wrong.',
    isRetryable: true,
  };
}

/** A failure in one text. */
export function problemText(error: unknown): string {
  const { title, detail } = problemOf(error);
  return detail === undefined ? title : `${title} ${detail}`;
}

const UNIQUE_VIOLATION = '23505';
const UNREACHABLE = 'The server cannot be reached.';

function ofDatabase(error: DatabaseError): Problem {
  const detail = detailOf(error);
  return {
    title: titleOf(error),
    ...(detail === undefined ? {} : { detail }),
    code: error.code,
    isRetryable: error.retryable,
  };
}

function detailOf(error: DatabaseError): string | undefined {
  if (error.hint !== undefined) return error.hint;
  if (error.code === 'RETRY_EXHAUSTED') return `Tried ${error.attempts} times.`;
  return TITLES[error.code] === undefined ? error.message : undefined;
}

function titleOf(error: DatabaseError): string {
  const root = rootOf(error);
  const title = TITLES[root.code];
  if (title !== undefined) return title;
  if (root.status !== undefined && root.status >= 500) return 'The server has a problem.';
  return error.code === 'RETRY_EXHAUSTED'
    ? 'It did not work, even after several attempts.'
    : 'It did not work.';
}

/** Whether the server could not be reached. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof DatabaseError && ['NETWORK', 'TIMEOUT'].includes(rootOf(error).code);
}

/** The error behind `RETRY_EXHAUSTED`. */
function rootOf(error: DatabaseError): DatabaseError {
  const original: unknown = error.originalError;
  return error.code === 'RETRY_EXHAUSTED' && original instanceof DatabaseError ? original : error;
}

const TITLES: Partial<Record<string, string>> = {
  NETWORK: UNREACHABLE,
  TIMEOUT: 'The server takes too long to answer.',
  NOT_FOUND: 'It no longer exists, or you may not change it.',
  '42501': 'You are not allowed to do that.',
  CONFLICT: 'Someone else changed the same thing in the meantime.',
  '23503': 'What it belongs to no longer exists.',
  MIGRATION_REQUIRED: 'The database is not set up for this.',
};

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
