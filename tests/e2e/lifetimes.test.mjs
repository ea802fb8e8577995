// @ts-check
// How long clients and their handles stay in memory. Runs in Node, where garbage collection can be triggered.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startStack } from '../../examples/local-stack/stack.mjs';
import { createFixtures } from './support/fixtures.mjs';
import { collect, collected, watchLinearMemory } from './support/memory.mjs';
import { unpackedPackage } from './support/package.mjs';
import { until } from './support/until.mjs';

const require = createRequire(
  fileURLToPath(new URL('../../examples/local-stack/package.json', import.meta.url)),
);
const { WebSocket } = require('ws');

const linearMemory = watchLinearMemory();
/** @type {import('./support/fixtures.mjs').Stack} */
let stack;
/** @type {Awaited<ReturnType<typeof unpackedPackage>>} */
let unpacked;
/** @type {typeof import('../../pkg/index.js')} */
let library;
/** @type {ReturnType<typeof createFixtures>} */
let fixtures;
/** @type {import('./support/fixtures.mjs').User} */
let user;
/** @type {Record<string, any>} */
let workflow;

before(async () => {
  [stack, unpacked] = await Promise.all([startStack({ port: 0, seed: false }), unpackedPackage()]);
  library = await import(pathToFileURL(join(unpacked.root, 'index.js')).href);
  fixtures = createFixtures(stack);
  user = await fixtures.newUser('ada');
  workflow = await fixtures.newWorkflow(user);
});
after(() => Promise.all([stack?.stop(), unpacked?.remove()]));

/** A client whose callbacks reference the client itself, like closures of one scope. @param {object} [options] */
function newClient(options = {}) {
  /** @type {import('../../pkg/index.js').DatabaseClient} */
  const client = library.createClient({
    url: stack.url,
    key: stack.publishableKey,
    accessToken: () => client && user.token,
    onEvent: () => client,
    ...options,
  });
  return client;
}

test('an unreferenced client is collected with its rows, whether used or not', async () => {
  const references = [];
  for (let round = 0; round < 20; round += 1) {
    references.push(new WeakRef(newClient()));
    const used = newClient();
    used.cache.observe(`workflow:${workflow.id}`, () => used);
    references.push(new WeakRef(used), new WeakRef(await used.db.getWorkflows(user.id)));
  }
  await collected(references);
});

test('a client that follows a supabase-js session is collected and stops following it', async () => {
  const sessions = new Set();
  const supabase = {
    supabaseUrl: stack.url,
    supabaseKey: stack.publishableKey,
    auth: {
      getSession: async () => ({ data: { session: { access_token: user.token } } }),
      onAuthStateChange(/** @type {Function} */ callback) {
        sessions.add(callback);
        return { data: { subscription: { unsubscribe: () => sessions.delete(callback) } } };
      },
    },
  };
  const begin = async () => {
    const client = library.createClient({ supabase });
    assert.deepEqual(await client.db.getWorkflow(workflow.id), workflow);
    return new WeakRef(client);
  };
  const reference = await begin();
  assert.equal(sessions.size, 1);
  await collected([reference]);
  await until(() => sessions.size === 0);
});

test('`db` keeps its client alive', async () => {
  const { db } = newClient();
  assert.deepEqual(await db.getWorkflow(workflow.id), workflow);
  await collect();
  const requests = stack.requests.count();
  assert.deepEqual(await db.getWorkflow(workflow.id), workflow);
  assert.equal(stack.requests.count(), requests, 'and its cache');
});

test('a call in progress is retried and completes even if its client is unreferenced', async () => {
  stack.faults.add({ match: { path: '/workflows' }, action: 'status', status: 503, times: 1 });
  const answer = newClient().db.getWorkflow(workflow.id);
  await collect();
  assert.deepEqual(await answer, workflow);
});

test('a subscription works without a reference to its client, which is collected afterwards', async () => {
  const told = /** @type {string[]} */ ([]);
  const begin = () => {
    const client = newClient({ WebSocket });
    const { ready, unsubscribe } = client.realtime.open('workflows', { scope: user.id }, ({ record }) => {
      told.push(record.name);
    });
    return { reference: new WeakRef(client), ready, unsubscribe };
  };
  const followed = begin();
  await collect();
  await followed.ready;
  await collect();
  await fixtures.newWorkflow(user, { name: 'told' });
  await until(() => told.includes('told'));
  followed.unsubscribe();
  const { reference } = followed;
  Reflect.deleteProperty(followed, 'unsubscribe');
  await collected([reference]);
  await until(() => stack.realtime.inspect().sockets === 0);
});

/** Used bytes of the heap, timers, and bytes of linear memory, after garbage collection. */
async function measure() {
  await collect();
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  return { heap: process.memoryUsage().heapUsed, timers, linear: linearMemory() };
}

const ROUNDS = 20;
const EACH = 500;
/** Far less than the smallest object that could leak per item. */
const MAX_BYTES_EACH = 60;

/** @param {() => unknown} act */
async function assertLeavesNothing(act) {
  const rounds = async (/** @type {number} */ count) => {
    for (let round = 0; round < count; round += 1) {
      await Promise.all(Array.from({ length: EACH }, act));
      await collect();
    }
  };
  await rounds(2);
  const before = await measure();
  await rounds(ROUNDS);
  const now = await measure();
  const left = (now.heap - before.heap) / (ROUNDS * EACH);
  assert.ok(left < MAX_BYTES_EACH, `${left} bytes of the heap are left of each`);
  assert.equal(now.linear, before.linear);
  assert.ok(now.timers <= before.timers, `${now.timers} timers`);
}

test('10 000 unreferenced clients leak no memory or timers', () =>
  assertLeavesNothing(() => void newClient()));

test('10 000 closed clients leak no memory or timers', () => assertLeavesNothing(() => newClient().close()));

test('10 000 handles and observers leak no memory or timers', async () => {
  const { realtime, cache, close } = newClient();
  await assertLeavesNothing(() => {
    const handle = realtime.open('workflows', { scope: crypto.randomUUID() }, () => {});
    const end = cache.observe(crypto.randomUUID(), () => {});
    const endReset = cache.onReset(() => {});
    handle.unsubscribe();
    end();
    endReset();
  });
  close();
});

/** Calls for one id and for many, all with this signal. @param {AbortSignal} signal */
function callsWith(signal) {
  const db = newClient().db.with({ signal });
  const ids = Array.from({ length: 40 }, (_, index) => (index % 2 ? workflow.id : crypto.randomUUID()));
  return ids.map((id) => db.getWorkflow(id));
}

const SIGNALS = /** @type {[name: string, signal: () => AbortSignal][]} */ ([
  ['of a controller', () => new AbortController().signal],
  ['of AbortSignal.any', () => AbortSignal.any([new AbortController().signal, AbortSignal.timeout(60_000)])],
  ['of AbortSignal.timeout', () => AbortSignal.timeout(60_000)],
]);

for (const [name, newSignal] of SIGNALS) {
  test(`a signal ${name} has one listener for any number of calls, and none afterwards`, async () => {
    const warnings = /** @type {Error[]} */ ([]);
    const onWarning = (/** @type {Error} */ warning) => void warnings.push(warning);
    process.on('warning', onWarning);
    const signal = newSignal();
    const calls = callsWith(signal);
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    await Promise.all(calls);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    process.off('warning', onWarning);
    assert.deepEqual(warnings, []);
  });
}

test('an aborted signal rejects every call with its reason, and has no listener afterwards', async () => {
  const controller = new AbortController();
  const calls = callsWith(controller.signal);
  const reason = new Error('no longer needed');
  controller.abort(reason);
  for (const { status, reason: error } of /** @type {any[]} */ (await Promise.allSettled(calls))) {
    assert.deepEqual([status, error.code, error.originalError], ['rejected', 'ABORTED', reason]);
  }
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  const later = await Promise.allSettled(callsWith(controller.signal));
  assert.ok(later.every(({ status }) => status === 'rejected'));
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
});

test('large JSON does not stay in WebAssembly memory, and is stored unchanged', async () => {
  const client = newClient();
  const { id } = await fixtures.newWorkflow(user);
  const small = await client.db.createWorkflowNode({ workflow_id: id, node_id: 'small', node_type: 't' });
  const before = linearMemory();
  const text = 'ß'.repeat(8_000_000);
  const config = { text, sign: '"quoted" \\ text' };

  const made = await client.db.createWorkflowNode({ workflow_id: id, node_id: 'a', node_type: 't', config });
  await client.db.updateWorkflowNode(small.id, { config: { list: [config] } });
  const graph = await client.db.getWorkflowWithRelations(id);
  const nodes = (graph?.nodes ?? []).map((node) => ({ ...node, label: 'renamed' }));
  const saved = await client.db.saveWorkflowGraph(id, { nodes, connections: [] });

  assert.deepEqual(made.config, config);
  assert.deepEqual(
    saved.nodes.map(({ label, config }) => [label, config]),
    [
      ['renamed', { list: [config] }],
      ['renamed', config],
    ],
  );
  assert.ok(linearMemory() - before < 256 * 1024, `grew by ${linearMemory() - before} bytes`);
  client.close();
});

test('the placeholder for large JSON is released when its call ends, whether it succeeds or fails', async () => {
  const client = newClient();
  const { id } = await fixtures.newWorkflow(user);
  const config = { text: 'x'.repeat(1_000_000) };
  const abort = new AbortController();
  const calls = [
    client.db.createWorkflowNode({ workflow_id: id, node_id: 'a', node_type: 't', config }),
    client.db.createWorkflowNode({ workflow_id: 'no id', node_id: 'b', node_type: 't', config }),
    client.db
      .with({ signal: abort.signal })
      .createWorkflowNode({ workflow_id: id, node_id: 'c', node_type: 't', config }),
  ];
  abort.abort();
  await Promise.allSettled(calls);
  client.close();
  await collect();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < 20; round += 1) {
    const other = newClient();
    const text = `${round}`.repeat(1_000_000);
    await assert.rejects(other.db.updateWorkflowNode('no id', { config: { text } }), {
      code: 'INVALID_INPUT',
    });
    other.close();
  }
  await collect();
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < 5_000_000, `the heap grew by ${grown} bytes`);
});
