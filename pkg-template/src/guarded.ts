/** Runs the application's code. An exception is reported like an uncaught error and affects nothing else. */
export function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    report(error);
  }
}

/** Reports an error to the developer. */
export function report(error: unknown): void {
  try {
    // Node has no reportError: there, an uncaught error would end the process and prevent all other handlers from
    // running.
    if (typeof reportError === 'function') reportError(error);
    else console.error(error);
  } catch {
    // Some values cannot be printed, such as a revoked Proxy.
    console.error('A handler threw a value that cannot be printed');
  }
}
