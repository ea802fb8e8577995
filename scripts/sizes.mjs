// What the package weighs: raw, gzip and brotli.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** @param {string} folder the assembled package */
export async function measure(folder) {
  const [whole, withReact] = await Promise.all(
    ['index.js', 'react/index.js'].map((entry) => bundled(join(folder, entry))),
  );
  return [
    weigh('in an app (bundled, minified)', whole),
    weigh('of that, WebAssembly, bare', readFileSync(join(folder, 'workflow_db.wasm'))),
    weigh('the same with the hooks', withReact),
  ];
}

async function bundled(entry) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    external: ['react'],
    minify: true,
    format: 'esm',
    write: false,
  });
  return outputFiles[0].contents;
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
