// @ts-check
// Builds the documentation site into docs/site/dist: `make docs`.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from '../../scripts/install-packages.mjs';
import { PAGES } from './pages.mjs';

const SITE = new URL('./', import.meta.url);
const ROOT = new URL('../../', SITE);
const SOURCES = new URL('.pages/', SITE);
/** A link or an image, with what it says and where it leads. */
const LINK = /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)/g;
/** A marker for scripts, on a line of its own. */
const COMMENT = /^<!--.*-->\n+/gm;
const pageOf = new Map(PAGES.map(({ source, page }) => [source, page]));
pageOf.set('README.md', 'index.md');

/** A document without comments, and with its links as the site needs them. Those that lead to no page become plain text. @param {string} source */
function converted(source) {
  const text = readFileSync(new URL(source, ROOT), 'utf8');
  return text.replace(COMMENT, '').replace(LINK, (whole, mark, label, target) => {
    if (/^(https?:|#)/.test(target)) return whole;
    const [path, anchor] = target.split('#');
    const linked = posix.join(posix.dirname(source), path);
    if (mark) return `![${label}](./images/${posix.basename(linked)})`;
    const page = pageOf.get(linked);
    return page ? `[${label}](./${page}${anchor ? `#${anchor}` : ''})` : label;
  });
}

rmSync(SOURCES, { recursive: true, force: true });
mkdirSync(SOURCES, { recursive: true });
for (const { source, page } of PAGES) writeFileSync(new URL(page, SOURCES), converted(source));
cpSync(new URL('docs/images/', ROOT), new URL('images/', SOURCES), { recursive: true });

installPackages('docs/site');
const { build } = await import('vitepress');
await build(fileURLToPath(SITE));
