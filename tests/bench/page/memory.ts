import { cacheKeys, createClient } from '../../../pkg/index.js';
import type { Env } from '../contestants/env.js';
import { hookWebAssembly } from './hook-webassembly.js';

const ROWS = 600;
const FOREIGN_KEYS = 5_000;
const BURST = 50;
/** The number of operations between two bursts of concurrent reads. After each burst the browser gets a turn. */
const BURST_EVERY = 1_000;

const hook = hookWebAssembly();
const userId = crypto.randomUUID();
const rows = Array.from({ length: ROWS }, (_, index) => ({
  id: crypto.randomUUID(),
  user_id: userId,
  name: `Workflow ${index}`,
  description: null,
  is_public: false,
  created_at: '2026-01-01T00:00:00',
  updated_at: '2026-01-01T00:00:00',
  archived_at: null,
}));
const text = new Map(rows.map((row) => [row.id, JSON.stringify(row)]));
const list = [...text.values()].slice(0, 20);

/** Responds to point reads and lists from memory. */
async function answer(url: string): Promise<Response> {
  const ids = /&id=(?:eq\.|in\.\()([^)&]*)/.exec(url)?.[1].split(',');
  const found = ids?.map((id) => text.get(id)) ?? list;
  const headers = {
    'content-type': 'application/json',
    'content-range': `0-${found.length - 1}/${found.length}`,
  };
  return new Response(`[${found.join(',')}]`, { headers });
}

const { db, cache } = createClient({ url: 'http://memory', key: 'key', fetch: answer });
const fresh = db.with({ fresh: true });

/** The kinds of operations, which take turns. */
const OPERATIONS: ((index: number) => unknown)[] = [
  (index) => db.getWorkflow(idAt(index)),
  (index) => db.getWorkflow(idAt(index)),
  () => db.getWorkflows(userId),
  (index) => cache.get(cacheKeys.workflow(idAt(index))),
  (index) => cache.set(`app:${index % FOREIGN_KEYS}`, { index }),
  (index) => db.getWorkflow(idAt(index)),
  (index) => cache.get(`app:${(index * 7) % FOREIGN_KEYS}`),
  (index) => fresh.getWorkflow(idAt(index)),
  (index) => cache.invalidate(`app:${(index * 3) % FOREIGN_KEYS}`),
  (index) => (index % 100 === 99 ? fresh.getWorkflows(userId) : db.getWorkflows(userId)),
];

/** Ids in an order without a pattern that would favor the cache. */
function idAt(index: number): string {
  return rows[(index * 7919) % ROWS].id;
}

let done = 0;

/** Runs `count` operations. Returns the size of linear memory afterwards, in bytes, and the number of requests. */
async function measure(_env: Env, count: number) {
  for (const end = done + count; done < end; done += 1) {
    await OPERATIONS[done % OPERATIONS.length](done);
    if (done % BURST_EVERY === 0) {
      await Promise.all(Array.from({ length: BURST }, (_, index) => fresh.getWorkflow(idAt(done + index))));
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  const { hits, misses, evictions } = cache.getStats();
  return { bytes: hook.memory?.buffer.byteLength ?? NaN, hits, misses, evictions };
}

Object.assign(globalThis, { measure });
