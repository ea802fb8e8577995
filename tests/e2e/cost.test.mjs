// @ts-check
// Costs that calls must not have: memory that is never released, and unnecessary requests.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { unpackedPackage } from './support/package.mjs';
import { useWorld } from './support/world.mjs';

const CALLS = 20_000;
const PAGE_OF_MEMORY = 65_536;
const ID = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';

const world = await useWorld();
const { stack, newUser, newWorkflow } = world;

/** @type {Awaited<ReturnType<typeof unpackedPackage>>} */
let unpacked;
/** @type {any} */
let library;
/** @type {WebAssembly.Memory | undefined} */
let memory;

before(async () => {
  unpacked = await unpackedPackage();
  library = await import(pathToFileURL(join(unpacked.root, 'index.js')).href);
  const { Instance } = WebAssembly;
  // The package does not expose its memory, so this intercepts its creation.
  WebAssembly.Instance = /** @type {any} */ (
    function (/** @type {WebAssembly.Module} */ module, /** @type {WebAssembly.Imports} */ imports) {
      const instance = new Instance(module, imports);
      memory = /** @type {WebAssembly.Memory} */ (instance.exports.memory);
      return instance;
    }
  );
  await library.ready();
  WebAssembly.Instance = Instance;
});
after(() => unpacked?.remove());

const answer = async () => Response.json([{ id: ID, name: 'A' }]);

/** @param {() => Promise<unknown>} call */
async function growthOf(call) {
  const repeat = async (/** @type {number} */ times) => {
    for (let index = 0; index < times; index += 1) await call();
  };
  await repeat(CALLS / 10);
  const before = memory?.buffer.byteLength ?? 0;
  await repeat(CALLS);
  return (memory?.buffer.byteLength ?? Infinity) - before;
}

test('cache hits with options do not grow the memory', async () => {
  const client = library.createClient({ url: 'http://localhost', key: 'k', fetch: answer });
  await client.db.getWorkflow(ID);
  const controller = new AbortController();
  assert.ok((await growthOf(() => client.db.with({}).getWorkflow(ID))) <= PAGE_OF_MEMORY);
  const withSignal = client.db.with({ signal: controller.signal });
  assert.ok((await growthOf(() => withSignal.getWorkflow(ID))) <= PAGE_OF_MEMORY);
  client.close();
});

test('requests do not grow the memory', async () => {
  const client = library.createClient({ url: 'http://localhost', key: 'k', fetch: answer });
  const fresh = client.db.with({ fresh: true });
  assert.ok((await growthOf(() => fresh.getWorkflow(ID))) <= PAGE_OF_MEMORY);
  client.close();
});

test('the browser sends one preflight request per address, not one per request', async () => {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user);
  const tab = await world.open({ as: user, plain: true });
  await tab.calls(['getWorkflow', workflow.id]);
  await tab.run(async (/** @type {string} */ id) => {
    const { db } = /** @type {any} */ (globalThis);
    for (let count = 0; count < 5; count += 1) await db.with({ fresh: true }).getWorkflow(id);
  }, workflow.id);
  assert.equal(stack.requests.count({ method: 'GET' }), 6);
  assert.equal(stack.requests.count({ method: 'OPTIONS' }), 1);
});
