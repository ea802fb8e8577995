// @ts-check
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { unpackedPackage } from '../e2e/support/package.mjs';

const run = promisify(execFile);
export const CONSUMER = fileURLToPath(new URL('./consumer', import.meta.url));
const MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url));
const TSC = join(MODULES, 'typescript/bin/tsc');
const INSTALLED = ['react', '@types/react', '@types/react-dom', 'csstype', '@supabase'];

const COMMON = { noEmit: true, target: 'es2022', lib: ['es2022', 'esnext.disposable', 'dom'], types: [] };
export const STRICT = {
  strict: true,
  noUnusedLocals: false,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
};

/** A project with the packed package and the consumer's files, deleted after the tests. */
export async function useConsumer() {
  const unpacked = await unpackedPackage();
  const dir = await mkdtemp(join(tmpdir(), 'workflow-db-types-'));
  after(() => Promise.all([unpacked.remove(), rm(dir, { recursive: true, force: true })]));
  await cp(CONSUMER, dir, { recursive: true });
  await mkdir(join(dir, 'node_modules', '@types'), { recursive: true });
  for (const name of INSTALLED) await symlink(join(MODULES, name), join(dir, 'node_modules', name));
  await rename(unpacked.root, join(dir, 'node_modules', 'workflow-db'));

  /**
   * The compiler's messages about some of the project's files.
   *
   * @param {string[]} include
   * @param {object} options
   */
  async function complaints(include, options) {
    const name = `tsconfig.${crypto.randomUUID()}.json`;
    await writeFile(join(dir, name), JSON.stringify({ compilerOptions: { ...COMMON, ...options }, include }));
    return run(process.execPath, [TSC, '-p', name], { cwd: dir }).then(
      () => '',
      (error) => String(error.stdout || error),
    );
  }

  return { dir, complaints };
}
