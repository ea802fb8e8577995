// @ts-check
// Draws docs/images/bench.svg from build/bench.json, which `make bench` writes: `npm run plots`.
import { readFileSync, writeFileSync } from 'node:fs';
import { median, quantile } from './support/stats.mjs';

const ROOT = new URL('../../', import.meta.url);
const WIDTH = 720;
const LABEL_WIDTH = 190;
const VALUE_WIDTH = 90;
const ROW = 26;
const HEAD = 40;
/** For both color schemes: the page that shows the image cannot style it. */
const STYLE = `text { font: 13px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600 }
  .bar { fill: #9aa4b2 } .own { fill: #5b5bd6 } .spread { stroke: #1f2328; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .spread { stroke: #e6edf3 } .bar { fill: #6b7280 } .own { fill: #8b8bf5 } }`;

/** @typedef {{ name: string, samples: number[] }} Bar */
/** @typedef {{ title: string, unit: string, digits: number, bars: Bar[] }} Panel */

const results = JSON.parse(readFileSync(new URL('build/bench.json', ROOT), 'utf8'));
/** The measurements that the plot shows, with their labels. @type {Record<string, string>} */
const NAMES = {
  'workflow-db': 'workflow-db',
  'workflow-db, db.with({}) kept (through WebAssembly)': 'workflow-db, db.with()',
  'old layer': 'plain TypeScript layer',
  'TanStack, fetchQuery': 'TanStack, fetchQuery',
  'TanStack, getQueryData': 'TanStack, getQueryData',
  'TanStack Query': 'TanStack Query',
  'supabase-js': 'supabase-js',
  fetch: 'fetch',
  'fetch, count=exact': 'fetch with the exact count',
};
/** @param {Record<string, number[]>} samples @returns {Bar[]} */
const bars = (samples) =>
  Object.entries(samples)
    .filter(([name]) => name in NAMES)
    .map(([name, own]) => ({ name: NAMES[name], samples: own }));
const points = Object.entries(results.concurrent.points).map(([name, runs]) => ({
  name: NAMES[name],
  samples: /** @type {{ ms: number }[]} */ (runs).map(({ ms }) => ms),
}));

/** @type {Panel[]} */
const panels = [
  { title: 'A cached list, awaited', unit: 'µs', digits: 2, bars: bars(results.cached.one) },
  { title: '200 cached workflows in turn', unit: 'µs', digits: 2, bars: bars(results.cached.many) },
  { title: '1,000 rows from the server', unit: 'ms', digits: 1, bars: bars(results.fresh.samples) },
  { title: '200 concurrent getWorkflow(id)', unit: 'ms', digits: 0, bars: points },
  {
    title: "A hook's first row, of 1,000 entries on disk",
    unit: 'ms',
    digits: 0,
    bars: bars(results.offline.restore),
  },
];

const escaped = (/** @type {string} */ text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** A group of horizontal bars: the median, and a line from the 10th to the 90th percentile. @param {Panel} panel @param {number} top */
function drawn({ title, unit, digits, bars }, top) {
  const most = Math.max(...bars.map(({ samples }) => quantile(samples, 0.9)));
  const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / most;
  const rows = bars.map(({ name, samples }, index) => {
    const y = top + HEAD + index * ROW;
    const middle = median(samples);
    const [from, to] = [0.1, 0.9].map((part) => LABEL_WIDTH + quantile(samples, part) * scale);
    return `<text x="${LABEL_WIDTH - 8}" y="${y + 13}" text-anchor="end">${escaped(name)}</text>
<rect class="${name.startsWith('workflow-db') ? 'own' : 'bar'}" x="${LABEL_WIDTH}" y="${y}" width="${(middle * scale).toFixed(1)}" height="18" rx="2"/>
<path class="spread" d="M${from.toFixed(1)} ${y + 9}H${to.toFixed(1)}"/>
<text x="${(Math.max(to, LABEL_WIDTH + middle * scale) + 8).toFixed(1)}" y="${y + 13}">${middle.toFixed(digits)} ${unit}</text>`;
  });
  return `<text class="title" x="0" y="${top + 24}">${escaped(title)}</text>\n${rows.join('\n')}`;
}

const heightOf = (/** @type {Panel} */ { bars }) => HEAD + bars.length * ROW + 12;
let height = 0;
const groups = panels.map((panel) => {
  const group = drawn(panel, height);
  height += heightOf(panel);
  return group;
});
const alt = 'Medians of make bench; lines reach from the 10th to the 90th percentile';
writeFileSync(
  new URL('docs/images/bench.svg', ROOT),
  `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${alt}">
<style>${STYLE}</style>
${groups.join('\n')}
</svg>
`,
);
console.log(`docs/images/bench.svg, measured ${results.at} on ${results.processor}`);
