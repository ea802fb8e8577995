// @ts-check
import assert from 'node:assert/strict';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newProject, run } from '../support.mjs';

const CONSUMER = fileURLToPath(new URL('../../types/consumer/node', import.meta.url));
const COMMON = { target: 'es2022', lib: ['es2022'], strict: true, noEmit: true, types: ['node'] };

for (const version of ['20', '24']) {
  const dir = await newProject('types', { typescript: '~5.9.0', '@types/node': `^${version}.0.0` });
  await cp(CONSUMER, join(dir, 'src'), { recursive: true });

  /** The compiler's messages. @param {string} resolution @param {string} module @param {string[]} files */
  async function compile(resolution, module, files) {
    const options = { ...COMMON, module, moduleResolution: resolution };
    await writeFile(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }));
    return run(join(dir, 'node_modules', '.bin', 'tsc'), [], { cwd: dir });
  }

  for (const [resolution, module] of /** @type {const} */ ([
    ['bundler', 'es2022'],
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
  ])) {
    test(`with @types/node ${version} and without the DOM library, the types compile: ${resolution}`, async () => {
      const { code, output } = await compile(resolution, module, ['src/server.ts', 'src/browser-parts.ts']);
      assert.equal(output, '');
      assert.equal(code, 0);
    });
  }

  test(`with @types/node ${version}, CommonJS without support for ES modules gets an error with instructions`, async () => {
    await writeFile(join(dir, 'common.cts'), "import { createClient } from 'workflow-db';\ncreateClient;\n");
    const { output } = await compile('node16', 'node16', ['common.cts']);
    assert.match(output, /TS1479[^]*dynamic 'import\(/);
  });
}
