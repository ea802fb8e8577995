// @ts-check

/**
 * Runs in a page before the engine starts. After a call of `arm`, the engine's `count`th call of one of its imports
 * traps.
 */
export const sabotage = () => {
  const { Instance } = WebAssembly;
  const trap = { rest: Infinity, calls: 0, arm: (/** @type {number} */ count) => (trap.rest = count) };
  const watched = (/** @type {(...args: unknown[]) => unknown} */ call) => {
    return (/** @type {unknown[]} */ ...args) => {
      trap.calls += 1;
      trap.rest -= 1;
      if (trap.rest === 0) throw new WebAssembly.RuntimeError('unreachable');
      return call(...args);
    };
  };
  Object.assign(globalThis, { trap });
  Object.assign(WebAssembly, {
    Instance: function (/** @type {WebAssembly.Module} */ module, /** @type {any} */ imports) {
      // The module that decodes the engine has no imports.
      const groups = Object.entries(imports ?? {}).map(([name, group]) => {
        const calls = Object.entries(/** @type {any} */ (group)).map(([key, call]) => [key, watched(call)]);
        return [name, Object.fromEntries(calls)];
      });
      return new Instance(module, Object.fromEntries(groups));
    },
  });
};
