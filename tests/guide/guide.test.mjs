// @ts-check
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { readBlocks } from './support/blocks.mjs';
import { fileOf, newProject } from './support/project.mjs';
import { useGuide } from './support/world.mjs';
import { components } from './scenarios/components.mjs';
import { migrating } from './scenarios/migrating.mjs';
import { security, servers } from './scenarios/security.mjs';
import { snippets, start } from './scenarios/snippets.mjs';

/** @typedef {import('./support/blocks.mjs').Block} Block */
/** @typedef {(block: Block, guide: import('./support/world.mjs').Guide) => Promise<void>} Scenario */

/** Each document, and what is done with each of its blocks, by the name on its fence. */
const DOCUMENTS = /** @type {Record<string, Record<string, Scenario>>} */ ({
  'DATABASE_INTEGRATION.md': { ...start, ...components, ...snippets, ...security, ...servers },
  'MIGRATING.md': migrating,
});
/** Not run: commands for a shell. Every other language needs a name, and a scenario of that name. */
const NOT_RUN = ['sh'];
const COMPILED = ['ts', 'tsx', 'js'];

const files = Object.keys(DOCUMENTS);
const blocks = (await Promise.all(files.map(readBlocks))).flat();
const running = blocks.filter(({ language }) => !NOT_RUN.includes(language));
const compiled = running.filter(({ language }) => COMPILED.includes(language));
const project = await newProject(compiled);
const guide = await useGuide(project, blocks);
const text = (/** @type {string} */ file) => readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
const place = (/** @type {Block} */ { file, line }) => `${file}:${line}`;

test('every code block has a language, a name of its own and a scenario, and every scenario a block', () => {
  for (const file of files) {
    const own = running.filter((block) => block.file === file);
    const nameless = own.filter(({ language, name }) => !language || !name);
    assert.deepEqual(nameless.map(place), [], 'blocks whose fence says no language and name');
    assert.deepEqual(own.map(({ name }) => name).sort(), Object.keys(DOCUMENTS[file]).sort());
  }
});

test('every example compiles under strict', async () => {
  const { paths } = JSON.parse(guide.blockOf('tsconfig').code).compilerOptions;
  const options = { allowJs: true, checkJs: true, paths };
  assert.equal(await project.complaints(compiled.map(fileOf), options), '');
});

for (const block of running) {
  test(`${block.file}: ${block.name}`, async () => {
    const scenario = DOCUMENTS[block.file][block.name];
    assert.ok(scenario, `${place(block)} is not run: it has no scenario`);
    await scenario(block, guide);
  });
}

test('how quick it is said to be is what README.md says', async () => {
  const [guideText, readme] = await Promise.all(['DATABASE_INTEGRATION.md', 'README.md'].map(text));
  const section = /^## Performance$([^]*?)^## /m.exec(guideText)?.[1] ?? '';
  const numbers = [...section.matchAll(/[\d. ]*\d (?:ms|µs)/g)].map(([number]) => number.trim());
  assert.ok(numbers.length > 3);
  assert.deepEqual(
    numbers.filter((number) => !readme.includes(number)),
    [],
  );
});

test('links lead somewhere', async () => {
  for (const file of files) {
    for (const [, target] of (await text(file)).matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path, anchor] = target.split('#');
      const headings = [...(await text(path || file)).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading);
      const anchors = headings.map((heading) =>
        heading
          .toLowerCase()
          .replace(/[^\p{L}\p{N} _-]/gu, '')
          .replaceAll(' ', '-'),
      );
      assert.ok(anchor === undefined || anchors.includes(anchor), `${file}: ${target}`);
    }
  }
});
