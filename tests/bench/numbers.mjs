// @ts-check
// Puts the numbers of build/bench.json, if there is one, and the package's sizes into README.md and docs/performance.md, and
// keeps them in docs/images/bench.json: `npm run numbers`. With --check it compares the documents with that file, and the
// sizes with pkg/.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { measure } from '../../scripts/sizes.mjs';
import { median } from './support/stats.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NUMBERS = `${ROOT}docs/images/bench.json`;
const isCheck = process.argv.includes('--check');

/** Medians, and what else the documents quote. @param {any} results */
function summaryOf({ at, loadBefore, loadAfter, cached, fresh, concurrent, start, offline, memory }) {
  const medians = (/** @type {Record<string, number[]>} */ samples) =>
    Object.fromEntries(Object.entries(samples).map(([name, own]) => [name, median(own)]));
  const runs = (/** @type {Record<string, { ms: number, requests: number }[]>} */ samples) =>
    Object.fromEntries(
      Object.entries(samples).map(([name, own]) => [
        name,
        { ms: median(own.map(({ ms }) => ms)), requests: own[0].requests },
      ]),
    );
  return {
    at,
    load: [loadBefore, loadAfter],
    cachedList: medians(cached.one),
    cachedWorkflows: medians(cached.many),
    fresh: medians(fresh.samples),
    points: runs(concurrent.points),
    equal: runs(concurrent.equal),
    relations: runs(concurrent.relations),
    startMs: median(start.map((/** @type {{ total: number }} */ { total }) => total)),
    restore: medians(offline.restore),
    persist: medians(offline.persist),
    memoryBytes: memory.at(-1).bytes,
  };
}

/** @typedef {ReturnType<typeof summaryOf> & { sizes: { raw: number, gzip: number, brotli: number }[] }} Numbers */

const grouped = (/** @type {number} */ value) => Math.round(value).toLocaleString('en-US');
const kB = (/** @type {number} */ bytes) => (bytes / 1000).toFixed(1);

/** @param {Numbers} numbers */
function speedTable({ cachedList, cachedWorkflows, fresh, points, equal, relations, startMs, restore }) {
  const PEERS = ['workflow-db', 'old layer', 'TanStack Query'];
  const us = (/** @type {number} */ value) => `${value.toFixed(2)} µs`;
  const ms = (/** @type {number} */ value) => `${value.toFixed(1)} ms`;
  const requests = (/** @type {number} */ count) => `${count} ${count === 1 ? 'request' : 'requests'}`;
  const cached = (/** @type {Record<string, number>} */ medians) =>
    ['workflow-db', 'old layer', 'TanStack, fetchQuery'].map((name) => us(medians[name]));
  const rows = [
    ['cached list, awaited', ...cached(cachedList), '', ''],
    ['200 cached workflows in turn', ...cached(cachedWorkflows), '', ''],
    [
      '1,000 rows from the server, with their exact number',
      ms(fresh['workflow-db']),
      '',
      '',
      `${ms(fresh['supabase-js'])}, without the number`,
      ms(fresh['fetch, count=exact']),
    ],
    [
      '200 concurrent `getWorkflow(id)`',
      ...PEERS.map((name) => `${grouped(points[name].ms)} ms, ${requests(points[name].requests)}`),
      '',
      '',
    ],
    ['50 equal lists at once', ...PEERS.map((name) => requests(equal[name].requests)), '', ''],
    ['a workflow with its relations', ...PEERS.map((name) => requests(relations[name].requests)), '', ''],
    ['first start', `${grouped(startMs)} ms`, '', '', '', ''],
    [
      "a hook's first row, of 1,000 entries on disk",
      ms(restore['workflow-db']),
      '',
      ms(restore['TanStack Query']),
      '',
      '',
    ],
  ];
  return [
    '| | workflow-db | plain TypeScript layer | TanStack Query | supabase-js | `fetch` |',
    '|---|---|---|---|---|---|',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`.replace(/ {2,}/g, ' ')),
  ].join('\n');
}

/** @param {Numbers} numbers */
function sizeTable({ sizes }) {
  const names = [
    'in an app, bundled and minified',
    'of that, WebAssembly',
    'in an app with the hooks, without React',
    'in an app with `workflow-db/offline`, without the hooks',
    'of that, the WebAssembly of the offline entry',
  ];
  return [
    '| bytes | raw | gzip | brotli |',
    '|---|---|---|---|',
    ...sizes.map(
      ({ raw, gzip, brotli }, index) =>
        `| ${names[index]} | ${grouped(raw)} | ${grouped(gzip)} | ${grouped(brotli)} |`,
    ),
  ].join('\n');
}

/** What stands where. Each pattern matches one place of a document. @param {Numbers} numbers @returns {[string, RegExp, string][]} */
function places(numbers) {
  const { load, cachedList, points, memoryBytes, persist, sizes } = numbers;
  return [
    ['README.md', /(?<=take 1 request and )[\d,]+(?= ms)/, grouped(points['workflow-db'].ms)],
    ['README.md', /(?<=takes 200 requests and )[\d,]+(?= ms)/, grouped(points['old layer'].ms)],
    ['README.md', /(?<=A cached read takes )[\d.]+(?= µs)/, cachedList['workflow-db'].toFixed(2)],
    ['README.md', /(?<=\| size, brotli \| \*\*)[\d.]+(?= kB)/, kB(sizes[2].brotli)],
    ['docs/performance.md', /(?<=load average was )[\d.]+(?= before)/, load[0].toFixed(1)],
    ['docs/performance.md', /(?<=before the run and )[\d.]+(?= after it)/, load[1].toFixed(1)],
    ['docs/performance.md', /(?<=<!-- speed -->\n\n)[^]*?(?=\n\n<!-- \/speed -->)/, speedTable(numbers)],
    [
      'docs/performance.md',
      /(?<=A fresh read of 1,000 rows takes )[\d.]+(?= ms)/,
      persist['workflow-db'].toFixed(1),
    ],
    ['docs/performance.md', /[\d.]+(?= ms with `offline`)/, persist['workflow-db, offline'].toFixed(1)],
    ['docs/performance.md', /(?<=<!-- sizes -->\n\n)[^]*?(?=\n\n<!-- \/sizes -->)/, sizeTable(numbers)],
    [
      'docs/performance.md',
      /(?<=leave WebAssembly's memory at )[\d.]+(?= MB)/,
      (memoryBytes / 2 ** 20).toFixed(1),
    ],
  ];
}

const isFinal = existsSync(`${ROOT}pkg`) && !existsSync(`${ROOT}build/is-quick`);
const before = existsSync(NUMBERS) ? JSON.parse(readFileSync(NUMBERS, 'utf8')) : undefined;
const measured = isFinal
  ? (await measure({ folder: `${ROOT}pkg`, offlineWasm: `${ROOT}build/offline.wasm` })).map(
      ({ raw, gzip, brotli }) => ({ raw, gzip, brotli }),
    )
  : before.sizes;
/** The compilers of another machine may make a few bytes of difference. */
const isClose = (/** @type {number} */ one, /** @type {number} */ other) => Math.abs(one / other - 1) < 0.005;
const isAsBefore = before?.sizes.every(
  (/** @type {{ brotli: number }} */ { brotli }, /** @type {number} */ index) =>
    isClose(brotli, measured[index].brotli),
);
const sizes = isCheck && isAsBefore ? before.sizes : measured;
const isMeasured = !isCheck && existsSync(`${ROOT}build/bench.json`);
/** @type {Numbers} */
const numbers = {
  ...(isMeasured ? summaryOf(JSON.parse(readFileSync(`${ROOT}build/bench.json`, 'utf8'))) : before),
  sizes,
};
if (!isCheck) {
  const options = await resolveConfig(NUMBERS);
  writeFileSync(NUMBERS, await format(JSON.stringify(numbers), { ...options, parser: 'json' }));
}

let outdated = 0;
for (const [file, pattern, value] of places(numbers)) {
  const text = readFileSync(`${ROOT}${file}`, 'utf8');
  const found = pattern.exec(text)?.[0];
  if (found === undefined) throw new Error(`${file} has no place for ${pattern}`);
  if (found === value) continue;
  outdated += 1;
  if (isCheck) console.error(`${file} says\n${found}\ninstead of\n${value}`);
  else
    writeFileSync(
      `${ROOT}${file}`,
      text.replace(pattern, () => value),
    );
}
console.log(
  isCheck ? `${outdated} numbers to update: run \`npm run numbers\`` : `${outdated} numbers updated`,
);
process.exitCode = isCheck && outdated > 0 ? 1 : 0;
