/**
 * The boundary between the engine and the application.
 *
 * A call into WebAssembly is a step of the engine. The application's code (handlers, listeners, a custom fetch or
 * WebSocket, getters) never runs within a step, because the engine may be in the middle of a change. The calls that a
 * step requests of the application are queued here and run after the outermost step, in order.
 */
import { guarded, report } from './guarded.js';

/** Maximum length of a chain of handlers that cause one another; a longer one counts as an endless loop. */
const MAX_CHAIN = 100;
/** Maximum number of calls that handlers cause in a row, because chains may branch. */
const MAX_CAUSED = 10_000;

interface Task {
  run: () => void;
  /** The number of tasks that led to this one. */
  chain: number;
}

const tasks: Task[] = [];
/** The number of nested steps: a step may start another one of the same engine. */
let depth = 0;
let isFlushing = false;
/** The chain of the current task. */
let chain = 0;
/** The number of handler calls caused by handlers since none was pending. */
let caused = 0;

/** Where a step records an exception that unwound through WebAssembly: the engine is unsound after that. */
export interface Soundness {
  failure: { cause: unknown } | undefined;
}

/** Runs a step of an engine, and records in its `soundness` whether it failed. */
export function step<Result>(run: () => Result, soundness: Soundness): Result {
  let result;
  // No function calls within `catch` and `finally`, because the stack may be full.
  depth += 1;
  try {
    result = run();
  } catch (error) {
    soundness.failure ??= { cause: error };
    throw error;
  } finally {
    depth -= 1;
  }
  flush();
  return result;
}

/** Runs `run` after the current step, or immediately if there is none. */
export function afterStep(run: () => void): void {
  tasks.push({ run, chain: chain + 1 });
  flush();
}

/** Like `afterStep`, for the application's handlers. Returns false if an endless loop of handlers was stopped. */
export function notify(run: () => void): boolean {
  if (chain > 0) caused += 1;
  if (chain >= MAX_CHAIN || caused > MAX_CAUSED) {
    endless();
    return false;
  }
  afterStep(run);
  return true;
}

/** Reports the endless loop once, until no handler is pending. */
function endless(): void {
  if (caused === Infinity) return;
  caused = Infinity;
  const error = new Error('workflow-db: a handler causes the very change that it is called for, without end');
  afterStep(() => report(error));
}

function flush(): void {
  if (depth > 0 || isFlushing) return;
  isFlushing = true;
  try {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      chain = task.chain;
      guarded(task.run);
    }
  } finally {
    isFlushing = false;
    chain = 0;
    caused = 0;
  }
}
