/** Measures the start of WebAssembly from now on, and captures its memory. */
export function hookWebAssembly() {
  const { Module, Instance } = WebAssembly;
  const hook = { compile: 0, instantiate: 0, memory: undefined as WebAssembly.Memory | undefined };
  const timed = <T>(name: 'compile' | 'instantiate', make: () => T): T => {
    const start = performance.now();
    const made = make();
    hook[name] += performance.now() - start;
    return made;
  };
  function HookedModule(bytes: BufferSource) {
    return timed('compile', () => new Module(bytes));
  }
  function HookedInstance(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    const instance = timed('instantiate', () => new Instance(module, imports));
    hook.memory = instance.exports.memory as WebAssembly.Memory;
    return instance;
  }
  Object.assign(WebAssembly, { Module: HookedModule, Instance: HookedInstance });
  return hook;
}
