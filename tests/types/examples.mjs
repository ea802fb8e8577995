// @ts-check
// Extracts the examples from the documentation.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HOOKS = 'pkg-template/src/react';

/** @typedef {{ name: string, code: string }} Example `name` says where it is */

/** The examples in the doc comments of the hooks and the provider. @returns {Promise<Example[]>} */
export async function hookExamples() {
  const files = (await readdir(join(ROOT, HOOKS))).sort();
  const all = await Promise.all(
    files.map(async (file) => {
      const source = await readFile(join(ROOT, HOOKS, file), 'utf8');
      const comments = source.match(/\/\*\*[^]*?\*\//g) ?? [];
      return comments
        .filter((comment) => comment.includes('@example'))
        .flatMap((comment) => blocks(comment.replace(/^ \* ?/gm, '')))
        .map((code) => ({ name: file.replace(/\.ts$/, ''), code }));
    }),
  );
  return all.flat();
}

/**
 * The functions and values of the API reference, each with its examples.
 *
 * @returns {Promise<{ name: string, examples: Example[] }[]>}
 */
export async function referenceExamples() {
  const reference = await readFile(join(ROOT, 'API.md'), 'utf8');
  return reference
    .split(/^### /m)
    .slice(1)
    .map((entry) => {
      const name = /^`(.*)`/.exec(entry)?.[1] ?? '';
      const codes = [...entry.matchAll(/^Example:\n\n```tsx\n([^]*?)^```$/gm)].map(([, code]) => code);
      return { name, examples: codes.map((code, index) => ({ name: `${name}-${index}`, code })) };
    })
    .filter(({ name, examples }) => /^[a-z]|(Provider|Devtools)$/.test(name) || examples.length > 0);
}

/**
 * An example as a module: imports the names of these modules that it uses and does not import itself.
 *
 * @param {Example} example
 * @param {Record<string, string[]>} exportsOf the exported names of each module
 */
export function asModule({ code }, exportsOf) {
  const own = new Set(
    [...code.matchAll(/import \{([^}]*)\}/g)].flatMap(([, names]) => names.split(/[\s,]+/)),
  );
  const isUsed = (/** @type {string} */ name) => !own.has(name) && new RegExp(`\\b${name}\\b`).test(code);
  const imports = Object.entries(exportsOf).flatMap(([module, names]) => {
    const used = names.filter(isUsed);
    used.forEach((name) => own.add(name));
    return used.length > 0 ? [`import { ${used.join(', ')} } from '${module}';`] : [];
  });
  return [...imports, code, 'export {};', ''].join('\n');
}

/** @param {string} text */
function blocks(text) {
  return [...text.matchAll(/^```tsx?\n([^]*?)^```$/gm)].map(([, code]) => code);
}
