// @ts-check
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { unpackedPackage } from '../../e2e/support/package.mjs';
import { asModule } from './blocks.mjs';

/** @typedef {import('./blocks.mjs').Block} Block */

const run = promisify(execFile);
const at = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const MODULES = at('../../../node_modules/');
/** The options of a new project with `strict`. */
const COMPILER_OPTIONS = {
  strict: true,
  noEmit: true,
  jsx: 'react-jsx',
  target: 'es2022',
  lib: ['es2022', 'dom', 'dom.iterable'],
  module: 'esnext',
  moduleResolution: 'bundler',
  skipLibCheck: true,
  types: [],
};

/** A project with the packed package installed and each block as a file. @param {Block[]} blocks */
export async function newProject(blocks) {
  const [unpacked, dir] = await Promise.all([
    unpackedPackage(),
    mkdtemp(join(tmpdir(), 'workflow-db-guide-')),
  ]);
  after(() => Promise.all([unpacked.remove(), rm(dir, { recursive: true, force: true })]));
  await mkdir(join(dir, 'node_modules', '@types'), { recursive: true });
  for (const name of ['@types/react', '@types/react-dom', 'csstype', '@supabase'])
    await symlink(join(MODULES, name), join(dir, 'node_modules', name));
  await rename(unpacked.root, join(dir, 'node_modules', 'workflow-db'));
  await cp(at('./context.d.ts'), join(dir, 'context.d.ts'));
  for (const block of blocks) await writeFile(join(dir, fileOf(block)), asModule(block.code));
  return {
    dir,
    /** @param {Block} block */
    pathOf: (block) => join(dir, fileOf(block)),
    /**
     * The compiler's messages for some files, with additional options.
     *
     * @param {string[]} include
     * @param {object} [options]
     */
    async complaints(include, options = {}) {
      const name = `tsconfig.${crypto.randomUUID()}.json`;
      const compilerOptions = { ...COMPILER_OPTIONS, ...options };
      await writeFile(
        join(dir, name),
        JSON.stringify({ compilerOptions, include: [...include, 'context.d.ts'] }),
      );
      return run(process.execPath, [join(MODULES, 'typescript/bin/tsc'), '-p', name], { cwd: dir }).then(
        () => '',
        (error) => String(error.stdout || error),
      );
    },
  };
}

/** @param {Block} block */
export const fileOf = ({ file, name, language }) =>
  `${file.replace('.md', '').replaceAll('/', '-')}.${name}.${language}`;
