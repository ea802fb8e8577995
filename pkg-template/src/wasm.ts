import { Client } from './generated/bindings.js';
import { decodeWasm } from './generated/bytes.js';
import { imports, setExports } from './generated/imports.js';

/** The functions that WebAssembly exports, as far as starting it needs them. */
interface Exports extends WebAssembly.Exports {
  __wbindgen_start(): void;
}

/** What can be compiled: the module, its bytes, or an answer that holds them. */
export type WasmSource = WebAssembly.Module | BufferSource | Response | Promise<Response>;

let isStarted = false;

/** WebAssembly's class, started at the first call and in any place: no plugin, URL or await is needed for it. */
export function engine(): typeof Client {
  if (!isStarted) start(compileAtOnce());
  return Client;
}

/**
 * Compiles ahead of the first use, without holding up the page.
 *
 * The module is part of the package; `source` is for pages that serve `workflow-db/workflow_db.wasm` themselves. May be
 * called again after a failure.
 */
export async function ready(source?: WasmSource): Promise<void> {
  if (isStarted) return;
  const module = await compile(source);
  if (!isStarted) start(module);
}

function start(module: WebAssembly.Module): void {
  const exports = new WebAssembly.Instance(module, imports).exports as Exports;
  setExports(exports);
  exports.__wbindgen_start();
  isStarted = true;
}

function compileAtOnce(): WebAssembly.Module {
  try {
    return new WebAssembly.Module(decodeWasm());
  } catch (error) {
    throw new Error(
      'workflow-db could not compile its WebAssembly module on this thread: call `await ready()` before its first use' +
        " (and if the page has a Content-Security-Policy, allow 'wasm-unsafe-eval' in script-src)",
      { cause: error },
    );
  }
}

async function compile(source: WasmSource | undefined): Promise<WebAssembly.Module> {
  const given = await source;
  if (given === undefined) return WebAssembly.compile(decodeWasm());
  if (given instanceof WebAssembly.Module) return given;
  return given instanceof Response ? WebAssembly.compileStreaming(given) : WebAssembly.compile(given);
}
