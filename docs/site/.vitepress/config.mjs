import { defineConfig } from 'vitepress';
import { SECTIONS } from '../pages.mjs';
import { slugOf } from '../slug.mjs';

const linkOf = (page) => `/${page.replace(/\.md$/, '').replace(/^index$/, '')}`;

/** Lets tables fit: on a phone, long names in them wrap. */
const STYLE = `
.vp-doc th, .vp-doc td { padding: 6px 10px; }
@media (max-width: 640px) { .vp-doc td code { overflow-wrap: anywhere; } }
`;

export default defineConfig({
  title: 'workflow-db',
  description: 'A data layer for React apps on Supabase',
  lang: 'en',
  srcDir: '.pages',
  outDir: 'dist',
  cacheDir: '.cache',
  head: [
    ['link', { rel: 'icon', href: 'data:,' }],
    ['style', {}, STYLE],
  ],
  // Without raw HTML: a type such as Promise<void> in a text stays one.
  markdown: { html: false, anchor: { slugify: slugOf } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: SECTIONS.map(({ text, pages }) => ({
      text,
      items: pages.map(({ page, title }) => ({ text: title, link: linkOf(page) })),
    })),
  },
});
