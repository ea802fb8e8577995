// @ts-check
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const HERE = fileURLToPath(new URL('..', import.meta.url));

/** @type {import('esbuild').BuildOptions} */
const AS_SHIPPED = { bundle: true, minify: true, format: 'esm', target: 'es2022', logLevel: 'warning' };

/**
 * The page's scripts as an application would ship them.
 *
 * @param {string[]} names
 * @returns {Promise<Map<string, string>>} by the path under which they are served
 */
export async function bundlePages(names) {
  const { outputFiles } = await build({
    ...AS_SHIPPED,
    entryPoints: names.map((name) => `${HERE}/page/${name}.ts`),
    outdir: HERE,
    splitting: true,
    write: false,
  });
  return new Map(outputFiles.map(({ path, text }) => [path.slice(HERE.length - 1), text]));
}

/**
 * The parts of its imports that an application's bundle contains.
 *
 * @param {string} source
 * @param {string[]} [external]
 * @returns {Promise<string>}
 */
export async function bundleSource(source, external = []) {
  const stdin = { contents: source, resolveDir: HERE };
  const { outputFiles } = await build({ ...AS_SHIPPED, stdin, external, write: false });
  return outputFiles[0].text;
}

/** @typedef {ReturnType<typeof weigh>} Weight */

/** @param {string | Buffer} content */
export const weigh = (content) => ({
  raw: Buffer.byteLength(content),
  gzip: gzipSync(content, { level: 9 }).length,
  brotli: brotliCompressSync(content).length,
});
