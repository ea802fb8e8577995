// @ts-check
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { CONSUMER, STRICT, useConsumer } from './support.mjs';

/** The app's settings, except for the alias of its data layer. */
const APP = {
  module: 'esnext',
  moduleResolution: 'bundler',
  paths: { '@/lib/db': ['./node_modules/workflow-db/react/index.d.ts'] },
};
const LOOSE = { strict: false, noImplicitAny: false, skipLibCheck: true, allowJs: true };

const { dir, complaints } = await useConsumer();

for (const [resolution, module] of [
  ['bundler', 'esnext'],
  ['nodenext', 'nodenext'],
]) {
  const options = { module, moduleResolution: resolution };

  test(`every export and type is usable, and invalid uses do not compile: strict, ${resolution}`, async () => {
    assert.equal(await complaints(['strict/*.ts'], { ...STRICT, ...options }), '');
  });

  test(`a project whose lib lacks Symbol.dispose compiles, and handles have it: strict, ${resolution}`, async () => {
    const plain = { ...STRICT, ...options, lib: ['es2022', 'dom'] };
    assert.equal(await complaints(['strict/*.ts'], plain), '');
  });

  test(`the devtools are typed: strict, ${resolution}`, async () => {
    const jsx = { jsx: 'react-jsx' };
    // React's own types do not pass every check.
    const strict = { ...STRICT, skipLibCheck: true };
    assert.equal(await complaints(['devtools/*.tsx'], { ...strict, ...options, ...jsx }), '');
  });
}

test('the app’s own patterns compile under its loose settings', async () => {
  assert.equal(await complaints(['app/*.ts'], { ...LOOSE, ...APP }), '');
});

test('the app’s own patterns compile under strict settings too', async () => {
  const options = { ...STRICT, ...APP, exactOptionalPropertyTypes: false };
  assert.equal(await complaints(['app/*.ts'], options), '');
});

test('every consumer file is compiled', async () => {
  const files = (await readdir(CONSUMER, { recursive: true }))
    .map(String)
    .filter((name) => /\.tsx?$/.test(name));
  assert.deepEqual(
    files.filter(
      (name) => !/^((strict|app|node)\/[^/]+\.ts|devtools\/[^/]+\.tsx|examples\/prelude\.d\.ts)$/.test(name),
    ),
    [],
  );
  assert.ok(files.length >= 4);
});

test('the strict consumer uses every export of the package and every function of db', async () => {
  const strict = (await readdir(join(CONSUMER, 'strict'))).map((name) => join(CONSUMER, 'strict', name));
  const text = (await Promise.all(strict.map((path) => readFile(path, 'utf8')))).join('\n');
  const { names, functions } = exported(join(dir, 'node_modules', 'workflow-db', 'react', 'index.d.ts'));
  assert.ok(names.includes('configure') && functions.includes('getWorkflow'));
  const isMissing = (/** @type {string} */ pattern) => !new RegExp(`\\b${pattern}`).test(text);
  assert.deepEqual(
    names.filter((name) => isMissing(`${name}\\b`)),
    [],
  );
  assert.deepEqual(
    functions.filter((name) => isMissing(`db\\.${name}\\(`)),
    [],
  );
});

/** The exports of an entry, and the members of its `DbFunctions`. @param {string} entry */
function exported(entry) {
  const { ESNext, Bundler } = { ...ts.ModuleKind, ...ts.ModuleResolutionKind };
  const program = ts.createProgram([entry], { module: ESNext, moduleResolution: Bundler });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry);
  const module = source && checker.getSymbolAtLocation(source);
  const symbols = module ? checker.getExportsOfModule(module) : [];
  const functions = symbols.find(({ name }) => name === 'DbFunctions');
  const type = functions && checker.getDeclaredTypeOfSymbol(checker.getAliasedSymbol(functions));
  return {
    names: symbols.map(({ name }) => name),
    functions: (type?.getProperties() ?? []).map(({ name }) => name),
  };
}
