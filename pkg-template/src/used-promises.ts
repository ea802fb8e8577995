/** How long a result is reused for React's rendering, in milliseconds. */
const LIFETIME_MS = 5_000;

interface Answered {
  promise: Promise<unknown>;
  until: number;
  /** Whether React has yet to render with it. */
  isAwaited: boolean;
  /** Whether something changed since. */
  isOutdated: boolean;
}

/**
 * Promises that React's `use` is waiting for, by query.
 *
 * A component that suspends on a promise is rendered again when it settles, and makes the same query. If the cache
 * cannot serve it (a missing row, a page), the component must get the same promise: a new one would suspend it forever.
 * Other callers never get one of these, because only `use` marks a promise with its `status`.
 */
export class UsedPromises {
  private readonly answers = new Map<string, Answered>();
  /** How often something changed. */
  private changes = 0;

  /** The promise that React renders with, or a new one. */
  ask(name: string, args: unknown[], ask: () => Promise<unknown>): Promise<unknown> {
    const known = this.answers.size > 0 ? this.answers.get(questionOf(name, args)) : undefined;
    if (known !== undefined && Date.now() < known.until) return this.handOut(questionOf(name, args), known);
    const { changes } = this;
    const promise = ask();
    const settled = () => {
      if ('status' in promise) this.keep(questionOf(name, args), promise, changes !== this.changes);
    };
    promise.then(settled, settled);
    return promise;
  }

  /** Drops all promises: their results belong, or may belong, to another user. */
  clear(): void {
    this.answers.clear();
  }

  /**
   * Something changed: all queries are made again, once React has rendered with the result that it is waiting for.
   */
  forget(): void {
    this.changes += 1;
    for (const [question, answered] of this.answers) {
      if (answered.isAwaited) answered.isOutdated = true;
      else this.answers.delete(question);
    }
  }

  private handOut(question: string, answered: Answered): Promise<unknown> {
    answered.isAwaited = false;
    // Not immediately, because React renders twice under StrictMode.
    if (answered.isOutdated) queueMicrotask(() => this.answers.delete(question));
    return answered.promise;
  }

  private keep(question: string, promise: Promise<unknown>, isOutdated: boolean): void {
    const now = Date.now();
    for (const [known, { until }] of this.answers) if (until <= now) this.answers.delete(known);
    if (question === '') return;
    this.answers.set(question, { promise, until: now + LIFETIME_MS, isAwaited: true, isOutdated });
  }
}

/** Empty if the arguments are not JSON. */
function questionOf(name: string, args: unknown[]): string {
  try {
    return `${name} ${JSON.stringify(args)}`;
  } catch {
    return '';
  }
}
