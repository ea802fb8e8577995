// The mutation check: `make mutants`, or `make mutants MODULE=src/query`. Changes one place at a time in the pure
// modules and runs the native tests that reach the change. A mutant survives if no test fails. The check fails
// - for a survivor without a reason in scripts/mutants/survivors.json,
// - for a reason there that no survivor needs any more, and
// - for a module with less than GOAL percent of its mutants killed.
// A passing run over all modules writes docs/mutants.md.
//
// All mutants are compiled into one test binary, in a copy of the crate under target/mutants; the environment variable
// MUTANT selects one. Compiling each mutant separately would take hours. Tests that run for seconds do not take part:
// the simulation, one test with many subscriptions, and most cases of the properties. Their purpose is to find the
// unexpected, not to cover single lines.

import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';

const MODULES = [
  'src/cache',
  'src/subscriptions',
  'src/input.rs',
  'src/json.rs',
  'src/query',
  'src/realtime',
  'src/rest',
  'src/retry.rs',
  'src/time',
  'src/uuid.rs',
];
const REPORT = 'docs/mutants.md';
const REASONS = 'scripts/mutants/survivors.json';
const GOAL = 95;
/** The slow tests, and the one test that reads the sources. */
const LEFT_OUT = /^modules::|^simulation::|::many_subscriptions_/;
/** Fewer property cases, and a smaller outage. */
const SHORT = { MAX_CASES: '100', CLIENTS: '1000' };
/** A test that takes this many times longer than without a mutant is considered hanging. */
const TIMEOUT_FACTOR = 20;
const MIN_TIMEOUT_MS = 10_000;
/** A mutant with an endless loop may also allocate without limit. */
const MAX_MEMORY_KIB = 2_000_000;

process.chdir(resolve(import.meta.dirname, '..'));
const root = process.cwd();
const copy = resolve('target/mutants');
const began = performance.now();
const elapsed = () => `${Math.round((performance.now() - began) / 1000)} s`;

function filesOf(module) {
  if (module.endsWith('.rs')) return [module];
  return readdirSync(module, { recursive: true })
    .filter((name) => name.endsWith('.rs'))
    .map((name) => join(module, name))
    .sort();
}

const isIn = (module, { file }) => file === module || file.startsWith(`${module}/`);

/** Leaves an unchanged file alone, so that its modification time stays and Cargo does not recompile it. */
function writeIfChanged(path, text) {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
}

const cargo = (...args) =>
  execFileSync('cargo', args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    // The instrumented copy triggers compiler warnings.
    env: { ...process.env, RUSTFLAGS: '--cap-lints=allow' },
  });

/** The mutants, and the test binary with all of them. */
function build() {
  mkdirSync(copy, { recursive: true });
  const files = MODULES.flatMap(filesOf);
  const written = new Set([...files, 'src/lib.rs']);
  for (const name of ['Cargo.toml', 'Cargo.lock', 'src', 'tests/native', 'tests/browser']) {
    const filter = (path) => !written.has(path);
    cpSync(name, join(copy, name), { recursive: true, preserveTimestamps: true, filter });
  }
  // Tests replay the recordings in this folder.
  if (!existsSync(join(copy, 'examples'))) symlinkSync(resolve('examples'), join(copy, 'examples'));
  const manifest = ['--manifest-path', 'scripts/mutants/Cargo.toml', '--target-dir', 'target/mutants-tool'];
  const output = cargo('run', '--quiet', '--release', ...manifest, '--', root, copy, ...files);
  // A capacity only saves allocations, so no test can fail if it changes.
  const mutants = JSON.parse(output).filter(({ text }) => !text.includes('with_capacity('));
  writeIfChanged(join(copy, 'src/mutant.rs'), readFileSync('scripts/mutants/switch.rs', 'utf8'));
  const library = readFileSync('src/lib.rs', 'utf8');
  writeIfChanged(join(copy, 'src/lib.rs'), `${library}\npub mod mutant;\n`);
  const place = ['--manifest-path', join(copy, 'Cargo.toml'), '--target-dir', 'target/mutants-build'];
  const format = '--message-format=json-render-diagnostics';
  const messages = cargo('test', '--quiet', '--test', 'native', '--no-run', format, ...place);
  const artifacts = messages
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const binary = artifacts.find(
    ({ target, executable }) => target?.name === 'native' && executable,
  ).executable;
  return { mutants, binary };
}

/** The environment of a test. A failure is all that matters: no backtrace, no shrinking. */
const options = (variables) => ({
  cwd: copy,
  env: { ...process.env, ...SHORT, RUST_BACKTRACE: '0', PROPTEST_MAX_SHRINK_ITERS: '0', ...variables },
});

/** Runs each test alone, without a mutant, and records how long it takes and which mutants it reaches. */
function record(binary) {
  const path = join(copy, 'reached');
  const list = execFileSync(binary, ['--list', '--format=terse'], { encoding: 'utf8' });
  const names = list.match(/^.*(?=: test$)/gm).filter((name) => !LEFT_OUT.test(name));
  return names.map((name) => {
    rmSync(path, { force: true });
    const start = performance.now();
    const { status, stdout } = spawnSync(binary, ['--exact', name], {
      ...options({ MUTANTS_REACHED: path }),
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${name} fails without a mutant:\n${stdout}`);
    const reached = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').map(Number) : [];
    return { name, ms: performance.now() - start, reached: new Set(reached) };
  });
}

/** Whether these tests, which the binary runs side by side, pass within the time. */
function pass(binary, tests, mutant) {
  const ms = tests.reduce((sum, test) => sum + test.ms, 0);
  const limited = ['-c', `ulimit -v ${MAX_MEMORY_KIB}; exec "$@"`, 'sh', binary];
  const { status } = spawnSync('sh', [...limited, '--exact', '--quiet', ...tests.map((test) => test.name)], {
    ...options({ MUTANT: String(mutant.id) }),
    stdio: 'ignore',
    timeout: Math.ceil(MIN_TIMEOUT_MS + TIMEOUT_FACTOR * ms),
    killSignal: 'SIGKILL',
  });
  return status === 0;
}

/** Runs the tests that reach the mutant in groups of growing size. Those that reach few mutants come first: most fail. */
function survives(binary, tests, mutant) {
  const reaching = tests
    .filter((test) => test.reached.has(mutant.id))
    .sort((a, b) => a.reached.size - b.reached.size);
  for (let size = 2; reaching.length > 0; size *= 4) {
    if (!pass(binary, reaching.splice(0, size), mutant)) return false;
  }
  return true;
}

/** What identifies a mutant, even if other parts of its file change. */
const IDENTITY = ['file', 'function', 'text', 'change', 'ordinal'];
const identityOf = (mutant) => JSON.stringify(mutant, IDENTITY);

function run(module, { mutants, binary, tests }, reasons) {
  const own = mutants.filter((mutant) => isIn(module, mutant));
  const survivors = own.filter((mutant) => survives(binary, tests, mutant));
  for (const mutant of survivors) {
    const identity = identityOf(mutant);
    if (!reasons.has(identity)) console.log(`line ${mutant.line} survives: ${identity}`);
  }
  const killed = own.length - survivors.length;
  console.log(`${module}: ${killed} of ${own.length} killed (${elapsed()})`);
  return { module, count: own.length, killed, share: (100 * killed) / own.length, survivors };
}

/** What is wrong with the results. */
function faults(results, reasons) {
  const survivors = new Set(results.flatMap((result) => result.survivors.map(identityOf)));
  const leftOut = MODULES.filter((module) => results.every((result) => result.module !== module));
  const isRun = (identity) => !leftOut.some((module) => isIn(module, JSON.parse(identity)));
  return [
    ...[...survivors].filter((one) => !reasons.has(one)).map((one) => `no reason: ${one}`),
    ...[...reasons.keys()]
      .filter((one) => isRun(one) && !survivors.has(one))
      .map((one) => `a reason, but no survivor: ${one}`),
    ...results
      .filter(({ share }) => share < GOAL)
      .map(({ module, share }) => `${module}: only ${share.toFixed(1)} % killed`),
  ];
}

function write(results, reasons) {
  const rows = results.map(
    ({ module, count, killed, share }) =>
      `| \`${module}\` | ${count} | ${killed} | ${count - killed} | ${share.toFixed(1)} % |`,
  );
  const item = (mutant) =>
    `- \`${mutant.function}\`, in \`\`${mutant.text}\`\`: ${mutant.change}. ${reasons.get(identityOf(mutant))}`;
  const survivors = results.flatMap((result) => result.survivors);
  const sections = [...new Set(survivors.map(({ file }) => file))].map((file) => {
    const items = survivors.filter((mutant) => mutant.file === file).map(item);
    return `### \`${file}\`\n\n${items.join('\n')}`;
  });
  const minutes = Math.round((performance.now() - began) / 60_000);
  const text = `# Mutation check

\`make mutants\` tests the tests. It changes the pure modules in one place at a time and runs the native tests that reach the
change. A mutant is killed when a test fails or hangs.

A mutant has another operator, lacks a \`!\`, a \`-\` or a match arm, has a guard that is always true or always false, or
returns a fixed value in place of a function's result. Constants, capacities and the contents of macros are not
changed.

The check fails when less than ${GOAL} % of a module's mutants are killed, when a survivor is not listed below, and when a
listed one is killed. A run that passes writes this page. This one took ${minutes} minutes with ${availableParallelism()} cores.

| Module | Mutants | Killed | Survivors | Share killed |
| --- | --: | --: | --: | --: |
${rows.join('\n')}

## Survivors

No test fails on these mutants, for the reason given. The table counts them as not killed.

${sections.join('\n\n')}
`;
  writeFileSync(REPORT, text);
  execFileSync('node_modules/.bin/prettier', ['--write', '--log-level', 'error', REPORT]);
}

const modules = process.argv.length > 2 ? process.argv.slice(2) : MODULES;
for (const module of modules) {
  if (!MODULES.includes(module)) throw new Error(`no module ${module}; there are ${MODULES.join(', ')}`);
}
const reasons = new Map(
  JSON.parse(readFileSync(REASONS, 'utf8')).map((entry) => [identityOf(entry), entry.reason]),
);
const { mutants, binary } = build();
console.log(`${mutants.length} mutants compiled (${elapsed()})`);
const tests = record(binary);
console.log(`${tests.length} tests recorded (${elapsed()})`);
const results = [];
for (const module of modules) results.push(run(module, { mutants, binary, tests }, reasons));
const found = faults(results, reasons);
for (const fault of found) console.error(fault);
if (found.length > 0) process.exitCode = 1;
else if (modules === MODULES) write(results, reasons);
