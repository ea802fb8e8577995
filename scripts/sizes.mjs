// What the package weighs: raw, gzip and brotli.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** @param {string} folder the assembled package */
export async function measure(folder) {
  const bundled = await build({
    entryPoints: [join(folder, 'index.js')],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  return [
    weigh('in an app (bundled, minified)', bundled.outputFiles[0].contents),
    weigh('of that, WebAssembly, bare', readFileSync(join(folder, 'workflow_db.wasm'))),
  ];
}

function weigh(what, bytes) {
  const gzip = gzipSync(bytes, { level: 9 }).length;
  return { what, raw: bytes.length, gzip, brotli: brotliCompressSync(bytes).length };
}

/** @param {string} folder the assembled package */
export async function printSizes(folder) {
  console.log('\nSizes in bytes:');
  console.table(await measure(folder));
}
