import { COUNTED, fetchWorkflows, UNSTORED } from '../contestants/bare-fetch.js';
import type { Env } from '../contestants/env.js';
import { listWorkflows, newSupabase } from '../contestants/supabase.js';
import { newWorkflowDb } from '../contestants/workflow-db.js';
import { interleaved } from './interleaved.js';

const ROUNDS = 60;
const WARM_UP = 5;

let readers: Record<string, () => Promise<object[]>>;

function newReaders(env: Env): typeof readers {
  const { userId } = env;
  const supabase = newSupabase(env);
  const { db } = newWorkflowDb(env);
  return {
    fetch: () => fetchWorkflows(env),
    'fetch, count=exact': () => fetchWorkflows(env, COUNTED),
    'fetch, no-store': () => fetchWorkflows(env, UNSTORED),
    'fetch, count=exact, no-store': () => fetchWorkflows(env, { ...COUNTED, ...UNSTORED }),
    'supabase-js': () => listWorkflows(supabase, userId),
    'supabase-js, new client': () => listWorkflows(newSupabase(env), userId),
    'workflow-db': () => db.with({ fresh: true }).getWorkflows(userId),
    'workflow-db, new client': () => newWorkflowDb(env).db.with({ fresh: true }).getWorkflows(userId),
  };
}

/** Measures all readers, or runs the named one once. */
async function measure(env: Env, only?: string) {
  readers ??= newReaders(env);
  if (only === undefined) return interleaved(readers, { rounds: ROUNDS, warmUp: WARM_UP });
  const rows = await readers[only]();
  if (rows.length !== env.workflowIds.length) throw new Error(`${only} read ${rows.length} rows`);
}

Object.assign(globalThis, { measure });
