// @ts-check
// Runs properties. `make test` tries the same inputs each time; `make fuzz` sets PROPERTY_MS and tries as many new
// inputs as fit into that time. A failure prints its seed, its path and a minimal input.
import { build } from 'esbuild';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PROPERTY_MS = Number(process.env.PROPERTY_MS ?? 0);
const RUNS = 1000;
/** The fixed seed of `make test`. */
const TESTED_SEED = 1;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * A test that `check` passes for every generated `input`.
 *
 * @template T
 * @param {string} name
 * @param {fc.Arbitrary<T>} input
 * @param {(value: T) => void | Promise<void>} check
 * @param {{ runs?: number, examples?: T[] }} [options] `examples` are tried first: inputs that once failed.
 */
export function property(name, input, check, { runs = RUNS, examples = [] } = {}) {
  test(name, async (context) => {
    const limits =
      PROPERTY_MS > 0
        ? { numRuns: 1e9, interruptAfterTimeLimit: PROPERTY_MS }
        : { numRuns: runs, seed: TESTED_SEED };
    const all = fc.asyncProperty(input, async (value) => check(value));
    const outcome = await fc.check(all, {
      ...limits,
      examples: examples.map((example) => /** @type {[T]} */ ([example])),
    });
    context.diagnostic(`${outcome.numRuns} inputs`);
    if (outcome.failed) {
      throw new Error(await fc.asyncDefaultReportMessage(outcome), { cause: outcome.errorInstance });
    }
  });
}

/**
 * Modules of the package that it does not export, bundled as one module.
 *
 * @param {string[]} paths from the root of the repository
 * @returns {Promise<any>}
 */
export async function internals(...paths) {
  const contents = paths.map((path) => `export * from ${JSON.stringify(`./${path}`)};`).join('\n');
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT },
    bundle: true,
    format: 'esm',
    write: false,
  });
  const folder = await mkdtemp(join(tmpdir(), 'workflow-db-'));
  const file = join(folder, 'internals.mjs');
  await writeFile(file, outputFiles[0]?.text ?? '');
  const module = await import(pathToFileURL(file).href);
  await rm(folder, { recursive: true });
  return module;
}

/** The error that `run` throws; undefined if it throws none. @param {() => unknown} run @returns {any} */
export function thrownBy(run) {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Names of inherited members of every object, and names with a meaning to the package. */
const NAMES = [
  'id',
  'name',
  'config',
  'code',
  'message',
  '__proto__',
  'constructor',
  'toString',
  'length',
  '0',
];
export const memberName = fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: 'binary', maxLength: 5 }));

/** JSON values as a server sends them, made by `JSON.parse` like rows. @type {fc.Arbitrary<any>} */
export const jsonValue = fc
  .letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      fc.constant('null'),
      fc
        .oneof(fc.boolean(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), text())
        .map((plain) => JSON.stringify(plain)),
      fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items}]`),
      fc
        .uniqueArray(fc.tuple(memberName, tie('value')), { maxLength: 4, selector: ([name]) => name })
        .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`)}}`),
    ),
  }))
  .value.map((json) => JSON.parse(/** @type {string} */ (json)));

/** A value that Postgres can store: without NUL characters. @type {fc.Arbitrary<any>} */
export const storableValue = jsonValue.filter((value) => !hasNul(value));

/** A member's name that Postgres can store. */
export const storableName = memberName.filter((name) => !hasNul(name));

/** @param {unknown} value */
function hasNul(value) {
  return JSON.stringify(value).includes(String.raw`\u0000`);
}

function text() {
  return fc.string({ unit: 'binary', maxLength: 6 });
}

/** The same value with its members in another order. @param {any} value @returns {any} */
export function reordered(value) {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).reverse();
  const texts = members.map(
    ([name, member]) => `${JSON.stringify(name)}:${JSON.stringify(reordered(member))}`,
  );
  return JSON.parse(`{${texts}}`);
}

/** The same text for all JSON texts of a value. @param {any} value @returns {string} */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)}}`;
}

export { assert, fc };
