// @ts-check
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listen } from '../../support/listen.mjs';

const PAGE_SCRIPT = fileURLToPath(new URL('./page.js', import.meta.url));
const STACK_FOLDER = fileURLToPath(new URL('../../../examples/local-stack/', import.meta.url));
const TYPES = /** @type {Record<string, string>} */ ({
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.html': 'text/html; charset=utf-8',
});
/** @param {string} script */
const blankPage = (script) => `<!doctype html>
<meta charset="utf-8" />
<link rel="icon" href="data:," />
<script type="module" src="${script}"></script>
`;

/**
 * Serves a blank page that imports the package, on a separate origin. With `?sandboxed`, the page has an opaque origin, to
 * which every browser refuses storage and locks.
 *
 * @param {string} packageRoot
 * @param {Record<string, () => Promise<string>>} [pages] additional pages by path: the script of each
 */
export async function startSite(packageRoot, pages = {}) {
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://site');
    try {
      const [type, body] = await resource(pathname, packageRoot, pages);
      const sandbox = { 'Content-Security-Policy': 'sandbox allow-scripts' };
      response
        .writeHead(200, {
          'Content-Type': type,
          // Sandboxed pages import across origins.
          'Access-Control-Allow-Origin': '*',
          ...(searchParams.has('sandboxed') ? sandbox : {}),
        })
        .end(body);
    } catch (error) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end(String(error));
    }
  });
  return listen(server);
}

/**
 * @param {string} pathname
 * @param {string} packageRoot
 * @param {Record<string, () => Promise<string>>} pages
 * @returns {Promise<[type: string, body: string | Buffer]>}
 */
async function resource(pathname, packageRoot, pages) {
  if (pathname === '/') return [TYPES['.html'], blankPage('/page.js')];
  if (pages[pathname]) return [TYPES['.html'], blankPage(`${pathname}.js`)];
  const script = pages[pathname.replace(/\.js$/, '')];
  if (script) return [TYPES['.js'], await script()];
  if (pathname === '/supabase.js') return [TYPES['.js'], await supabaseBundle()];
  const file =
    pathname === '/page.js' ? PAGE_SCRIPT : join(packageRoot, normalize(pathname.replace('/pkg/', '/')));
  return [TYPES[extname(file)] ?? 'text/plain', await readFile(file)];
}

/** @type {Promise<string> | undefined} */
let bundled;

/** The official client, which the local stack's own tests use too. */
function supabaseBundle() {
  bundled ??= bundle();
  return bundled;
}

async function bundle() {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    stdin: { contents: "export { createClient } from '@supabase/supabase-js';", resolveDir: STACK_FOLDER },
    bundle: true,
    format: 'esm',
    write: false,
  });
  return outputFiles[0].text;
}
