// @ts-check
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { packPackage } from '../e2e/support/package.mjs';
import { run } from './support.mjs';

const BIN = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));
const { tarball, remove } = await packPackage();
after(remove);

test('publint reports no errors, warnings or suggestions', async () => {
  const { code, output } = await run(join(BIN, 'publint'), ['--strict', tarball], {});
  assert.equal(code, 0, output);
  assert.match(output, /All good/);
});

test('the types resolve like the code in every setting that can import ES modules', async () => {
  const args = [tarball, '--profile', 'esm-only', '--exclude-entrypoints', 'workflow_db.wasm', '--no-color'];
  const { code, output } = await run(join(BIN, 'attw'), args, {});
  assert.equal(code, 0, output);
  assert.match(output, /"workflow-db"/);
  assert.match(output, /"workflow-db\/devtools"/);
});
