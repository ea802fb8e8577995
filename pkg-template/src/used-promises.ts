/** An answer that React renders with is handed out again for this many milliseconds. */
const LIFETIME_MS = 5_000;

interface Answered {
  promise: Promise<unknown>;
  until: number;
  /** Whether React is still to render with it for the first time. */
  isAwaited: boolean;
  /** Whether something changed since. */
  isOutdated: boolean;
}

/**
 * Promises that React's `use` waited for, by their questions.
 *
 * A component that suspends on a promise is rendered again when that settles, and asks the same question then. Where the
 * cache cannot answer it (a missing row, a page), it must meet the promise that settled: a new one would suspend it again,
 * without end. Other callers never meet one of these: only `use` marks a promise with its `status`.
 */
export class UsedPromises {
  private readonly answers = new Map<string, Answered>();

  /** The promise that React renders with, or a new one. */
  ask(name: string, args: unknown[], ask: () => Promise<unknown>): Promise<unknown> {
    const known = this.answers.size > 0 ? this.answers.get(questionOf(name, args)) : undefined;
    if (known !== undefined && Date.now() < known.until) return this.handOut(questionOf(name, args), known);
    const promise = ask();
    const settled = () => {
      if ('status' in promise) this.keep(questionOf(name, args), promise);
    };
    promise.then(settled, settled);
    return promise;
  }

  /** Nothing is handed out again: it was, or may be, another user's. */
  clear(): void {
    this.answers.clear();
  }

  /** Something changed: every question is asked anew, once React has rendered with the answer that it waits for. */
  forget(): void {
    for (const [question, answered] of this.answers) {
      if (answered.isAwaited) answered.isOutdated = true;
      else this.answers.delete(question);
    }
  }

  private handOut(question: string, answered: Answered): Promise<unknown> {
    answered.isAwaited = false;
    // Not at once: under StrictMode, React renders twice in a row.
    if (answered.isOutdated) queueMicrotask(() => this.answers.delete(question));
    return answered.promise;
  }

  private keep(question: string, promise: Promise<unknown>): void {
    const now = Date.now();
    for (const [known, { until }] of this.answers) if (until <= now) this.answers.delete(known);
    if (question === '') return;
    this.answers.set(question, { promise, until: now + LIFETIME_MS, isAwaited: true, isOutdated: false });
  }
}

/** Empty for arguments that are no JSON. */
function questionOf(name: string, args: unknown[]): string {
  try {
    return `${name} ${JSON.stringify(args)}`;
  } catch {
    return '';
  }
}
