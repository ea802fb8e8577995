/**
 * The boundary between the engine and the application.
 *
 * A call into WebAssembly is a step of the engine. The application's code (handlers, listeners, a custom fetch or
 * WebSocket, getters) never runs inside a step, where the engine may be half-way through a change. What a step wants it
 * to do waits here and runs when the outermost step is over, in the order in which it was asked for.
 */
import { guarded, report } from './guarded.js';

/** Handlers that cause one another are called this many times in a row; what a further one causes is a loop. */
const MAX_CHAIN = 100;
/** As many calls may be caused by handlers until they come to rest: chains may fork. */
const MAX_CAUSED = 10_000;

interface Task {
  run: () => void;
  /** How many tasks led to this one, each asked for by what the one before called. */
  chain: number;
}

const tasks: Task[] = [];
/** How many steps are under way: a step may lead to another one of the same engine. */
let depth = 0;
let isFlushing = false;
/** The chain of the task that runs. */
let chain = 0;
/** How many calls of handlers were caused by handlers since the last rest. */
let caused = 0;

/** Where a step notes what came through WebAssembly as an exception: the engine is unsound then. */
export interface Soundness {
  failure: { cause: unknown } | undefined;
}

/** Runs a step of an engine, and notes in its `soundness` whether it failed. */
export function step<Result>(run: () => Result, soundness: Soundness): Result {
  let result;
  // Nothing is called in `catch` and `finally`: the stack may be full.
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

/** Runs `run` when the step is over, or at once where there is none. */
export function afterStep(run: () => void): void {
  tasks.push({ run, chain: chain + 1 });
  flush();
}

/** As `afterStep`, for handlers of the application. Those that cause one another without end are stopped: false then. */
export function notify(run: () => void): boolean {
  if (chain > 0) caused += 1;
  if (chain >= MAX_CHAIN || caused > MAX_CAUSED) {
    endless();
    return false;
  }
  afterStep(run);
  return true;
}

/** Says once what is wrong, until the handlers have come to rest. */
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
