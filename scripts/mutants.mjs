// The mutation check: `make mutants`, or `make mutants MODULE=src/query`. Changes one operator, arm or result of the pure
// modules at a time and runs the native tests that reach the change. A mutant that no test fails on is a survivor: it
// is listed with its reason in scripts/mutants/survivors.json, or the check fails. Writes docs/mutants.md.
//
// All mutants are compiled into one test binary, in a copy of the crate under target/mutants, and the variable MUTANT
// selects one of them. Compiling each mutant by itself, as cargo-mutants does, would take hours. The simulation does not
// take part: its runs are long, and it is to find what nobody thought of, not to hold single lines.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
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
  'src/retry.rs',
  'src/query',
  'src/rest',
  'src/cache',
  'src/feeds',
  'src/input.rs',
  'src/time',
  'src/realtime',
];
const REPORT = 'docs/mutants.md';
const GOAL = 95;
/** A test that takes so much longer than without a mutant hangs. */
const TIMEOUT_FACTOR = 20;
const MIN_TIMEOUT_MS = 20_000;

/** That a test fails is enough: no trace, no smaller example. */
const environment = { ...process.env, RUST_BACKTRACE: '0', PROPTEST_MAX_SHRINK_ITERS: '0' };

const root = resolve(import.meta.dirname, '..');
process.chdir(root);
const copy = resolve('target/mutants');
const modules = process.argv.length > 2 ? process.argv.slice(2) : MODULES;

function filesOf(module) {
  if (module.endsWith('.rs')) return [module];
  return readdirSync(module, { recursive: true })
    .filter((name) => name.endsWith('.rs'))
    .map((name) => join(module, name))
    .sort();
}

function writeIfChanged(path, text) {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
}

/** Files keep their times, so that a second run compiles only what changed. */
function build() {
  mkdirSync(copy, { recursive: true });
  const files = MODULES.flatMap(filesOf);
  const instrumented = new Set([...files, 'src/lib.rs']);
  for (const name of ['Cargo.toml', 'Cargo.lock', 'src', 'tests']) {
    const filter = (path) => !instrumented.has(path);
    cpSync(name, join(copy, name), { recursive: true, preserveTimestamps: true, filter });
  }
  // The recordings that tests replay.
  if (!existsSync(join(copy, 'examples'))) symlinkSync(resolve('examples'), join(copy, 'examples'));
  const tool = [
    'run',
    '--quiet',
    '--release',
    '--manifest-path',
    'scripts/mutants/Cargo.toml',
    '--target-dir',
  ];
  const output = execFileSync('cargo', [...tool, 'target/mutants-tool', '--', root, copy, ...files], {
    maxBuffer: 1 << 28,
  });
  writeIfChanged(join(copy, 'src/mutant.rs'), readFileSync('scripts/mutants/switch.rs', 'utf8'));
  const library = readFileSync('src/lib.rs', 'utf8');
  writeIfChanged(join(copy, 'src/lib.rs'), `${library}\n#[allow(missing_docs)]\npub mod mutant;\n`);
  const messages = execFileSync(
    'cargo',
    [
      'test',
      '--quiet',
      '--test',
      'native',
      '--no-run',
      '--target-dir',
      'target/mutants-build',
      '--message-format=json',
      '--manifest-path',
      join(copy, 'Cargo.toml'),
    ],
    { maxBuffer: 1 << 28, encoding: 'utf8' },
  );
  const artifacts = messages
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const binary = artifacts.find(
    (artifact) => artifact.target?.name === 'native' && artifact.executable,
  ).executable;
  return { mutants: JSON.parse(output), binary };
}

/** Runs these tests; whether they pass within the time. */
function passes(binary, tests, mutant, timeoutMs) {
  const child = spawn(binary, ['--exact', '--quiet', ...tests], {
    env: { ...environment, MUTANT: String(mutant) },
    stdio: 'ignore',
    timeout: Math.ceil(timeoutMs),
    killSignal: 'SIGKILL',
  });
  return new Promise((settle) => child.on('close', (status) => settle(status === 0)));
}

/** Runs each test alone: how long it takes, and which mutants it reaches. */
function record(binary) {
  const path = join(copy, 'reached');
  const list = execFileSync(binary, ['--list', '--format=terse'], { encoding: 'utf8' });
  const names = list.match(/^.*(?=: test$)/gm).filter((name) => !name.startsWith('simulation::'));
  return names.map((name) => {
    rmSync(path, { force: true });
    const began = performance.now();
    const { status, stdout } = spawnSync(binary, ['--exact', name], {
      env: { ...environment, MUTANTS_REACHED: path },
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${name} fails without a mutant:\n${stdout}`);
    const reached = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').map(Number) : [];
    return { name, ms: performance.now() - began, reached: new Set(reached) };
  });
}

/** The tests that reach the mutant, in groups of growing size: the quickest first. Most mutants fail the first group. */
function groupsOf(tests, mutant) {
  const reaching = tests.filter((test) => test.reached.has(mutant.id)).sort((a, b) => a.ms - b.ms);
  const groups = [];
  for (let size = 8; reaching.length > 0; size *= 4) groups.push(reaching.splice(0, size));
  return groups;
}

async function survives(binary, tests, mutant) {
  for (const group of groupsOf(tests, mutant)) {
    const ms = group.reduce((sum, test) => sum + test.ms, 0);
    const names = group.map((test) => test.name);
    if (!(await passes(binary, names, mutant.id, MIN_TIMEOUT_MS + TIMEOUT_FACTOR * ms))) return false;
  }
  return true;
}

const known = JSON.parse(readFileSync('scripts/mutants/survivors.json', 'utf8'));
const reasonOf = (mutant) =>
  known.find((entry) => ['file', 'function', 'text', 'change'].every((key) => entry[key] === mutant[key]))
    ?.reason;

/** What the report says of modules that this run leaves out. */
function earlier() {
  const sections = existsSync(REPORT) ? readFileSync(REPORT, 'utf8').split(/^## /m).slice(1) : [];
  return new Map(sections.map((section) => [section.match(/^`(.*)`/)[1], section.trim()]));
}

function write(results) {
  const sections = earlier();
  for (const [module, { count, survivors }] of results) {
    const killed = count - survivors.length;
    const lines = survivors.map((mutant) => {
      const place = `\`${mutant.file}\`, \`${mutant.function}\``;
      return `- ${place}: in \`\`${mutant.text}\`\`, ${mutant.change}. ${reasonOf(mutant) ?? '**No reason yet.**'}`;
    });
    const share = ((100 * killed) / count).toFixed(1);
    sections.set(
      module,
      [
        `\`${module}\`\n\n${count} mutants, ${killed} killed: ${share} %.`,
        ...(lines.length ? ['', ...lines] : []),
      ].join('\n'),
    );
  }
  const present = MODULES.filter((module) => sections.has(module));
  const rows = present.map((module) => {
    const [, count, killed, share] = sections.get(module).match(/(\d+) mutants, (\d+) killed: ([\d.]+) %/);
    return `| \`${module}\` | ${count} | ${killed} | ${share} % |`;
  });
  const missing = MODULES.filter((module) => !sections.has(module)).map((module) => `\`${module}\``);
  const text = `# Mutation check

\`make mutants\` changes one operator, match arm or result of a pure module at a time and runs the native tests that
reach the change. A mutant is killed when a test fails. The survivors are listed with the reason why no test can or need
fail on them. The goal is ${GOAL} % for each module. The run writes this page.

| Module | Mutants | Killed | Share |
| --- | --: | --: | --: |
${rows.join('\n')}
${missing.length ? `\nNot run yet: ${missing.join(', ')}.\n` : ''}
${present.map((module) => `## ${sections.get(module)}`).join('\n\n')}
`;
  mkdirSync('docs', { recursive: true });
  writeFileSync(REPORT, text);
  spawnSync('node_modules/.bin/prettier', ['--write', '--log-level', 'error', REPORT]);
}

const began = performance.now();
const seconds = () => `${Math.round((performance.now() - began) / 1000)} s`;
for (const module of modules) {
  if (!MODULES.includes(module)) throw new Error(`no module ${module}; there are ${MODULES.join(', ')}`);
}
const { mutants, binary } = build();
console.log(`${mutants.length} mutants compiled (${seconds()})`);
const tests = record(binary);
console.log(`${tests.length} tests recorded (${seconds()})`);
const results = new Map();
for (const module of modules) {
  const own = mutants.filter((mutant) => mutant.file === module || mutant.file.startsWith(`${module}/`));
  const survivors = [];
  const waiting = [...own];
  const work = async () => {
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      if (await survives(binary, tests, mutant)) {
        survivors.push(mutant);
        const { file, line, text, change } = mutant;
        if (!reasonOf(mutant))
          console.log(`survived: ${file}:${line} ${mutant.function}: ${change}\n    ${text}`);
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  survivors.sort((a, b) => a.id - b.id);
  results.set(module, { count: own.length, survivors });
  write(new Map([[module, results.get(module)]]));
  console.log(`${module}: ${own.length - survivors.length} of ${own.length} killed (${seconds()})`);
}
const unexplained = [...results.values()]
  .flatMap(({ survivors }) => survivors)
  .filter((mutant) => !reasonOf(mutant));
if (unexplained.length > 0) {
  console.log(`${unexplained.length} survivors without a reason`);
  process.exit(1);
}
