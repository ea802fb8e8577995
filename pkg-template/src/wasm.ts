import { backoffMs } from './backoff.js';
import { DatabaseError } from './errors.js';
import type { Client } from './generated/bindings.js';
import { decodeWasm } from './generated/bytes.js';
import { bind } from './generated/bind.js';
import { RESTART_BACKOFF, RESTART_CALM_MS } from './generated/timing.js';
import type { Weak } from './lifetime.js';
import { step, type Soundness } from './step.js';

/** The exported WebAssembly functions that are needed to start it. */
interface Exports extends WebAssembly.Exports {
  __wbindgen_start(): void;
}

type Call = (...args: unknown[]) => unknown;

/**
 * What can be compiled: a `WebAssembly.Module`, its bytes, a `Response` containing them, or a promise of one of
 * these. Declared as an object, because only the DOM library declares `WebAssembly`.
 */
export type WasmSource = object;

/** A client that lives in the engine, and in the next one if that fails. */
export interface Resident {
  /**
   * The engine failed, and its data about this client is lost. The client must not enter the next engine yet, but may
   * after `pauseMs` milliseconds. Called again if it throws, which happens if the call stack is full.
   */
  restart(error: DatabaseError, pauseMs: number): void;
}

/** A running instance of the module, in which all clients live. After a failure it is never entered again. */
interface Engine extends Soundness {
  readonly Client: typeof Client;
  readonly residents: Set<Weak<Resident>>;
}

let compiled: WebAssembly.Module | undefined;
let engine: Engine | undefined;
let failuresInARow = 0;
let lastFailure = -Infinity;

/**
 * Returns the class of clients in the running engine, for one that moves in. The first call starts the engine,
 * without plugin, URL or await.
 */
export function enterEngine(resident: Weak<Resident>): typeof Client {
  const entered = runningEngine();
  entered.residents.add(resident);
  return entered.Client;
}

/** The class of clients in the running engine, for its static functions. */
export function runningClient(): typeof Client {
  return runningEngine().Client;
}

function runningEngine(): Engine {
  restartIfFailed();
  return (engine ??= start((compiled ??= compileAtOnce())));
}

/** A client moves out. */
export function leaveEngine(resident: Weak<Resident>): void {
  engine?.residents.delete(resident);
}

/**
 * Compiles ahead of the first use, without blocking the page.
 *
 * The module is part of the package. `source` is for pages that serve `workflow-db/workflow_db.wasm` themselves, and
 * for runtimes that cannot compile bytes, such as Cloudflare Workers, where that file is imported as a module. May be
 * called again after a failure.
 *
 * @example await ready();
 */
export async function ready(source?: WasmSource): Promise<void> {
  if (compiled !== undefined) return;
  const module = await compile(source);
  compiled ??= module;
  engine ??= start(compiled);
}

function start(module: WebAssembly.Module): Engine {
  const bindings = bind();
  const started: Engine = { Client: bindings.Client, residents: new Set(), failure: undefined };
  const exports = new WebAssembly.Instance(module, bindings.imports).exports as Exports;
  bindings.setExports(watched(started, exports));
  exports.__wbindgen_start();
  return started;
}

/** The exports, each wrapped as a step of the engine that does nothing after the engine has failed. */
function watched(engine: Engine, exports: Exports): Exports {
  const entries = Object.entries(exports).map(([name, member]) => {
    return [name, typeof member === 'function' ? watchedCall(engine, name, member as Call) : member] as const;
  });
  return Object.fromEntries(entries) as Exports;
}

/** The result of a failed engine: empty, in the form of every result that the bindings read. */
const NOTHING = Object.freeze([0, 0]);

function watchedCall(engine: Engine, name: string, call: Call): Call {
  // The others are called by the engine's own timers and promises, which cannot handle exceptions.
  const hasCaller = name.startsWith('client_') || name === '__wbindgen_malloc';
  return (...args) => {
    if (engine.failure === undefined) {
      const result = attempt(engine, () => call(...args));
      if (engine.failure === undefined) return result;
    }
    restartSoon();
    if (hasCaller) throw failureOf(engine);
    return NOTHING;
  };
}

/**
 * Runs a step of the engine. An exception that unwound through WebAssembly is in `engine.failure`; any other
 * exception is the application's.
 */
function attempt(engine: Engine, run: () => unknown): unknown {
  try {
    return step(run, engine);
  } catch (error) {
    if (engine.failure === undefined) throw error;
    return undefined;
  }
}

/**
 * The error for the caller of a failed engine. A stack overflow is the caller's own error, so it is passed on
 * unchanged.
 */
function failureOf({ failure }: Engine): unknown {
  return failure?.cause instanceof RangeError ? failure.cause : restarted(failure?.cause);
}

function restarted(cause: unknown): DatabaseError {
  const message = 'The engine failed and was started again. A write in progress may have been made';
  return Object.assign(new DatabaseError('ENGINE_RESTARTED', message, cause), { retryable: true });
}

function restartSoon(): void {
  try {
    queueMicrotask(restartIfFailed);
  } catch {
    // The stack is full. The next call restarts the engine.
  }
}

/** Leaves a failed engine: all clients move out, and into the next one when they need it. */
export function restartIfFailed(): void {
  const failed = engine;
  if (failed?.failure === undefined) return;
  const error = restarted(failed.failure.cause);
  const pauseMs = nextPause();
  // Runs as a step, so that the application is notified afterwards.
  const leave = () => {
    for (const resident of failed.residents) {
      resident.deref()?.restart(error, pauseMs);
      failed.residents.delete(resident);
    }
    engine = undefined;
  };
  step(leave, failed);
}

/** The delay before work is repeated that may have made the engine fail. */
function nextPause(): number {
  const now = Date.now();
  failuresInARow = now - lastFailure < RESTART_CALM_MS ? failuresInARow + 1 : 0;
  lastFailure = now;
  return failuresInARow === 0 ? 0 : backoffMs(RESTART_BACKOFF, failuresInARow - 1);
}

function compileAtOnce(): WebAssembly.Module {
  try {
    return new WebAssembly.Module(decodeWasm());
  } catch (error) {
    throw notCompiled('`await ready()`', error);
  }
}

async function compile(source: WasmSource | undefined): Promise<WebAssembly.Module> {
  const given = await source;
  if (given === undefined) {
    try {
      return await WebAssembly.compile(decodeWasm());
    } catch (error) {
      throw notCompiled('`await ready(module)`', error);
    }
  }
  // Detected by behavior, because the values may come from another realm, which has its own classes.
  if (Object.prototype.toString.call(given) === '[object WebAssembly.Module]')
    return given as WebAssembly.Module;
  const { arrayBuffer } = given as Partial<Response>;
  if (typeof arrayBuffer !== 'function') return WebAssembly.compile(given as BufferSource);
  return canStream(given as Response)
    ? WebAssembly.compileStreaming(given as Response)
    : WebAssembly.compile(await arrayBuffer.call(given));
}

function canStream(response: Response): boolean {
  return (
    typeof WebAssembly.compileStreaming === 'function' &&
    typeof Response === 'function' &&
    response instanceof Response &&
    response.headers.get('content-type') === 'application/wasm'
  );
}

function notCompiled(advice: string, cause: unknown): Error {
  return new Error(
    `workflow-db could not compile its WebAssembly module here: call ${advice} before its first use. Where no bytes may` +
      " be compiled (Cloudflare Workers and other edge runtimes), import the module from 'workflow-db/workflow_db.wasm'" +
      ' and call `await ready(module)`. A page with a Content-Security-Policy must allow' +
      " 'wasm-unsafe-eval' in script-src",
    { cause },
  );
}
