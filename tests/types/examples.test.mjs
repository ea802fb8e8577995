// @ts-check
// The documentation's examples compile unchanged, under strict settings.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { asModule, hookExamples, referenceExamples } from './examples.mjs';
import { STRICT, useConsumer } from './support.mjs';

const HOOKS = 18;
const OPTIONS = {
  ...STRICT,
  // React's own types do not pass every check.
  skipLibCheck: true,
  module: 'esnext',
  moduleResolution: 'bundler',
  jsx: 'react-jsx',
};

const { dir, complaints } = await useConsumer();
/** The exports of an entry of the package. @param {string} name */
const namesOf = async (name) =>
  Object.keys(await import(pathToFileURL(join(dir, `node_modules/workflow-db/${name}/index.js`)).href));
const exportsOf = {
  'workflow-db/react': await namesOf('react'),
  'workflow-db/offline': await namesOf('offline'),
  'react-dom/server': ['renderToString'],
};

/** Checks that these examples compile. @param {import('./examples.mjs').Example[]} examples */
async function compile(examples) {
  const files = examples.map(({ name }) => `examples/${name}.tsx`);
  for (const [index, example] of examples.entries())
    await writeFile(join(dir, files[index]), asModule(example, exportsOf));
  assert.equal(await complaints(['examples/prelude.d.ts', ...files], OPTIONS), '');
}

test('every hook has a complete example', async () => {
  const examples = await hookExamples();
  const shown = (/** @type {string} */ hook) => examples.some(({ code }) => code.includes(`${hook}(`));
  const hooks = exportsOf['workflow-db/react'].filter((name) => /^use[A-Z]/.test(name));
  assert.equal(hooks.length, HOOKS);
  assert.deepEqual(
    hooks.filter((hook) => !shown(hook)),
    [],
  );
  await compile(examples);
});

test('every function of the API reference has an example, and all of them compile', async () => {
  const entries = await referenceExamples();
  const without = entries.filter(({ examples }) => examples.length === 0).map(({ name }) => name);
  assert.deepEqual(without, []);
  assert.ok(entries.length > 90, `${entries.length} entries`);
  await compile(entries.flatMap(({ examples }) => examples));
});

test('the check finds an example that does not compile', async () => {
  const wrong = {
    name: 'wrong',
    code: 'export const name: number = useWorkflows(userId).workflows.length + "";',
  };
  await assert.rejects(compile([wrong]), /TS2322/);
});
