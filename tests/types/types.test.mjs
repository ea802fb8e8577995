// @ts-check
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { unpackedPackage } from '../e2e/support/package.mjs';

const run = promisify(execFile);
const CONSUMER = fileURLToPath(new URL('./consumer', import.meta.url));
const MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url));
const TSC = join(MODULES, 'typescript/bin/tsc');

const COMMON = { noEmit: true, target: 'es2022', lib: ['es2022', 'esnext.disposable', 'dom'], types: [] };
const STRICT = { strict: true, noUnusedLocals: false, exactOptionalPropertyTypes: true, skipLibCheck: false };
/** As the app has it, but for what the alias of its data layer names. */
const APP = {
  module: 'esnext',
  moduleResolution: 'bundler',
  paths: { '@/lib/db': ['./node_modules/workflow-db/react/index.d.ts'] },
};
const LOOSE = { strict: false, noImplicitAny: false, skipLibCheck: true, allowJs: true };

const unpacked = await unpackedPackage();
const dir = await mkdtemp(join(tmpdir(), 'workflow-db-types-'));
after(() => Promise.all([unpacked.remove(), rm(dir, { recursive: true, force: true })]));
await cp(CONSUMER, dir, { recursive: true });
await mkdir(join(dir, 'node_modules', '@types'), { recursive: true });
for (const name of ['@types/react', 'csstype'])
  await symlink(join(MODULES, name), join(dir, 'node_modules', name));
await rename(unpacked.root, join(dir, 'node_modules', 'workflow-db'));

/**
 * What the compiler has to say about some of the consumer's files.
 *
 * @param {string[]} include
 * @param {object} options
 */
async function complaints(include, options) {
  const name = `tsconfig.${crypto.randomUUID()}.json`;
  await writeFile(join(dir, name), JSON.stringify({ compilerOptions: { ...COMMON, ...options }, include }));
  return run(process.execPath, [TSC, '-p', name], { cwd: dir }).then(
    () => '',
    (error) => String(error.stdout || error),
  );
}

for (const [resolution, module] of [
  ['bundler', 'esnext'],
  ['nodenext', 'nodenext'],
]) {
  const options = { module, moduleResolution: resolution };

  test(`every export and type is usable, and what must not compile does not: strict, ${resolution}`, async () => {
    assert.equal(await complaints(['strict/*.ts'], { ...STRICT, ...options }), '');
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

test('every consumer file is among those compiled', async () => {
  const files = (await readdir(CONSUMER, { recursive: true }))
    .map(String)
    .filter((name) => /\.tsx?$/.test(name));
  assert.deepEqual(
    files.filter((name) => !/^((strict|app)\/[^/]+\.ts|devtools\/[^/]+\.tsx)$/.test(name)),
    [],
  );
  assert.ok(files.length >= 4);
});

test('every name that the package exports, and every function of db, is among what the strict consumer uses', async () => {
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

/** What an entry exports, and the members of its `DbFunctions`. @param {string} entry */
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
