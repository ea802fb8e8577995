import { DatabaseError } from './errors.js';
import { guarded } from './guarded.js';
import { whenAborted } from './signals.js';

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  /** Stops listening to the call's signals. */
  release: () => void;
}

/** The calls of `db` in flight, by number. The engine reports the result of each. */
export class Calls {
  private readonly pending = new Map<number, Pending>();
  private lastNumber = 0;

  /**
   * Starts a call and returns its result. `begin` passes its number to the engine, and `cancel` tells the engine that
   * one of the signals was aborted. An exception in `begin` or `signalsOf` rejects the call.
   */
  start(
    begin: (number: number) => void,
    signalsOf: () => readonly AbortSignal[],
    cancel: (number: number) => void,
  ): Promise<unknown> {
    const number = ++this.lastNumber;
    return new Promise((resolve, reject) => {
      const signals = signalsOf();
      for (const signal of signals) if (signal.aborted) throw aborted(signal);
      const call: Pending = { resolve, reject, release: () => {} };
      this.pending.set(number, call);
      try {
        begin(number);
      } catch (error) {
        this.reject(number, error);
      }
      if (!this.pending.has(number)) return;
      const stops = signals.map((signal) =>
        whenAborted(signal, () => {
          this.reject(number, aborted(signal));
          cancel(number);
        }),
      );
      call.release = () => stops.forEach((stop) => stop());
    });
  }

  /** Resolves the call. */
  resolve(number: number, value: unknown): void {
    this.end(number)?.resolve(value);
  }

  /** Rejects the call. */
  reject(number: number, error: unknown): void {
    this.end(number)?.reject(error);
  }

  /** Rejects all calls. May be repeated if the stack was too full to finish. */
  failAll(error: DatabaseError): void {
    for (const [number, call] of this.pending) {
      call.reject(error);
      guarded(call.release);
      this.pending.delete(number);
    }
  }

  private end(number: number): Pending | undefined {
    const call = this.pending.get(number);
    this.pending.delete(number);
    if (call !== undefined) guarded(call.release);
    return call;
  }
}

/** The error of a call that its signal ended. */
export function aborted(signal: AbortSignal): DatabaseError {
  return new DatabaseError('ABORTED', 'The call was aborted by its signal', signal.reason);
}
