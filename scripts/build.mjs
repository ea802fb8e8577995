// Assembles pkg/, the folder that `npm pack` packs: WebAssembly, bindings, TypeScript entry points and types.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { encodeModule } from './encode-wasm.mjs';
import { bindModule, exportsOf, parkingOf, shortenImports } from './shorten-imports.mjs';
import { printSizes } from './sizes.mjs';
import { partialImports } from './total-imports.mjs';

/**
 * The package is assembled here and then moved to pkg/ in one step, so that other processes never see a partial one.
 */
const NEXT = 'build/pkg';
const ENTRIES = ['index.ts', 'react/index.ts', 'devtools/index.tsx', 'offline/index.ts'];
const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);
const DOCUMENTS = [
  ...['README.md', 'API.md', 'DATABASE_INTEGRATION.md', 'MIGRATING.md', 'CHANGELOG.md', 'SECURITY.md'],
  ...readdirSync(at('docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const run = (command, args) => execFileSync(command, args, { cwd: root, stdio: 'inherit' });

/** The WebAssembly modules. Each has a folder of its own in build/, and files of its own in the generated sources. */
const MODULES = [
  { folder: 'wasm', features: [], prefix: '', file: 'workflow_db.wasm' },
  { folder: 'wasm-offline', features: ['--features', 'offline'], prefix: 'offline-', file: 'offline.wasm' },
];

/** Settings of the release profile that compile in seconds after an edit; the result is larger and slower. */
const QUICK_PROFILE = {
  CARGO_PROFILE_RELEASE_LTO: 'off',
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
  CARGO_PROFILE_RELEASE_INCREMENTAL: 'true',
};

/** Compiles the crate to a module. The path holds node_modules/.bin, where wasm-pack finds wasm-opt. */
function compileWasm({ folder, features }, { isQuick }) {
  const args = [
    'build',
    '--release',
    '--target',
    'bundler',
    '--mode',
    'no-install',
    '--no-pack',
    '--out-dir',
    `build/${folder}`,
    ...(isQuick ? ['--no-opt'] : []),
    ...features,
  ];
  const home = (variable, folder) => process.env[variable] ?? join(homedir(), folder);
  const folders = [join(home('CARGO_HOME', '.cargo'), 'registry/src'), home('RUSTUP_HOME', '.rustup'), root];
  const env = {
    ...process.env,
    ...(isQuick ? QUICK_PROFILE : {}),
    PATH: `${at('node_modules', '.bin')}:${process.env.PATH}`,
    // Panic messages contain source paths: keep them short and free of machine-specific parts.
    RUSTFLAGS: [
      ...folders.map((folder) => `--remap-path-prefix=${folder}=`),
      process.env.RUSTFLAGS ?? '',
    ].join(' '),
  };
  execFileSync('wasm-pack', args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env });
}

/** Puts bindings and encoded bytes where the TypeScript entries import them from. */
function generateSources() {
  const target = at('pkg-template', 'src', 'generated');
  rmSync(target, { recursive: true, force: true });
  for (const module of MODULES) generateModule(module, target);
  run('cargo', [...GENERATE, target]);
  // A new version of the package ignores stored rows of a version that described them differently.
  const version = createHash('sha256')
    .update(readFileSync(join(target, 'rows.ts')))
    .digest('hex');
  writeFileSync(
    join(target, 'schema-version.ts'),
    `export const SCHEMA_VERSION = '${version.slice(0, 12)}';\n`,
  );
}

/** Generates `bindings`, `bind` and `bytes`, with a prefix, of one module. */
function generateModule({ folder, prefix, file }, target) {
  mkdirSync(target, { recursive: true });
  const write = (name, text) => writeFileSync(join(target, prefix + name), text);
  const made = (name) => at('build', folder, name);
  if (existsSync(made('snippets'))) cpSync(made('snippets'), join(target, 'snippets'), { recursive: true });
  const declarations = readFileSync(made('workflow_db.d.ts'), 'utf8');
  // Some TypeScript `lib`s do not declare `Symbol.dispose`, and it is not needed here.
  write('bindings.d.ts', declarations.replace(/^ *\[Symbol\.dispose\].*\n/gm, ''));
  const shortened = shortenImports(readFileSync(made('workflow_db_bg.wasm')));
  writeFileSync(at('build', file), shortened.bytes);
  write('bytes.js', encodeModule(shortened.bytes));
  write('bytes.d.ts', 'export function decodeWasm(): Uint8Array<ArrayBuffer>;\n');
  const glue = readFileSync(made('workflow_db_bg.js'), 'utf8');
  const partial = partialImports(shortened.imports, glue);
  if (partial.length > 0) throw new Error(partial.join('\n'));
  write('bind.js', bindModule(shortened.imports, glue));
  write('bind.d.ts', bindTypes(prefix, glue));
}

/**
 * Generates the TypeScript that is derived from the crate. Uses the test profile, whose artifacts the tests need too.
 */
const GENERATE = ['run', '--quiet', '--profile', 'test', '--example', 'generate', '--'];

const bindTypes = (prefix, glue) => `type Bindings = typeof import('./${prefix}bindings.js');
${parkingOf(glue) === undefined ? '' : PARKING_TYPES}export function bind(): Pick<Bindings, '${exportsOf(glue).join("' | '")}'> & {
  imports: WebAssembly.Imports;
  setExports(exports: WebAssembly.Exports): void;
};
`;

const PARKING_TYPES = `export function expand(text: string): string;
export function park(text: string): string;
export function release(parked: readonly string[]): void;
export function uuid(): string;
`;

async function bundle() {
  rmSync(at(NEXT), { recursive: true, force: true });
  mkdirSync(at(NEXT, 'generated'), { recursive: true });
  await build({
    entryPoints: ENTRIES.map((name) => at('pkg-template', 'src', name)).filter(existsSync),
    outdir: at(NEXT),
    // All entry points share one module, so that there is one client and one DatabaseError.
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'neutral',
    external: ['react', 'react-dom'],
    // Polyfills what some runtimes lack.
    inject: [at('pkg-template', 'src', 'text-coding.ts')],
    jsx: 'automatic',
    // The default build target of Vite 5.
    target: ['es2020', 'chrome87', 'edge88', 'firefox78', 'safari14'],
    // Safari 14.0 has a destructuring bug, but the package does not support that version anyway.
    supported: { destructuring: true },
    charset: 'ascii',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
  });
}

function copyFiles() {
  for (const name of readdirSync(at('pkg-template'))) {
    if (name !== 'src' && name !== 'tsconfig.json')
      cpSync(at('pkg-template', name), at(NEXT, name), { recursive: true });
  }
  cpSync(at('build', 'workflow_db.wasm'), at(NEXT, 'workflow_db.wasm'));
  for (const name of ['bindings.d.ts', 'offline-bindings.d.ts']) {
    cpSync(at('pkg-template', 'src', 'generated', name), at(NEXT, 'generated', name));
  }
  cpSync(at('supabase'), at(NEXT, 'supabase'), { recursive: true });
  for (const name of [...DOCUMENTS, 'LICENSE']) cpSync(at(name), at(NEXT, name));
}

/** The time of the latest change to any source of the package. */
function newestSource() {
  const inputs = [
    'Cargo.toml',
    'Cargo.lock',
    'package-lock.json',
    ...DOCUMENTS,
    'src',
    'pkg-template',
    'supabase',
    'scripts',
  ];
  const times = inputs
    .flatMap((input) => [at(input), ...filesBelow(at(input))])
    .map((path) => statSync(path).mtimeMs);
  return Math.max(...times);
}

function filesBelow(folder) {
  if (!statSync(folder).isDirectory()) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => !path.includes(join('src', 'generated')));
}

/** Marks the last build as a quick one, which must not be tested or shipped as final. */
const QUICK_MARK = at('build', 'is-quick');

if (
  process.argv.includes('--if-changed') &&
  existsSync(at('pkg')) &&
  !existsSync(QUICK_MARK) &&
  statSync(at('pkg', 'index.js')).mtimeMs > newestSource()
) {
  console.log('pkg/ is up to date');
  process.exit();
}

// `--quick` builds for trying out a change. `--reuse-wasm` applies if only TypeScript changed.
const reusesWasm = process.argv.includes('--reuse-wasm');
const isQuick = process.argv.includes('--quick') || (reusesWasm && existsSync(QUICK_MARK));
if (!reusesWasm) for (const module of MODULES) compileWasm(module, { isQuick });
generateSources();
await bundle();
run(at('node_modules', '.bin', 'tsc'), ['-p', 'pkg-template', '--outDir', NEXT]);
copyFiles();
// Before the package is moved to pkg/, so that a package over its budget never gets there.
await printSizes({ folder: at(NEXT), offlineWasm: at('build', 'offline.wasm') }, !isQuick);
rmSync(at('pkg'), { recursive: true, force: true });
renameSync(at(NEXT), at('pkg'));
if (isQuick) writeFileSync(QUICK_MARK, '');
else rmSync(QUICK_MARK, { force: true });
