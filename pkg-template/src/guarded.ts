/** Runs the application's code. What it throws is reported as uncaught errors are, and stops nothing. */
export function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    report(error);
  }
}

/** Shows an error to the developer. */
export function report(error: unknown): void {
  try {
    // Node has no reportError: there, an uncaught error would end the process, and every other handler with it.
    if (typeof reportError === 'function') reportError(error);
    else console.error(error);
  } catch {
    // Some values cannot be printed, such as a revoked Proxy.
    console.error('A handler threw a value that cannot be printed');
  }
}
