// @ts-check
// Measures the package and its peers in one run and one browser, and writes the samples to build/bench.json.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cached } from './cases/cached.mjs';
import { concurrent } from './cases/concurrent.mjs';
import { fresh } from './cases/fresh.mjs';
import { memory } from './cases/memory.mjs';
import { offline } from './cases/offline.mjs';
import { size } from './cases/size.mjs';
import { start } from './cases/start.mjs';
import { openWorld } from './support/world.mjs';

const BUILD = fileURLToPath(new URL('../../build', import.meta.url));
/** @type {Record<string, (world: import('./support/world.mjs').World) => Promise<unknown>>} */
const CASES = { size, cached, fresh, concurrent, start, offline, memory };

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
const names = values.only ?? Object.keys(CASES);
const unknown = names.filter((name) => !(name in CASES));
if (unknown.length > 0) {
  console.error(`There is no case ${unknown.join(', ')}; there are ${Object.keys(CASES).join(', ')}.`);
  process.exit(2);
}

const world = await openWorld();
try {
  /** @type {Record<string, unknown>} */
  const results = {
    at: new Date().toISOString(),
    browser: world.browser.version(),
    processor: `${cpus().length} × ${cpus()[0].model}`,
    loadBefore: loadavg()[0],
  };
  console.log(`Chromium ${results.browser}, ${results.processor}, load ${loadavg()[0].toFixed(1)}`);
  for (const name of names) results[name] = await CASES[name](world);
  results.loadAfter = loadavg()[0];
  await mkdir(BUILD, { recursive: true });
  await writeFile(`${BUILD}/bench.json`, `${JSON.stringify(results, null, 2)}\n`);
  console.log('\nEvery sample is in build/bench.json.');
} finally {
  await world.close();
}
