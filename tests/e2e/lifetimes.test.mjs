// @ts-check
// How long clients, and what was made with them, stay in memory. In Node, where garbage collection can be asked for.
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

/** A client whose functions hold the client itself, as closures of one scope do. @param {object} [options] */
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

test('a client that nothing refers to is collected, used or not, with its rows', async () => {
  const references = [];
  for (let round = 0; round < 20; round += 1) {
    references.push(new WeakRef(newClient()));
    const used = newClient();
    used.cache.observe(`workflow:${workflow.id}`, () => used);
    references.push(new WeakRef(used), new WeakRef(await used.db.getWorkflows(user.id)));
  }
  await collected(references);
});

test('a client that follows a supabase-js session is collected, and follows it no longer', async () => {
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

test('the functions of a client work without it: db alone keeps it', async () => {
  const { db } = newClient();
  assert.deepEqual(await db.getWorkflow(workflow.id), workflow);
  await collect();
  const requests = stack.requests.count();
  assert.deepEqual(await db.getWorkflow(workflow.id), workflow);
  assert.equal(stack.requests.count(), requests, 'and its cache');
});

test('a call under way is tried again and ends as it would, though nothing refers to its client', async () => {
  stack.faults.add({ match: { path: '/workflows' }, action: 'status', status: 503, times: 1 });
  const answer = newClient().db.getWorkflow(workflow.id);
  await collect();
  assert.deepEqual(await answer, workflow);
});

test('what is followed is told though nothing refers to the client, which is collected when that ends', async () => {
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

/** Bytes of the heap that are in use, timers, and bytes of linear memory, when what is unreachable is gone. */
async function measure() {
  await collect();
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  return { heap: process.memoryUsage().heapUsed, timers, linear: linearMemory() };
}

const ROUNDS = 20;
const EACH = 500;
/** Far below the smallest thing that could be left of each. */
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

test('10 000 clients that are let go of leave memory and timers where they were', () =>
  assertLeavesNothing(() => void newClient()));

test('10 000 clients that are closed leave memory and timers where they were', () =>
  assertLeavesNothing(() => newClient().close()));

test('10 000 handles and observers leave memory and timers where they were', async () => {
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

/** Calls of one id and of many, all with this signal. @param {AbortSignal} signal */
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
  test(`a signal ${name} has one listener for any number of calls, and none when they have ended`, async () => {
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

test('an aborted signal ends every call, keeps its reason, and has no listener afterwards', async () => {
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

test('large JSON leaves nothing behind in the memory of WebAssembly, and is stored as it is', async () => {
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

test('what stands for large JSON is forgotten when its call is over, however it ends', async () => {
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
