import { COUNTED, fetchWorkflows, UNSTORED } from '../contestants/bare-fetch.js';
import type { Env } from '../contestants/env.js';
import { listWorkflows, newSupabase } from '../contestants/supabase.js';
import { newWorkflowDb } from '../contestants/workflow-db.js';
import { interleaved } from './interleaved.js';

const ROUNDS = 60;
const WARM_UP = 5;

async function measure(env: Env) {
  const { userId, workflowIds } = env;
  const supabase = newSupabase(env);
  const { db } = newWorkflowDb(env);
  const readers: Record<string, () => Promise<object[]>> = {
    fetch: () => fetchWorkflows(env),
    'fetch, count=exact': () => fetchWorkflows(env, COUNTED),
    'fetch, no-store': () => fetchWorkflows(env, UNSTORED),
    'fetch, count=exact, no-store': () => fetchWorkflows(env, { ...COUNTED, ...UNSTORED }),
    'supabase-js': () => listWorkflows(supabase, userId),
    'supabase-js, new client': () => listWorkflows(newSupabase(env), userId),
    'workflow-db': () => db.with({ fresh: true }).getWorkflows(userId),
    'workflow-db, new client': () => newWorkflowDb(env).db.with({ fresh: true }).getWorkflows(userId),
  };
  for (const [name, read] of Object.entries(readers)) {
    const rows = await read();
    if (rows.length !== workflowIds.length) throw new Error(`${name} read ${rows.length} rows`);
  }
  return interleaved(readers, { rounds: ROUNDS, warmUp: WARM_UP });
}

Object.assign(globalThis, { measure });
