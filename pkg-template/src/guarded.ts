/** Runs the application's code. What it throws is reported as uncaught, and stops nothing here. */
export function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}
