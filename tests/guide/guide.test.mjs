// @ts-check
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { test } from 'node:test';
import { readBlocks } from './support/blocks.mjs';
import { fileOf, newProject } from './support/project.mjs';
import { useGuide } from './support/world.mjs';
import { components } from './scenarios/components.mjs';
import { migrating } from './scenarios/migrating.mjs';
import { readme } from './scenarios/readme.mjs';
import { security, servers } from './scenarios/security.mjs';
import { snippets, start } from './scenarios/snippets.mjs';
import { topics } from './scenarios/topics.mjs';

/** @typedef {import('./support/blocks.mjs').Block} Block */
/** @typedef {(block: Block, guide: import('./support/world.mjs').Guide) => Promise<void>} Scenario */

/** Each document, and the scenario of each of its blocks, by the name on its fence. */
const DOCUMENTS = /** @type {Record<string, Record<string, Scenario>>} */ ({
  'DATABASE_INTEGRATION.md': { ...start, ...components, ...snippets, ...security, ...servers },
  'MIGRATING.md': migrating,
  'README.md': readme,
  ...topics,
});
/** Languages that are not run: shell commands. Blocks in all other languages need a name and a scenario. */
const NOT_RUN = ['sh'];
const COMPILED = ['ts', 'tsx', 'js'];

const files = Object.keys(DOCUMENTS);
const blocks = (await Promise.all(files.map(readBlocks))).flat();
const running = blocks.filter(({ language }) => !NOT_RUN.includes(language));
const compiled = running.filter(({ language }) => COMPILED.includes(language));
const project = await newProject(compiled);
const guide = await useGuide(project, blocks);
const ROOT = new URL('../../', import.meta.url);
const text = (/** @type {string} */ file) => readFile(new URL(file, ROOT), 'utf8');
const place = (/** @type {Block} */ { file, line }) => `${file}:${line}`;

test('every code block has a language, a unique name and a scenario, and every scenario a block', () => {
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

test('the numbers of README.md are those of docs/performance.md', async () => {
  const [readme, performance] = await Promise.all(['README.md', 'docs/performance.md'].map(text));
  const numbers = [...readme.matchAll(/[\d.,]*\d (?:ms|µs|kB)/g)].map(([number]) => number);
  assert.ok(numbers.length > 3);
  // The README rounds sizes; the table on the other page does not.
  const bytes = [...performance.matchAll(/\b\d{3},\d{3}\b/g)].map(
    ([number]) => `${(Number(number.replace(',', '')) / 1000).toFixed(1)} kB`,
  );
  assert.deepEqual(
    numbers.filter((number) => !performance.includes(number) && !bytes.includes(number)),
    [],
  );
});

test('the README says how many cases the fault matrix has', async () => {
  const [readme, matrix] = await Promise.all(['README.md', 'docs/fault-matrix.md'].map(text));
  const [, stated] = /\[(\d+) tested cases\]/.exec(readme) ?? [];
  const cells = matrix.slice(matrix.indexOf('\n## The first request'));
  assert.equal(Number(stated), [...cells.matchAll(/^\| (?!fault \|)[^|]+ \| [^|]+ \|$/gm)].length);
});

test('no link is broken', async () => {
  const pages = (await readdir(ROOT)).concat(
    (await readdir(new URL('docs/', ROOT))).map((name) => `docs/${name}`),
  );
  for (const file of [...pages, 'tests/README.md'].filter((name) => name.endsWith('.md'))) {
    for (const [, target] of (await text(file)).matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path, anchor] = target.split('#');
      const linked = path ? posix.join(posix.dirname(file), path) : file;
      assert.ok(existsSync(new URL(linked, ROOT)), `${file}: ${target}`);
      if (anchor === undefined) continue;
      const headings = [...(await text(linked)).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
        slugOf(heading),
      );
      assert.ok(headings.includes(anchor), `${file}: ${target}`);
    }
  }
});

/** The anchor of a heading, as code hosts generate it. @param {string} heading */
function slugOf(heading) {
  const words = heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '');
  return words.replaceAll(' ', '-');
}
