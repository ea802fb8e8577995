// Measures the package: raw, gzip and brotli.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/**
 * The maximum sizes in bytes after brotli. A commit that raises a limit states in its message what the bytes buy.
 *
 * They leave half a percent: rustc hashes the path of the crate into its symbols, which decide about the order of the code,
 * and so about what brotli finds. Checkouts in two folders differed by 400 bytes.
 */
const BUDGETS = { app: 170_500, wasm: 149_100, hooks: 179_500, offline: 257_200, offlineWasm: 71_500 };

/** @param {{ folder: string, offlineWasm: string }} made the assembled package, and the module of the offline entry */
export async function measure({ folder, offlineWasm }) {
  const [whole, withReact, withOffline] = await Promise.all(
    [['index.js'], ['react/index.js'], ['index.js', 'offline/index.js']].map((entries) =>
      bundled(folder, entries),
    ),
  );
  return [
    weigh('in an app (bundled, minified)', whole, BUDGETS.app),
    weigh('of that, WebAssembly, bare', readFileSync(join(folder, 'workflow_db.wasm')), BUDGETS.wasm),
    weigh('the same with the hooks', withReact, BUDGETS.hooks),
    weigh('in an app that works offline', withOffline, BUDGETS.offline),
    weigh('WebAssembly of the offline entry, bare', readFileSync(offlineWasm), BUDGETS.offlineWasm),
  ];
}

/** The bundle of an app that uses everything of these entries. */
async function bundled(folder, entries) {
  const { outputFiles } = await build({
    stdin: {
      contents: entries.map((entry) => `export * from './${entry}';`).join(''),
      resolveDir: folder,
    },
    bundle: true,
    external: ['react'],
    minify: true,
    format: 'esm',
    write: false,
  });
  return outputFiles[0].contents;
}

function weigh(what, bytes, budget) {
  const gzip = gzipSync(bytes, { level: 9 }).length;
  return { what, raw: bytes.length, gzip, brotli: brotliCompressSync(bytes).length, budget };
}

/**
 * Prints the sizes of the package.
 *
 * @param {{ folder: string, offlineWasm: string }} made the assembled package, and the module of the offline entry
 * @param {boolean} isFinal whether this is the release build, to which the budgets apply
 */
export async function printSizes(made, isFinal) {
  const sizes = await measure(made);
  console.log('\nSizes in bytes:');
  console.table(sizes);
  const over = sizes.filter(({ brotli, budget }) => brotli > budget);
  if (!isFinal || over.length === 0) return;
  const lines = over.map(({ what, brotli, budget }) => `${what}: ${brotli} bytes, budget ${budget}`);
  throw new Error(`The package is larger than its budget (scripts/sizes.mjs).\n${lines.join('\n')}`);
}
