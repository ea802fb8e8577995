import { cacheKeys } from '../../../pkg/index.js';
import type { Env } from '../contestants/env.js';
import { newOldLayer } from '../contestants/old-layer.js';
import { newTanstack } from '../contestants/tanstack.js';
import { newWorkflowDb } from '../contestants/workflow-db.js';
import { interleaved, type Samples } from './interleaved.js';

const HITS = 20_000;
const BATCHES = 15;
const WARM_UP = 3;
const KEYS = 200;

type Loop = () => Promise<void>;

/** Each candidate has its own loop, so that the JavaScript engine can optimize each for its callee. */
async function measure(env: Env): Promise<Record<'one' | 'many', Samples>> {
  const { userId } = env;
  const ids = env.workflowIds.slice(0, KEYS);
  const { db, cache } = newWorkflowDb(env);
  const withOptions = db.with({});
  const oldLayer = newOldLayer(env);
  const tanstack = newTanstack(env);
  const { queryClient } = tanstack;
  for (const reader of [db, oldLayer, tanstack]) {
    await reader.getWorkflows(userId);
    await Promise.all(ids.map((id) => reader.getWorkflow(id)));
  }

  const one: Record<string, Loop> = {
    'workflow-db': async () => {
      for (let i = 0; i < HITS; i += 1) await db.getWorkflows(userId);
    },
    'workflow-db, getCacheManager().get': async () => {
      for (let i = 0; i < HITS; i += 1) await cache.get(cacheKeys.workflows(userId));
    },
    'workflow-db, db.with({}) kept (through WebAssembly)': async () => {
      for (let i = 0; i < HITS; i += 1) await withOptions.getWorkflows(userId);
    },
    'workflow-db, a new db.with({}) each time': async () => {
      for (let i = 0; i < HITS; i += 1) await db.with({}).getWorkflows(userId);
    },
    'old layer': async () => {
      for (let i = 0; i < HITS; i += 1) await oldLayer.getWorkflows(userId);
    },
    'TanStack, fetchQuery': async () => {
      for (let i = 0; i < HITS; i += 1) await tanstack.getWorkflows(userId);
    },
    'TanStack, getQueryData': async () => {
      for (let i = 0; i < HITS; i += 1) await queryClient.getQueryData(['workflows', userId]);
    },
    'await of a settled promise, alone': async () => {
      const settled = Promise.resolve();
      for (let i = 0; i < HITS; i += 1) await settled;
    },
  };
  const many: Record<string, Loop> = {
    'workflow-db': async () => {
      for (let i = 0; i < HITS; i += 1) await db.getWorkflow(ids[i % KEYS]);
    },
    'workflow-db, getCacheManager().get': async () => {
      for (let i = 0; i < HITS; i += 1) await cache.get(cacheKeys.workflow(ids[i % KEYS]));
    },
    'old layer': async () => {
      for (let i = 0; i < HITS; i += 1) await oldLayer.getWorkflow(ids[i % KEYS]);
    },
    'TanStack, fetchQuery': async () => {
      for (let i = 0; i < HITS; i += 1) await tanstack.getWorkflow(ids[i % KEYS]);
    },
    'TanStack, getQueryData': async () => {
      for (let i = 0; i < HITS; i += 1) await queryClient.getQueryData(['workflow', ids[i % KEYS]]);
    },
  };
  const options = { rounds: BATCHES, warmUp: WARM_UP, divisor: HITS / 1000 };
  return { one: await interleaved(one, options), many: await interleaved(many, options) };
}

Object.assign(globalThis, { measure });
