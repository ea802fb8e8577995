// No exception may pass through WebAssembly: it would leave the engine in the middle of a change, with its stack in
// use. So every imported function must be total. Those declared with `catch` are, because of the generated
// `handleError`.

/**
 * Functions of wasm-bindgen, js-sys and wasm-bindgen-futures that cannot throw for the arguments that the engine
 * passes.
 *
 * @type {readonly [pattern: RegExp, reason: string][]}
 */
const TOTAL = [
  [/^__wbg___wbindgen_(is_\w+|boolean_get|number_get|string_get)_/, 'inspects the type of a value'],
  [/^__wbindgen_generic_/, 'converts a Rust value to a JavaScript value'],
  [/^__wbindgen_init_externref_table$/, 'runs once, at the start'],
  [/^__wbg___wbindgen_throw_/, 'stops the module itself, which the package then replaces'],
  [/^__wbg__wbg_cb_unref_/, 'frees a closure'],
  [/^__wbg_static_accessor_(GLOBAL|GLOBAL_THIS|SELF|WINDOW)_/, 'finds the global object'],
  [/^__wbg_queueMicrotask_/, 'belongs to the host'],
  [/^__wbg_(resolve|then)_/, "wraps the host's own promises; their callbacks run later"],
  [/^__wbg_isArray_/, 'inspects plain data, which contains no revoked Proxy'],
  [/^__wbg_(new|push|get|get_unchecked|length|set|delete)_/, "works on the engine's own lists and maps"],
];

/**
 * The imports that may throw, each described by a sentence.
 *
 * @param {{ module: string, name: string }[]} imports
 * @param {string} glue the text of the generated bindings
 */
export function partialImports(imports, glue) {
  return imports
    .filter(({ module, name }) => {
      const isCaught = module.endsWith('_bg.js') && declarationOf(glue, name).includes('return handleError(');
      return !isCaught && !TOTAL.some(([pattern]) => pattern.test(name));
    })
    .map(({ name }) => `${name} may throw through WebAssembly: declare it with \`catch\``);
}

/** The first line of a generated function. */
function declarationOf(glue, name) {
  const start = glue.indexOf(`export function ${name}(`);
  return start < 0 ? '' : glue.slice(start, glue.indexOf('\n', start));
}
