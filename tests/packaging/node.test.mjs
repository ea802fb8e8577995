// @ts-check
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { newProject, run, useStack } from './support.mjs';

/** Far below the five minutes for which an entry is cached, and far above what a busy machine needs. */
const AT_ONCE_MS = 8_000;

const [{ stack, access }, dir] = await Promise.all([useStack(), newProject('node', { vitest: '^3.2.0' })]);
const options = { cwd: dir, env: { STACK: JSON.stringify(access) } };

test('importing in Node has no side effects: no globals, no handles, and the process ends at once', async () => {
  const { code, output, durationMs } = await run(process.execPath, ['import-only.mjs'], options);
  assert.equal(code, 0, output);
  const { added, handles } = JSON.parse(output);
  assert.deepEqual(added, []);
  assert.deepEqual(
    handles.filter((/** @type {string} */ name) => !/^(Pipe|TTY|FS|Close)/.test(name)),
    [],
  );
  assert.ok(durationMs < AT_ONCE_MS, `${durationMs} ms`);
});

test('reads and writes work in Node, and cached entries do not keep the process alive', async () => {
  const { code, output, durationMs } = await run(process.execPath, ['read-and-write.mjs'], options);
  assert.equal(code, 0, output);
  const { made, same, count, entries } = JSON.parse(output);
  const [{ row }] = await stack.sql('select to_jsonb(w) as row from public.workflows w where id = $1', [
    made.id,
  ]);
  assert.deepEqual([made, same], [row, row]);
  assert.ok(count >= 1 && entries >= 1);
  assert.ok(durationMs < AT_ONCE_MS, `${durationMs} ms`);
});

test('Vitest, node environment, default config', async () => {
  const { code, output } = await run(join(dir, 'node_modules', '.bin', 'vitest'), ['run'], options);
  assert.equal(code, 0, output);
  assert.match(output, /2 passed/);
});
