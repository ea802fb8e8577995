// @ts-check

/**
 * Records every WebAssembly memory that is created from now on, in this process or, when sent there as text, in a page.
 *
 * @returns {WebAssembly.Memory[]} grows with every instance
 */
export function noteMemories() {
  const memories = /** @type {WebAssembly.Memory[]} */ ([]);
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    /** @param {WebAssembly.Module} module @param {WebAssembly.Imports} [imports] */
    constructor(module, imports) {
      super(module, imports);
      memories.push(/** @type {WebAssembly.Memory} */ (this.exports.memory));
    }
  };
  return memories;
}

/** Makes a page record its memories from the start. @param {import('playwright-core').Page} page */
export const watchMemories = (page) => page.addInitScript(`globalThis.memories = (${noteMemories})();`);

/** The size of a page's memories in bytes. @param {import('playwright-core').Page} page @returns {Promise<number>} */
export const linearMemoryOf = (page) =>
  page.evaluate(() =>
    /** @type {any} */ (globalThis).memories.reduce(
      (/** @type {number} */ sum, /** @type {WebAssembly.Memory} */ { buffer }) => sum + buffer.byteLength,
      0,
    ),
  );
