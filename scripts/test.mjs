// Runs every suite, prints each result as it arrives, and ends with a summary line.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from './install-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const isFull = process.argv.includes('--full');
const bin = (name) => join(root, 'node_modules', '.bin', name);

/** A check that passes or fails as a whole. */
const check = (name, command, ...args) => ({ name, command, args, count: wholeCheck });
/** Suites that report how many tests passed. */
const cargo = (name, command, ...args) => ({ name, command, args, count: cargoSummary });
/** The `*.test.mjs` files of a folder, `concurrency` at a time. */
const node = (name, folder, concurrency) => ({
  name,
  command: process.execPath,
  args: [
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${MAX_TEST_MS}`,
    ...testFiles(folder),
  ],
  count: nodeSummary,
});
/** A file that takes longer than this is considered hanging: it is stopped, and its test fails. */
const MAX_TEST_MS = 300_000;
const testFiles = (folder) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.test.mjs'))
    .map((file) => join(folder, file));

/**
 * What the runner prints if the browser did not load the page with the tests. No test has run then, so they are started
 * once more.
 *
 * The runner's server (tiny_http) has four threads, and each serves one connection for as long as the browser keeps it.
 * It creates another thread if none waits, but a thread that was just given a connection still counts as waiting, so
 * connections that arrive within the same moment can outnumber the threads: the last is never served. Chromium opens one
 * per file that a module imports, so the tests must not import more than four.
 */
const NOT_LOADED = /Loading scripts\.\.\.\s*Failed to detect test as having been run/;

/** Compiles only the tests that are made for a browser. */
const wasmTests = (...options) => [
  'test',
  '--headless',
  '--mode',
  'no-install',
  ...options,
  '--',
  '--test',
  'browser',
];

const suites = [
  check('rustfmt', process.execPath, 'scripts/rustfmt.mjs', '--check'),
  check('clippy', 'cargo', 'clippy', '--quiet', '--all-targets', '--', '-D', 'warnings'),
  check(
    'clippy, WebAssembly',
    'cargo',
    'clippy',
    '--quiet',
    '--target',
    'wasm32-unknown-unknown',
    '--',
    '-D',
    'warnings',
  ),
  check(
    'clippy, WebAssembly of the offline entry',
    'cargo',
    'clippy',
    '--quiet',
    '--target',
    'wasm32-unknown-unknown',
    '--features',
    'offline',
    '--',
    '-D',
    'warnings',
  ),
  {
    ...check(
      'clippy, fuzz targets',
      'cargo',
      'clippy',
      '--quiet',
      '--manifest-path=tests/fuzz/Cargo.toml',
      '--target-dir=target/fuzz',
      '--',
      '-D',
      'warnings',
    ),
    // The fuzz targets are checked but not linked, so libFuzzer need not be compiled.
    env: { CUSTOM_LIBFUZZER_PATH: '/libfuzzer.a' },
  },
  {
    ...check('crate documentation', 'cargo', 'doc', '--quiet', '--no-deps'),
    env: { RUSTDOCFLAGS: '-D warnings' },
  },
  cargo('native tests and simulator', 'cargo', 'test', '--quiet'),
  check('package', process.execPath, 'scripts/build.mjs', '--if-changed'),
  check('guarantees', process.execPath, 'scripts/check-guarantees.mjs'),
  check('language of the documents', process.execPath, 'scripts/check-language.mjs'),
  check('numbers in the documents', process.execPath, 'tests/bench/numbers.mjs', '--check'),
  check('API reference', process.execPath, 'scripts/api-reference.mjs', '--check'),
  check('prettier', bin('prettier'), '--check', '--log-level=warn', '.'),
  check('eslint', bin('eslint'), '--max-warnings=0', '.'),
  { ...cargo('WebAssembly in Chromium', 'wasm-pack', ...wasmTests('--chrome')), againIf: NOT_LOADED },
  node('types', 'tests/types', 2),
  node('properties', 'tests/properties', 2),
  node('local stack', 'examples/local-stack/test', 2),
  node('end to end', 'tests/e2e', 2),
  node('fault matrix, a core', 'tests/faults', 1),
  node('hooks, React 18 and 19', 'tests/hooks', 2),
  node('examples of the guides', 'tests/guide', 1),
  {
    name: 'example app',
    prepare: () => installPackages('examples/react-app'),
    command: 'npm',
    args: ['run', 'build', '--prefix', 'examples/react-app'],
    count: wholeCheck,
  },
  node('example app in a browser', 'tests/app', 2),
  node('minimal example', 'tests/minimal', 1),
  node('devtools', 'tests/devtools', 2),
  node('packaging', 'tests/packaging', 2),
  ...(isFull ? longSuites() : []),
];

/** Suites that take too long for everyday development. */
function longSuites() {
  const simulation = cargo('long simulation', 'cargo', 'test', '--quiet', '--test', 'native', 'simulation');
  return [
    { ...simulation, env: { STEPS: '1000000' } },
    { ...node('fault matrix', 'tests/faults', 1), env: { FAULT_MATRIX: 'full' } },
    node('fault matrix, a core in Firefox and WebKit', 'tests/faults/full', 1),
    node('packaging, every bundler', 'tests/packaging/full', 1),
    { ...node('documentation site', 'tests/site', 1), prepare: () => installPackages('docs/site') },
    check(
      'licenses and sources of the crates',
      'cargo',
      'deny',
      '--offline',
      'check',
      'bans',
      'licenses',
      'sources',
    ),
    { ...check('known vulnerabilities', process.execPath, 'scripts/audit.mjs'), count: auditSummary },
    cargo('WebAssembly in Firefox', 'wasm-pack', ...wasmTests('--firefox')),
    {
      ...cargo(
        'WebAssembly in WebKit',
        'xvfb-run',
        '-a',
        'wasm-pack',
        ...wasmTests('--safari', '--safaridriver', join(root, 'scripts/webkit-driver.sh')),
      ),
      // In a container, Chromium's sandbox does not start, and without a screen its compositor does not either.
      env: {
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
        WEBKIT_DISABLE_COMPOSITING_MODE: '1',
      },
    },
  ];
}

function wholeCheck(_output, code) {
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/** Skipped if the advisory databases are unreachable: see scripts/audit.mjs. */
function auditSummary(output, code) {
  return code === 77 ? { passed: 0, failed: 0, skipped: 1 } : wholeCheck(output, code);
}

/** Sums up all `test result:` lines of cargo's output. */
function cargoSummary(output, code) {
  const lines = [...output.matchAll(/test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/g)];
  return atLeastOneFailure(sum(lines.map((line) => line.slice(1).map(Number))), code);
}

/** Parses the last lines of Node's test runner. */
function nodeSummary(output, code) {
  const last = (word) => Number([...output.matchAll(new RegExp(`^ℹ ${word} (\\d+)`, 'gm'))].at(-1)?.[1] ?? 0);
  return atLeastOneFailure(
    sum([[last('pass'), last('fail') + last('cancelled'), last('skipped') + last('todo')]]),
    code,
  );
}

function sum(rows) {
  const column = (index) => rows.reduce((total, row) => total + row[index], 0);
  return { passed: column(0), failed: column(1), skipped: column(2) };
}

/**
 * The part of a suite's output that describes its failures: the last part of Node's report, or the end of the output.
 */
function failureReport(output) {
  const start = output.lastIndexOf('✖ failing tests:');
  return start >= 0 ? output.slice(start) : output.slice(-MAX_REPORT_CHARS);
}

/** A suite that was interrupted or ran no tests counts as failed. */
function atLeastOneFailure(counts, code) {
  const isBroken = code !== 0 || counts.passed + counts.failed === 0;
  return isBroken && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function run({ command, args, env }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...environment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        output += data;
        process.stdout.write(data);
      });
    }
    child.on('error', (error) => resolve({ output: String(error), code: 1 }));
    child.on('close', (code) => resolve({ output, code }));
  });
}

function environment() {
  const driver = process.env.CHROMEDRIVER ?? '/usr/bin/chromedriver';
  return {
    // In seconds. The runner's defaults, 5 and 20, are too short for a browser's first start on a busy machine.
    WASM_BINDGEN_TEST_DRIVER_TIMEOUT: '60',
    WASM_BINDGEN_TEST_TIMEOUT: '180',
    ...process.env,
    FORCE_COLOR: '0',
    ...(existsSync(driver) ? { CHROMEDRIVER: driver } : {}),
  };
}

const MAX_REPORT_CHARS = 4000;
const results = [];
const failures = [];
for (const [index, suite] of suites.entries()) {
  console.log(`\n== ${index + 1}/${suites.length} ${suite.name}`);
  const started = performance.now();
  await suite.prepare?.();
  let { output, code } = await run(suite);
  if (code !== 0 && suite.againIf?.test(output)) {
    console.log(`\n== ${suite.name}, once more: the browser did not load the tests`);
    ({ output, code } = await run(suite));
  }
  const counts = suite.count(output, code);
  if (counts.failed > 0) failures.push(`== ${suite.name}\n${failureReport(output)}`);
  results.push({
    suite: suite.name,
    ...counts,
    seconds: Math.round((performance.now() - started) / 100) / 10,
  });
}

console.log('');
console.table(results);
for (const failure of failures) console.log(failure);
const total = sum(results.map((result) => [result.passed, result.failed, result.skipped]));
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
