// @ts-check
import { createServer } from 'node:http';
import { listen } from '../../support/listen.mjs';

const HEADERS = {
  'Cache-Control': 'no-store',
  // The clock of a cross-origin isolated page has a resolution of 5 µs instead of 100.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/**
 * Serves scripts from an origin of its own, and for each `/name` a blank page that runs `/name.js`.
 *
 * @param {Map<string, string>} scripts by path
 */
export async function startSite(scripts) {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const script = scripts.get(path);
    const isScript = script !== undefined;
    const isPage = scripts.has(`${path}.js`);
    response.writeHead(isScript || isPage ? 200 : 404, {
      ...HEADERS,
      'Content-Type': isScript ? 'text/javascript' : 'text/html',
    });
    response.end(script ?? (isPage ? pageOf(path) : ''));
  });
  return listen(server);
}

/** @param {string} path */
const pageOf = (path) =>
  `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="${path}.js"></script>`;
