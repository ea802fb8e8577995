import { dehydrate, hydrate, QueryClient, type DehydratedState } from '@tanstack/query-core';
import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { openDB } from 'idb';
import { createElement, useEffect, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { configure, createClient, db } from '../../../pkg/index.js';
import { offline } from '../../../pkg/offline/index.js';
import { useWorkflow } from '../../../pkg/react/index.js';
import type { Env } from '../contestants/env.js';
import { newWorkflowDb } from '../contestants/workflow-db.js';
import { interleaved } from './interleaved.js';

/** Fresh reads of all rows in a row; the persisted entries are written between them. */
const READS = 20;
const ROUNDS = 12;
const WARM_UP = 2;
const TANSTACK = 'tanstack';

const configureOffline = ({ url, key, token }: Env) =>
  configure({ url, key, accessToken: () => token, cache: { maxSize: MAX_SIZE }, offline: offline() });

/** More entries than the cache keeps by default: what it evicts leaves the disk, too. */
const MAX_SIZE = 2000;

/** What a page of the last visit left behind: an entry for each workflow, of both contestants. */
async function leave(env: Env): Promise<number> {
  configureOffline(env);
  const rows = await Promise.all(env.workflowIds.map((id) => db.getWorkflow(id)));
  // What the hook below reads.
  await db.getWorkflowWithRelations(env.workflowIds.at(-1)!);
  const queryClient = new QueryClient();
  rows.forEach((row, index) => queryClient.setQueryData(['workflow', env.workflowIds[index]], row));
  const database = await openDB(TANSTACK, 1, { upgrade: (made) => void made.createObjectStore('state') });
  await database.put('state', dehydrate(queryClient), 'state');
  let stored = 0;
  while (stored <= rows.length) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const own = await openDB('workflow-db');
    stored = await own.count('rows');
    own.close();
  }
  return stored;
}

/** Milliseconds until a component that reads this workflow has rendered it. */
function timeToRow(read: () => { name: string } | null | undefined, wrap = (child: ReactNode) => child) {
  return new Promise<number>((resolve) => {
    const Name = () => {
      const name = read()?.name;
      useEffect(() => {
        if (name !== undefined) resolve(performance.now());
      }, [name]);
      return name;
    };
    createRoot(document.body.appendChild(document.createElement('div'))).render(wrap(createElement(Name)));
  });
}

/** Milliseconds from the start of the client to the first row of the last visit. */
const restores: Record<string, (env: Env) => Promise<number>> = {
  async 'workflow-db'(env) {
    const start = performance.now();
    configureOffline(env);
    return (await timeToRow(() => useWorkflow(env.workflowIds.at(-1)!).workflow)) - start;
  },
  async 'TanStack Query'({ workflowIds }) {
    const start = performance.now();
    const client = new QueryClient();
    // What its persistQueryClient does with a persister in IndexedDB.
    const database = await openDB(TANSTACK, 1);
    hydrate(client, (await database.get('state', 'state')) as DehydratedState);
    const queryKey = ['workflow', workflowIds.at(-1)!];
    const queryFn = () => new Promise<{ name: string }>(() => {});
    const read = () => useQuery({ queryKey, queryFn }).data;
    const wrap = (child: ReactNode) => createElement(QueryClientProvider, { client }, child);
    return (await timeToRow(read, wrap)) - start;
  },
};

/** Milliseconds of a fresh read of all rows, without and with `offline`. */
function persisting(env: Env) {
  const { url, key, token, userId } = env;
  const plain = newWorkflowDb(env);
  const persisted = createClient({
    url,
    key,
    accessToken: () => token,
    offline: offline({ name: 'workflow-db-bench' }),
  });
  const readerOf = (client: typeof plain) => async () => {
    for (let read = 0; read < READS; read += 1) await client.db.with({ fresh: true }).getWorkflows(userId);
  };
  const readers = { 'workflow-db': readerOf(plain), 'workflow-db, offline': readerOf(persisted) };
  return interleaved(readers, { rounds: ROUNDS, warmUp: WARM_UP, divisor: READS });
}

const measure = (env: Env, what: 'leave' | 'persisting' | keyof typeof restores) =>
  what === 'leave' ? leave(env) : what === 'persisting' ? persisting(env) : restores[what](env);

Object.assign(globalThis, { measure });
