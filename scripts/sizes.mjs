// What the package weighs: raw, gzip and brotli.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const FILES = ['workflow_db.wasm', 'index.js'];

/** @param {string} folder the assembled package */
export function measure(folder) {
  return FILES.map((file) => {
    const bytes = readFileSync(join(folder, file));
    return {
      file,
      raw: bytes.length,
      gzip: gzipSync(bytes, { level: 9 }).length,
      brotli: brotliCompressSync(bytes).length,
    };
  });
}

/** @param {string} folder the assembled package */
export function printSizes(folder) {
  console.log(
    '\nSizes in bytes (index.js carries the WebAssembly inside; workflow_db.wasm is the same, bare):',
  );
  console.table(measure(folder));
}
