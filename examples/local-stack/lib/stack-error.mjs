// @ts-check

/** A failure the user can do something about: its message is one sentence that says what, and needs no stack trace. */
export class StackError extends Error {
  name = 'StackError';
}
