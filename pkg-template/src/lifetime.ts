/**
 * The lifetime of clients in memory.
 *
 * The engine refers to clients only weakly, so an unreferenced client is garbage-collected with its rows unless it is
 * busy. In a runtime without weak references, a client stays in memory until it is closed.
 */

/** A reference that does not keep its target in memory. */
export type Weak<Target extends object> = Pick<WeakRef<Target>, 'deref'>;

export function weakRef<Target extends object>(target: Target): Weak<Target> {
  return typeof WeakRef === 'function' ? new WeakRef(target) : { deref: () => target };
}

/** Busy clients, each with the number of its activities. */
const busy = new Map<object, number>();

/** Keeps `owner` in memory until the returned function is called. */
export function keep(owner: object): () => void {
  busy.set(owner, (busy.get(owner) ?? 0) + 1);
  let isOver = false;
  return () => {
    if (isOver) return;
    isOver = true;
    const rest = (busy.get(owner) ?? 0) - 1;
    if (rest > 0) busy.set(owner, rest);
    else busy.delete(owner);
  };
}

/** Keeps `owner` in memory while it is in use. */
export class Keeper {
  private release: (() => void) | undefined;

  constructor(private readonly owner: object) {}

  keep(isInUse: boolean): void {
    if (isInUse) this.release ??= keep(this.owner);
    else {
      this.release?.();
      this.release = undefined;
    }
  }
}

/** Keeps `owner` in memory until the promise settles. */
export function keepUntil<Result>(promise: Promise<Result>, owner: object): Promise<Result> {
  const release = keep(owner);
  promise.then(release, release);
  return promise;
}

/** Callbacks for a client that are registered with something that outlives it, such as the page. */
export class Ties {
  private readonly ends = new Map<string, () => void>();

  /** Replaces the tie of this name, ending the previous one. `end` must not refer to the client. */
  set(name: string, end?: () => void): void {
    this.ends.get(name)?.();
    if (end) this.ends.set(name, end);
    else this.ends.delete(name);
  }

  has(name: string): boolean {
    return this.ends.has(name);
  }

  cut(): void {
    for (const name of this.ends.keys()) this.set(name);
  }
}

const collected =
  typeof FinalizationRegistry === 'function'
    ? new FinalizationRegistry<Ties>((ties) => ties.cut())
    : undefined;

/** Ends the ties when `owner` is garbage-collected. */
export function cutWhenCollected(owner: object, ties: Ties): void {
  collected?.register(owner, ties);
}

type Methods = Record<string, (...args: unknown[]) => unknown>;

/**
 * Creates a class whose objects forward method calls to a target without keeping it in memory. After the target is
 * collected, the methods do nothing.
 */
export function weakly<Target extends object>(type: { prototype: Target }): new (target: Target) => Target {
  class Delegate {
    readonly reference: Weak<Target>;
    constructor(target: Target) {
      this.reference = weakRef(target);
    }
  }
  for (const name of Object.getOwnPropertyNames(type.prototype)) {
    if (name === 'constructor') continue;
    const value = function (this: Delegate, ...args: unknown[]) {
      // The engine accepts an empty list as any kind of empty result.
      return (this.reference.deref() as Methods | undefined)?.[name]?.(...args) ?? [];
    };
    Object.defineProperty(Delegate.prototype, name, { value });
  }
  return Delegate as unknown as new (target: Target) => Target;
}

/**
 * Wraps `run` so that calling it does not keep the objects it refers to in memory. Returns other values unchanged.
 */
export function weakCall<Run>(run: Run): Run {
  if (typeof run !== 'function') return run;
  const reference = weakRef(run);
  const call = (...args: unknown[]): unknown => {
    const target: unknown = reference.deref();
    if (typeof target !== 'function') throw new Error('The client is gone');
    return target(...args) as unknown;
  };
  return call as Run;
}
