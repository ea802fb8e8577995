/** Runs the application's code. What it throws is reported as uncaught errors are, and stops nothing. */
export function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    // Node has no reportError: there, an uncaught error would end the process, and every other handler with it.
    if (typeof reportError === 'function') reportError(error);
    else console.error(error);
  }
}
