// @ts-check

/** A failure that the user can fix. Its message is one sentence that says how; it needs no stack trace. */
export class StackError extends Error {
  name = 'StackError';
}
