// @ts-check
import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import { until } from '../../e2e/support/until.mjs';
import { checkExercise } from '../exercise.mjs';
import { freePort, newProject, run, start, useStack } from '../support.mjs';

const RUN_MS = 60_000;
const NODE = `node-${process.platform}-${process.arch}`;

const [consumed, dir] = await Promise.all([
  useStack(),
  newProject('runtimes', {
    node20: `npm:${NODE}@^20.19.0`,
    node24: `npm:${NODE}@^24.0.0`,
    deno: '^2.0.0',
    bun: '^1.2.0',
    workerd: '^1.20250601.0',
  }),
]);
const access = JSON.stringify(consumed.access);
const options = { cwd: dir, timeout: RUN_MS };
const installed = (/** @type {string[]} */ ...path) => join(dir, 'node_modules', ...path);

/** @param {string} program @param {string[]} args */
async function checkRun(program, args) {
  const { code, output } = await run(program, [...args, access], options);
  assert.equal(code, 0, output);
  await checkExercise(consumed, output);
}

for (const version of ['20', '24']) {
  const node = installed(`node${version}`, 'bin', 'node');

  test(`Node ${version}`, () => checkRun(node, ['run.mjs']));

  test(`Node ${version}, with frozen intrinsics`, () =>
    checkRun(node, ['--no-warnings', '--frozen-intrinsics', 'run.mjs']));

  test(`Node ${version}: require() works, or its error says what to do`, async () => {
    const print = ['--print', "typeof require('workflow-db').createClient"];
    const works = await run(node, ['--no-warnings', ...print], options);
    assert.equal(works.output, 'function\n');
    const fails = await run(node, ['--no-experimental-require-module', ...print], options);
    assert.match(fails.output, /ERR_REQUIRE_ESM[^]*import\(\)/);
  });
}

test('Deno, with no permission except to reach the server', () =>
  checkRun(installed('.bin', 'deno'), ['run', '--no-prompt', '--allow-net=127.0.0.1', 'run.mjs']));

test('Bun', async () => {
  // The install script of Bun's package, which puts the binary in place.
  const { code, output } = await run(process.execPath, ['install.js'], { cwd: installed('bun') });
  assert.equal(code, 0, output);
  await checkRun(installed('.bin', 'bun'), ['run.mjs']);
});

/** The oldest has neither weak references nor `cache` in requests; both exist since 2025. */
for (const date of ['2023-06-01', '2024-06-01', '2025-06-01']) {
  test(`Cloudflare's workerd, compatibility date ${date}`, async () => {
    const [service, origin] = await startWorker(date);
    const post = async (/** @type {string} */ path) =>
      (await fetch(origin + path, { method: 'POST', body: access })).text();
    try {
      await until(() => post('/without-module').catch(() => ''), RUN_MS);
      for (const message of JSON.parse(await post('/without-module'))) {
        assert.match(message, /await ready\(module\)/);
        assert.match(message, /workflow-db\/workflow_db\.wasm/);
      }
      const answers = await Promise.all([1, 2, 3, 4].map(() => post('/')));
      for (const answer of answers) await checkExercise(consumed, answer);
    } finally {
      await service.stop();
    }
  });
}

/** Starts the worker, bundled in the way that wrangler bundles it. @param {string} date */
async function startWorker(date) {
  await build({
    entryPoints: [join(dir, 'worker.mjs')],
    outfile: join(dir, 'worker.js'),
    bundle: true,
    format: 'esm',
    external: ['*.wasm'],
  });
  const config = await readFile(join(dir, 'workerd.capnp'), 'utf8');
  await writeFile(join(dir, 'config.capnp'), config.replace('COMPATIBILITY_DATE', date));
  const [platform] = await readdir(installed('@cloudflare'));
  const port = await freePort();
  const binary = installed('@cloudflare', String(platform), 'bin', 'workerd');
  const service = start(binary, ['serve', 'config.capnp', `--socket-addr=http=127.0.0.1:${port}`], options);
  return /** @type {const} */ ([service, `http://127.0.0.1:${port}`]);
}
