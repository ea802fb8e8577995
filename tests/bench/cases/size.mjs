// @ts-check
import { readFile } from 'node:fs/promises';
import { bundleSource, weigh } from '../support/bundle.mjs';
import { printTable } from '../support/table.mjs';

const PACKAGE = new URL('../../../pkg/', import.meta.url);

/** The imports of an application that uses everything. */
const SOURCES = {
  'workflow-db': "export * from '../../pkg/index.js';",
  'supabase-js': "export { createClient } from '@supabase/supabase-js';",
  'postgrest-js + realtime-js':
    "export { PostgrestClient } from '@supabase/postgrest-js'; export { RealtimeClient } from '@supabase/realtime-js';",
  '@tanstack/react-query':
    "export { QueryClient, QueryClientProvider, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';",
};

export async function size() {
  /** @type {Record<string, import('../support/bundle.mjs').Weight>} */
  const sizes = {};
  for (const [name, source] of Object.entries(SOURCES)) {
    const bundle = await bundleSource(source, ['react', 'react/jsx-runtime']);
    sizes[name] = weigh(bundle);
    if (name !== 'workflow-db') continue;
    sizes['workflow-db, only its JavaScript'] = weigh(withoutModule(bundle));
    sizes['workflow-db, its bare .wasm'] = weigh(await readFile(new URL('workflow_db.wasm', PACKAGE)));
  }
  printTable(
    'Size as a bundler ships it (bytes)',
    Object.entries(sizes).map(([bundle, weight]) => ({ bundle, ...weight })),
  );
  return sizes;
}

/** A bundle without the text that contains the WebAssembly module, which is by far the longest. @param {string} bundle */
function withoutModule(bundle) {
  const texts = bundle.match(/(["'`])[^"'`\\$]{1000,}\1/g) ?? [];
  const longest = texts.toSorted((a, b) => b.length - a.length)[0];
  if (!(longest?.length > 10_000)) throw new Error('The bundle contains no WebAssembly module to remove.');
  return bundle.replace(longest, () => '""');
}
