import type { Env } from '../contestants/env.js';
import { newOldLayer } from '../contestants/old-layer.js';
import { newTanstack } from '../contestants/tanstack.js';
import { newWorkflowDb } from '../contestants/workflow-db.js';

interface Reader {
  getWorkflows(userId: string): Promise<unknown>;
  getWorkflow(id: string): Promise<unknown>;
  getWorkflowWithRelations(id: string): Promise<unknown>;
}

const READERS: Record<string, (env: Env) => Reader> = {
  'workflow-db': (env) => newWorkflowDb(env).db,
  'old layer': newOldLayer,
  'TanStack Query': newTanstack,
};

/** The index of a workflow that no task requests. */
const WARM_UP_AT = 999;

const TASKS: Record<string, (reader: Reader, env: Env) => Promise<unknown[]>> = {
  /** Lets the browser compile the code of all tasks and open a connection. */
  warmUp: async (reader, { workflowIds }) => [await reader.getWorkflow(workflowIds[WARM_UP_AT])],
  points: (reader, { workflowIds }) =>
    Promise.all(workflowIds.slice(0, 200).map((id) => reader.getWorkflow(id))),
  equal: (reader, { userId }) => Promise.all(Array.from({ length: 50 }, () => reader.getWorkflows(userId))),
  relations: async (reader, { workflowIds }) => [await reader.getWorkflowWithRelations(workflowIds[0])],
};

/** Runs a task with a new client. Returns its duration in milliseconds. */
async function measure(env: Env, contestant: string, task: string): Promise<number> {
  const reader = READERS[contestant](env);
  const start = performance.now();
  const answers = await TASKS[task](reader, env);
  const took = performance.now() - start;
  if (!answers.every(Boolean)) throw new Error(`${contestant} left something of ${task} unanswered`);
  return took;
}

Object.assign(globalThis, { measure });
