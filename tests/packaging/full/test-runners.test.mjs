// @ts-check
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { newProject, run, useStack } from '../support.mjs';

const { access } = await useStack();
const env = { STACK: JSON.stringify(access) };

for (const [environment, version] of /** @type {const} */ ([
  ['jsdom', '^26.0.0'],
  ['happy-dom', '^20.0.0'],
])) {
  test(`Vitest with ${environment}`, async () => {
    const dir = await newProject('node', { vitest: '^3.2.0', [environment]: version });
    const vitest = join(dir, 'node_modules', '.bin', 'vitest');
    const { code, output } = await run(vitest, ['run', '--environment', environment], { cwd: dir, env });
    assert.equal(code, 0, output);
    assert.match(output, /2 passed/);
  });
}

test('Jest with jsdom works as ES modules; otherwise its error says what to do', async () => {
  const dir = await newProject('jest', { jest: '^30.0.0', 'jest-environment-jsdom': '^30.0.0' });
  const jest = (/** @type {string} */ file, /** @type {Record<string, string>} */ more) => {
    const args = [join(dir, 'node_modules', '.bin', 'jest'), '--testEnvironment=./environment.mjs', file];
    return run(process.execPath, args, { cwd: dir, env: { ...env, ...more } });
  };
  const works = await jest('db.spec.mjs', { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' });
  assert.equal(works.code, 0, works.output);
  assert.match(works.output, /2 passed/);
  const fails = await jest('require.spec.cjs', {});
  assert.match(fails.output, /Must use import to load ES Module/);
});
