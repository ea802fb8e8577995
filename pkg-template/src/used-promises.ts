/** So long is an answer handed out again that React renders with, in milliseconds. */
const LIFETIME_MS = 5_000;

interface Answered {
  promise: Promise<unknown>;
  until: number;
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
    if (known !== undefined && Date.now() < known.until) return known.promise;
    const promise = ask();
    const settled = () => {
      if ('status' in promise) this.keep(questionOf(name, args), promise);
    };
    promise.then(settled, settled);
    return promise;
  }

  /** Something changed: every question is asked anew. */
  forget(): void {
    this.answers.clear();
  }

  private keep(question: string, promise: Promise<unknown>): void {
    const now = Date.now();
    for (const [known, { until }] of this.answers) if (until <= now) this.answers.delete(known);
    if (question !== '') this.answers.set(question, { promise, until: now + LIFETIME_MS });
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
