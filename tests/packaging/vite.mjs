// @ts-check
import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { launchBrowser } from '../e2e/support/browser.mjs';
import { until } from '../e2e/support/until.mjs';
import { readBlocks } from '../guide/support/blocks.mjs';
import { checkPage } from './page.mjs';
import { freePort, newProject, run, start, useStack } from './support.mjs';

const START_MS = 30_000;

/**
 * A new project with this version of Vite and its default config: dev server and build.
 *
 * @param {string} version
 */
export async function testVite(version) {
  const [consumed, dir, browser] = await Promise.all([
    useStack(),
    newProject('browser', { vite: version, react: '^19.0.0' }),
    launchBrowser(),
  ]);
  after(() => browser.close());
  const vite = join(dir, 'node_modules', '.bin', 'vite');

  /** @param {string[]} command */
  async function checkServed(command) {
    const port = await freePort();
    const args = [...command, '--host', '127.0.0.1', '--port', `${port}`, '--strictPort'];
    const server = start(vite, args, { cwd: dir });
    try {
      await until(() => server.output().includes(`${port}/`), START_MS).catch(() => {
        throw new Error(`vite ${command.join(' ')} did not start:\n${server.output()}`);
      });
      await checkPage(consumed, browser, `http://127.0.0.1:${port}`);
    } finally {
      await server.stop();
    }
  }

  test(`Vite ${version}, dev server, default config: reads, writes, and loads no .wasm`, () =>
    checkServed([]));

  test(`Vite ${version}, build and preview, default config: reads, writes, and emits no .wasm`, async () => {
    const built = await run(vite, ['build'], { cwd: dir });
    assert.equal(built.code, 0, built.output);
    const files = (await readdir(join(dir, 'dist'), { recursive: true })).map(String);
    assert.ok(files.includes('index.html'));
    assert.deepEqual(
      files.filter((name) => name.endsWith('.wasm')),
      [],
    );
    assert.equal(files.filter((name) => name.endsWith('.js')).length, 1, `${files}`);
    assert.doesNotMatch(built.output, /externalized for browser|Module ".*" has been|warning/i);
    await checkServed(['preview']);
  });

  test(`Vite ${version}, with the alias from MIGRATING.md: dev server, build and preview`, async () => {
    const config = (await readBlocks('MIGRATING.md')).find(({ name }) => name === 'vite');
    assert.ok(config);
    const main = await readFile(join(dir, 'main.js'), 'utf8');
    const viaAlias = main.replace("'workflow-db'", "'@/lib/db'");
    assert.notEqual(viaAlias, main);
    await mkdir(join(dir, 'src'));
    await writeFile(join(dir, 'src', 'other.js'), '');
    await writeFile(join(dir, 'vite.config.js'), config.code);
    await writeFile(join(dir, 'main.js'), `import '@/other.js';\n${viaAlias}`);
    await checkServed([]);
    const built = await run(vite, ['build'], { cwd: dir });
    assert.equal(built.code, 0, built.output);
    await checkServed(['preview']);
  });
}
