// The mutation check: `make mutants`, or `make mutants MODULE=src/query` for one module or file. Changes one place at a
// time in the engine and the pure modules and runs the native tests that reach the change. A mutant survives if no test
// fails. The check fails
// - for a survivor without a reason in scripts/mutants/survivors.json,
// - for a reason there that no survivor needs any more, and
// - for a module with less than GOAL percent of its mutants killed.
// A passing run over all modules writes docs/mutants.md.
//
// All mutants are compiled into one test binary, in a copy of the crate under target/mutants; the environment variable
// MUTANT selects one. Compiling each mutant separately would take hours. Slow tests take part in a short form: one
// program of the simulation, and some cases of each property.

import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';

const MODULES = [
  'src/api',
  'src/cache',
  'src/engine',
  'src/flows',
  'src/input.rs',
  'src/json.rs',
  'src/merge',
  'src/offline',
  'src/query',
  'src/realtime',
  'src/rest',
  'src/retry.rs',
  'src/subscriptions',
  'src/time',
  'src/uuid.rs',
];
const REPORT = 'docs/mutants.md';
const REASONS = 'scripts/mutants/survivors.json';
const GOAL = 95;
/** A test that reads the sources, and slow ones. */
const LEFT_OUT = /^modules::|::many_subscriptions_|^simulation::.*_(found|shrunk)$|simulation::the_same_seed/;
/** Fewer property cases, a smaller outage, and one program of the simulation. */
const SHORT = { MAX_CASES: '100', CLIENTS: '1000', STEPS: '2000' };
/**
 * Tests that take this many times longer than without a mutant are considered hanging. What counts is CPU time: the
 * tests' clock is simulated, so a hanging test keeps computing, and a busy machine makes no difference.
 */
const TIMEOUT_FACTOR = 5;
const MIN_TIMEOUT_S = 3;
const FIRST_GROUP_S = 0.02;
/** A mutant with an endless loop may also allocate without limit. */
const MAX_MEMORY_KIB = 2_000_000;
const CORES = availableParallelism();

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
    removeStale(join(copy, name), name);
    cpSync(name, join(copy, name), { recursive: true, preserveTimestamps: true, filter });
  }
  // Tests replay the recordings in the first folder and read the migrations in the second.
  for (const name of ['examples', 'supabase']) {
    if (!existsSync(join(copy, name))) symlinkSync(resolve(name), join(copy, name));
  }
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

/** Does `work` for each item, as many at a time as there are cores. */
async function forEach(items, work) {
  const rest = [...items];
  const worker = async () => {
    while (rest.length > 0) await work(rest.shift());
  };
  await Promise.all(Array.from({ length: CORES }, worker));
}

/**
 * Runs these tests one after another, within `limits`. Resolves with whether they pass and the CPU time that they took. A
 * failure is all that matters: no backtrace, no shrinking.
 */
function run(binary, names, variables, limits = 'true') {
  const script = `${limits}; "$@" >/dev/null 2>&1; status=$?; times; exit $status`;
  const child = spawn(
    'sh',
    ['-c', script, 'sh', binary, '--exact', '--quiet', '--test-threads=1', ...names],
    {
      cwd: copy,
      env: { ...process.env, ...SHORT, RUST_BACKTRACE: '0', PROPTEST_MAX_SHRINK_ITERS: '0', ...variables },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let times = '';
  child.stdout.on('data', (data) => (times += data));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      // The second line is about the shell's children: `0m0.100s 0m0.010s`.
      const spent = [...(times.split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
      const seconds = spent.reduce((sum, [, minutes, seconds]) => sum + 60 * minutes + Number(seconds), 0);
      resolve({ isPassed: status === 0, seconds });
    });
  });
}

/** Runs each test alone, without a mutant, and records how long it takes and which mutants it reaches. */
async function record(binary) {
  const list = execFileSync(binary, ['--list', '--format=terse'], { encoding: 'utf8' });
  const names = list.match(/^.*(?=: test$)/gm).filter((name) => !LEFT_OUT.test(name));
  const folder = join(copy, 'reached');
  mkdirSync(folder, { recursive: true });
  const tests = [];
  const start = await run(binary, ['no test'], {});
  await forEach(names, async (name) => {
    const path = join(folder, name);
    rmSync(path, { force: true });
    const { isPassed, seconds } = await run(binary, [name], { MUTANTS_REACHED: path });
    if (!isPassed) throw new Error(`${name} fails without a mutant`);
    const reached = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').map(Number) : [];
    tests.push({ name, seconds: Math.max(0, seconds - start.seconds), reached: new Set(reached) });
  });
  return tests;
}

/** The tests that reach a mutant. Quick tests, and those that reach few mutants, come first. */
function reaching(tests, { id }) {
  const some = tests.filter(({ reached }) => reached.has(id));
  return some.sort((a, b) => a.reached.size * a.seconds - b.reached.size * b.seconds);
}

/** Runs the tests that reach the mutant in groups. Each may take longer than the one before, because most mutants fail early. */
async function survives(binary, tests, mutant) {
  const rest = reaching(tests, mutant);
  for (let budget = FIRST_GROUP_S; rest.length > 0; budget *= 4) {
    let seconds = 0;
    const names = [];
    do {
      seconds += rest[0].seconds;
      names.push(rest.shift().name);
    } while (rest.length > 0 && seconds + rest[0].seconds <= budget);
    const limits = `ulimit -v ${MAX_MEMORY_KIB}; ulimit -t ${Math.ceil(MIN_TIMEOUT_S + TIMEOUT_FACTOR * seconds)}`;
    const { isPassed } = await run(binary, names, { MUTANT: String(mutant.id) }, limits);
    if (!isPassed) return false;
  }
  return true;
}

/** Removes what an earlier run copied and is gone since: a module that became a folder would be there twice. */
function removeStale(copied, source) {
  if (!existsSync(copied) || source === 'src/mutant.rs') return;
  if (!existsSync(source)) return rmSync(copied, { recursive: true });
  if (!statSync(copied).isDirectory()) return;
  for (const name of readdirSync(copied)) removeStale(join(copied, name), join(source, name));
}

/** What identifies a mutant, even if other parts of its file change. */
const IDENTITY = ['file', 'function', 'text', 'change', 'ordinal'];
const identityOf = (mutant) => JSON.stringify(mutant, IDENTITY);

async function check(module, { mutants, binary, tests }, reasons) {
  const own = mutants.filter((mutant) => isIn(module, mutant));
  if (own.length === 0) throw new Error(`${module} has no mutants; the modules are ${MODULES.join(', ')}`);
  const alive = new Set();
  await forEach(own, async (mutant) => {
    if (await survives(binary, tests, mutant)) alive.add(mutant);
  });
  const survivors = own.filter((mutant) => alive.has(mutant));
  for (const mutant of survivors) {
    const identity = identityOf(mutant);
    if (!reasons.has(identity)) console.log(`line ${mutant.line} survives: ${identity}`);
  }
  const killed = own.length - survivors.length;
  console.log(`${module}: ${killed} of ${own.length} killed (${elapsed()})`);
  return { module, count: own.length, killed, share: (100 * killed) / own.length, survivors };
}

/** The reasons why the check fails. */
function faults(results, reasons) {
  const survivors = new Set(results.flatMap((result) => result.survivors.map(identityOf)));
  const isRun = (identity) => results.some(({ module }) => isIn(module, JSON.parse(identity)));
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
  const row = (name, count, killed) =>
    `| ${name} | ${count} | ${killed} | ${count - killed} | ${((100 * killed) / count).toFixed(1)} % |`;
  const sum = (what) => results.reduce((total, result) => total + result[what], 0);
  const rows = results.map(({ module, count, killed }) => row(`\`${module}\``, count, killed));
  const item = (mutant) =>
    `- \`${mutant.function}\`, in \`\`${mutant.text}\`\`: ${mutant.change}. ${reasons.get(identityOf(mutant))}`;
  const survivors = results.flatMap((result) => result.survivors);
  const sections = [...new Set(survivors.map(({ file }) => file))].map((file) => {
    const items = survivors.filter((mutant) => mutant.file === file).map(item);
    return `### \`${file}\`\n\n${items.join('\n')}`;
  });
  const minutes = Math.round((performance.now() - began) / 60_000);
  const text = `# Mutation check

\`make mutants\` tests the tests. It changes the engine and the pure modules in one place at a time and runs the native tests
that reach the change. A mutant is killed when a test fails or hangs. The simulation takes part with one program of
${SHORT.STEPS} steps, each property with ${SHORT.MAX_CASES} cases.

A mutant has another operator, lacks a \`!\`, a \`-\` or a match arm, has a guard that is always true or always false, or
returns a fixed value in place of a function's result. Constants, capacities and the contents of macros are not
changed.

The check fails when less than ${GOAL} % of a module's mutants are killed, when a survivor is not listed below, and when a
listed one is killed. A run that passes writes this page. This one took ${minutes} minutes with ${CORES} cores.

| Module | Mutants | Killed | Survivors | Share killed |
| --- | --: | --: | --: | --: |
${rows.join('\n')}
${row('all', sum('count'), sum('killed'))}

## Survivors

No test fails on these mutants, for the reason given. The table counts them as not killed.

${sections.join('\n\n')}
`;
  writeFileSync(REPORT, text);
  execFileSync('node_modules/.bin/prettier', ['--write', '--log-level', 'error', REPORT]);
}

const modules = process.argv.length > 2 ? process.argv.slice(2) : MODULES;
const reasons = new Map(
  JSON.parse(readFileSync(REASONS, 'utf8')).map((entry) => [identityOf(entry), entry.reason]),
);
const { mutants, binary } = build();
console.log(`${mutants.length} mutants compiled (${elapsed()})`);
const tests = await record(binary);
console.log(`${tests.length} tests recorded (${elapsed()})`);
const results = [];
for (const module of modules) results.push(await check(module, { mutants, binary, tests }, reasons));
const found = faults(results, reasons);
for (const fault of found) console.error(fault);
if (found.length > 0) process.exitCode = 1;
else if (modules === MODULES) write(results, reasons);
