// Fuzzes everything that parses input from outside, one target at a time, and ends with a summary line. Rust targets
// are guided by coverage (tests/fuzz); the package's JavaScript is tested with properties (tests/properties).
//
// SECONDS=600 sets the time for all targets together; TARGET=frames runs only one. New inputs are kept in
// target/fuzz/corpus and tried first in the next run. `--merge` replaces tests/fuzz/corpus with the fewest inputs that
// reach the same code: one file per target, one base64 input per line.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);
const DIR = 'tests/fuzz';
const MAX_INPUT_BYTES = 4096;
const total_s = Number(process.env.SECONDS ?? 600);
const ofRust = readdirSync(at(DIR, 'targets'))
  .filter((file) => file.endsWith('.rs'))
  .map((file) => file.slice(0, -'.rs'.length));
const PROPERTIES = 'tests/properties';
const ofJavaScript = readdirSync(at(PROPERTIES))
  .filter((file) => file.endsWith('.test.mjs'))
  .map((file) => `${PROPERTIES}/${file}`);
const isMerge = process.argv.includes('--merge');
const known = isMerge ? ofRust : [...ofRust, ...ofJavaScript];
const targets = known.filter((target) => (process.env.TARGET ?? target) === target);
const seconds = Math.max(1, Math.round(total_s / targets.length));

/** The crate forbids `unsafe`, so it needs no sanitizer for memory errors. Without one, fuzzing is twice as fast. */
const fuzz = (command, target, ...args) =>
  spawnSync(
    'cargo',
    ['+nightly', 'fuzz', command, '--fuzz-dir', DIR, '--sanitizer', 'none', target, ...args],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      env: { ...process.env, CARGO_TARGET_DIR: at('target/fuzz') },
    },
  );

/** Adds the inputs from the repository to those found on this machine. */
function unpack(target) {
  const [packed, folder] = [at(DIR, 'corpus', `${target}.txt`), at('target/fuzz/corpus', target)];
  mkdirSync(folder, { recursive: true });
  if (!existsSync(packed)) return;
  for (const [index, line] of readFileSync(packed, 'utf8').trim().split('\n').entries())
    writeFileSync(join(folder, `kept-${index}`), Buffer.from(line, 'base64'));
}

function merge(target) {
  const folder = at('target/fuzz/merged', target);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const args = ['-set_cover_merge=1', `-max_len=${MAX_INPUT_BYTES}`];
  const { status, stderr } = fuzz('run', target, folder, `target/fuzz/corpus/${target}`, '--', ...args);
  const inputs = readdirSync(folder).map((file) => readFileSync(join(folder, file)).toString('base64'));
  mkdirSync(at(DIR, 'corpus'), { recursive: true });
  writeFileSync(at(DIR, 'corpus', `${target}.txt`), `${inputs.sort().join('\n')}\n`);
  return { target, executions: 0, coverage: 0, ok: status === 0 && inputs.length > 0, report: stderr };
}

function run(target) {
  unpack(target);
  if (isMerge) return merge(target);
  const { status, stderr } = fuzz(
    'run',
    target,
    `target/fuzz/corpus/${target}`,
    '--',
    `-max_total_time=${seconds}`,
    `-max_len=${MAX_INPUT_BYTES}`,
    '-print_final_stats=1',
  );
  const last = (pattern) => Number([...stderr.matchAll(pattern)].at(-1)?.[1] ?? 0);
  return {
    target,
    executions: last(/^stat::number_of_executed_units: (\d+)/gm),
    coverage: last(/ cov: (\d+)/g),
    ok: status === 0,
    report: stderr,
  };
}

/** Runs tests that try as many inputs as the time allows. The tests of a file run one after another. */
function runProperties(target) {
  const count = readFileSync(at(target), 'utf8').match(/^property\(/gm)?.length ?? 1;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', target], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PROPERTY_MS: String((seconds * 1000) / count) },
  });
  const inputs = [...stdout.matchAll(/^ℹ (\d+) inputs$/gm)].map(([, number]) => Number(number));
  const executions = inputs.reduce((sum, number) => sum + number, 0);
  return { target, executions, coverage: '-', ok: status === 0 && executions > 0, report: stdout + stderr };
}

const results = targets.map((target, index) => {
  console.log(`== ${index + 1}/${targets.length} ${target}`);
  const result = ofJavaScript.includes(target) ? runProperties(target) : run(target);
  if (!result.ok) console.log(result.report.slice(-4000));
  return result;
});
console.table(results.map(({ target, executions, coverage, ok }) => ({ target, executions, coverage, ok })));
const failed = results.filter(({ ok }) => !ok);
const executions = results.reduce((sum, result) => sum + result.executions, 0);
console.log(
  `${executions} executions, ${failed.length} findings${failed.map(({ target }) => ` ${target}`).join(',')}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
