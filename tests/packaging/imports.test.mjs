// @ts-check
// The imports of the WebAssembly module must not throw: an exception would leave the engine in the middle of a change.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { partialImports } from '../../scripts/total-imports.mjs';

const glue = await readFile(new URL('../../build/wasm/workflow_db_bg.js', import.meta.url), 'utf8');
const module = new WebAssembly.Module(
  await readFile(new URL('../../build/wasm/workflow_db_bg.wasm', import.meta.url)),
);

test('no import of the engine may throw', () => {
  const imports = WebAssembly.Module.imports(module);
  assert.ok(imports.length > 30, `only ${imports.length} imports`);
  assert.deepEqual(partialImports(imports, glue), []);
});

test('the check finds an import without `catch` and one directly from a module', () => {
  const name = '__wbg_happened_0123456789abcdef';
  const plain = `export function ${name}(arg0) {\n    arg0.happened();\n}\n`;
  const caught = `export function ${name}() { return handleError(function (arg0) {\n}, arguments); }\n`;
  const from = (/** @type {string} */ path) => [{ module: path, name }];
  const refusal = [`${name} may throw through WebAssembly: declare it with \`catch\``];
  assert.deepEqual(partialImports(from('./workflow_db_bg.js'), plain), refusal);
  assert.deepEqual(partialImports(from('./snippets/host.js'), caught), refusal);
  assert.deepEqual(partialImports(from('./workflow_db_bg.js'), caught), []);
});
