// @ts-check
// Responses crafted to block a page, and options whose getters run code. In Node, with a fetch that returns such
// responses.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { watchLinearMemory } from './support/memory.mjs';
import { unpackedPackage } from './support/package.mjs';

const USER_ID = '11111111-1111-4111-8111-111111111111';
const WORKFLOW_ID = '22222222-2222-4222-8222-222222222222';
const NODE_ID = '33333333-3333-4333-8333-333333333333';
/** Linear work takes a moment; quadratic work takes minutes. */
const MAX_MS = 20_000;

const linearMemory = watchLinearMemory();
/** @type {Awaited<ReturnType<typeof unpackedPackage>>} */
let unpacked;
/** @type {typeof import('../../pkg/index.js')} */
let library;

before(async () => {
  unpacked = await unpackedPackage();
  library = await import(pathToFileURL(join(unpacked.root, 'index.js')).href);
});
after(() => unpacked?.remove());

/** Measures a test body: a timer could not fire while the page is blocked. @param {() => Promise<void>} run */
function inTime(run) {
  return async () => {
    const start = performance.now();
    await run();
    assert.ok(performance.now() - start < MAX_MS, `took ${performance.now() - start} ms`);
  };
}

/** A client whose server responds to every request with one node, with the JSON text of `config`. @param {() => string} config */
function clientOf(config) {
  const sent = /** @type {string[]} */ ([]);
  const client = library.createClient({
    url: 'http://project.test',
    key: 'key',
    retry: { maxAttempts: 1 },
    fetch: async (_, init) => {
      if (init.body !== undefined) sent.push(String(init.body));
      const node = `{"id":"${NODE_ID}","workflow_id":"${WORKFLOW_ID}","node_id":"a","config":${config()}}`;
      return new Response(`[${node}]`, { headers: { 'content-range': '0-0/1' } });
    },
  });
  return { ...client, sent };
}

test(
  'a string of a million zeros is read quickly',
  inTime(async () => {
    const zeros = '0'.repeat(1_000_000);
    const { db } = clientOf(() => `"${zeros}"`);
    const [node] = await db.getWorkflowNodes(WORKFLOW_ID);
    assert.ok(/** @type {unknown} */ (node?.config) === zeros);
  }),
);

test(
  'large lists of numbers that JavaScript rounds are read quickly, and written unchanged or refused',
  inTime(async () => {
    const numbers = Array.from({ length: 200_000 }, (_, index) => `${900_000_000 + index}12345678901`);
    const { db, sent } = clientOf(() => `[${numbers}]`);
    const [node] = await db.getWorkflowNodes(WORKFLOW_ID);
    const config = /** @type {any} */ (node?.config);
    await db.updateWorkflowNode(NODE_ID, { config: config.slice(0, 3) });
    assert.ok(sent[0]?.includes(`[${numbers.slice(0, 3)}]`), sent[0]);
    // Only a limited number of them is tracked.
    const message = /^config\[\d+\]: expected a number that JavaScript can hold/;
    await assert.rejects(db.updateWorkflowNode(NODE_ID, { config }), { code: 'INVALID_INPUT', message });
    assert.equal(sent.length, 1);
  }),
);

test(
  'numbers that JavaScript rounds are read and saved at any depth',
  inTime(async () => {
    const depth = 5000;
    const levels = Array.from({ length: depth }, (_, k) => `{"n":${10n ** 19n + BigInt(k)},"some":`);
    const text = `${levels.join('')}1.00000000000000000001${'}'.repeat(depth)}`;
    const { db, sent } = clientOf(() => text);
    const [node] = await db.getWorkflowNodes(WORKFLOW_ID);
    await db.updateWorkflowNode(NODE_ID, { config: /** @type {any} */ (node?.config) });
    assert.ok(sent[0]?.includes(text));
  }),
);

test('a number that changed to its rounded value is saved with the new value', async () => {
  let config = '[9223372036854775808,0.1000000000000000055]';
  const { db, sent } = clientOf(() => config);
  await db.getWorkflowNodes(WORKFLOW_ID);
  config = '[9223372036854776000,0.1]';
  const [node] = await db.with({ fresh: true }).getWorkflowNodes(WORKFLOW_ID);
  await db.updateWorkflowNode(NODE_ID, { config: /** @type {any} */ (node?.config) });
  assert.ok(sent[0]?.includes(config), sent[0]);
});

test('a number next to one that is rounded to it is saved as it was read', async () => {
  const config = '[9223372036854775809,9223372036854776000]';
  const { db, sent } = clientOf(() => config);
  const [node] = await db.getWorkflowNodes(WORKFLOW_ID);
  await db.updateWorkflowNode(NODE_ID, { config: /** @type {any} */ (node?.config) });
  assert.ok(sent[0]?.includes(config), sent[0]);
});

test('a member named __proto__ is compared like any other', async () => {
  let config = '{"__proto__":{}}';
  const { db } = clientOf(() => config);
  await db.getWorkflowNodes(WORKFLOW_ID);
  config = '{"y":1}';
  const [node] = await db.with({ fresh: true }).getWorkflowNodes(WORKFLOW_ID);
  assert.deepEqual(node?.config, { y: 1 });
});

test(
  'a long list of objects is written quickly, without using WebAssembly memory',
  inTime(async () => {
    const config = Array.from({ length: 300_000 }, (_, k) => ({ k, v: 'abc' }));
    const { db, sent } = clientOf(() => '{}');
    await db.getWorkflowNodes(WORKFLOW_ID);
    const before = linearMemory();
    await db.updateWorkflowNode(NODE_ID, { config });
    assert.ok(linearMemory() - before < 256 * 1024, `grew by ${linearMemory() - before} bytes`);
    assert.deepEqual(JSON.parse(sent[0] ?? '').config, config);
  }),
);

test('an option getter that closes the client fails only that call', async () => {
  const events = /** @type {string[]} */ ([]);
  const other = library.createClient({
    url: 'http://project.test',
    key: 'key',
    onEvent: ({ type }) => events.push(type),
  });
  other.cache.set('kept', 1);
  const read = () => {
    const client = clientOf(() => '{}');
    const closing = {
      get fresh() {
        client.close();
        return true;
      },
    };
    return client.db.with(closing).getWorkflowNodes(WORKFLOW_ID);
  };
  await assert.rejects(read(), { code: 'NOT_CONFIGURED' });
  const follow = () => {
    const client = clientOf(() => '{}');
    client.realtime
      .open('workflows', {
        get scope() {
          client.close();
          return USER_ID;
        },
      })
      .unsubscribe();
  };
  follow();
  assert.equal(other.cache.get('kept'), 1);
  assert.ok(!events.includes('engineRestarted'));
});

test('invalid subscription options are INVALID_INPUT, and later changes to options have no effect', () => {
  const { realtime } = clientOf(() => '{}');
  const open = /** @type {any} */ (realtime.open);
  for (const events of ['INSERT', null, 5, {}, ['INSERT', 'insert'], [null]]) {
    assert.throws(() => open('workflows', { events }, () => {}), {
      code: 'INVALID_INPUT',
      message: /^events: /,
    });
  }
  for (const table of [undefined, null, 5, Symbol('workflows'), {}, Object.create(null)]) {
    assert.throws(() => open(table), { code: 'INVALID_INPUT', message: /^table: / });
  }
  const options = { scope: USER_ID };
  const handle = open('workflows', options);
  options.scope = WORKFLOW_ID;
  assert.equal(realtime.getActiveSubscriptions()[0]?.scope, USER_ID);
  handle.unsubscribe();
});

test('subscription arguments that would match every row or another id are INVALID_INPUT', () => {
  const { realtime } = clientOf(() => '{}');
  const open = /** @type {any} */ (realtime.open);
  for (const options of [USER_ID, 5, true, () => {}]) {
    assert.throws(() => open('workflows', options, () => {}), {
      code: 'INVALID_INPUT',
      message: /^options: /,
    });
  }
  const subscribe = /** @type {any} */ (realtime.subscribe);
  for (const id of [5, {}, Symbol('id'), () => {}]) {
    assert.throws(() => subscribe('workflows', USER_ID, () => {}, id), {
      code: 'INVALID_INPUT',
      message: /^subscriptionId: /,
    });
  }
  assert.deepEqual(realtime.getActiveSubscriptions(), []);
});

test('invalid cache keys, patterns and listeners are INVALID_INPUT, and nothing is dropped', () => {
  const { cache } = clientOf(() => '{}');
  const { get, peek, set, invalidate, invalidatePattern, observe, onReset } = /** @type {any} */ (cache);
  cache.set('kept', 1);
  const never = () => assert.fail('called');
  for (const odd of [undefined, null, 5, 10n, {}, Symbol('key'), /kept/]) {
    const calls = {
      key: [
        () => get(odd),
        () => peek(odd),
        () => set(odd, 1),
        () => invalidate(odd),
        () => observe(odd, never),
      ],
      pattern: [() => invalidatePattern(odd)],
      listener: [() => observe('kept', odd), () => onReset(odd)],
    };
    for (const [name, all] of Object.entries(calls)) {
      for (const call of all) {
        assert.throws(call, { code: 'INVALID_INPUT', message: new RegExp(`^${name}: `) });
      }
    }
  }
  assert.deepEqual(cache.getStats().entries, ['kept']);
});

test('the cache returns null for an entry that was stored as undefined', () => {
  const { cache } = clientOf(() => '{}');
  cache.set('nothing', undefined);
  assert.equal(cache.get('nothing'), null);
});

test('a database function that calls a missing one is MIGRATION_REQUIRED', async () => {
  const body = { code: '42883', message: 'function workflow_private.save_graph(uuid) does not exist' };
  const { db } = library.createClient({
    url: 'http://project.test',
    key: 'key',
    fetch: async () => Response.json(body, { status: 404 }),
  });
  await assert.rejects(db.saveWorkflowGraph(WORKFLOW_ID, { nodes: [], connections: [] }), {
    code: 'MIGRATION_REQUIRED',
    hint: /atomic_saves\.sql/,
  });
});

test('anything but a supabase-js client is INVALID_INPUT', () => {
  const project = { supabaseUrl: 'http://project.test', supabaseKey: 'key' };
  for (const supabase of [{}, 5, null, project, { ...project, auth: {} }, { ...project, auth: null }]) {
    assert.throws(() => library.createClient(/** @type {any} */ ({ supabase })), {
      code: 'INVALID_INPUT',
      message: /^supabase: /,
    });
  }
});

test('a session that supabase-js fails to read is an error, not an anonymous user', async () => {
  const failure = new Error('no session');
  let sent = 0;
  const supabase = {
    supabaseUrl: 'http://project.test',
    supabaseKey: 'key',
    auth: {
      getSession: async () => ({ data: { session: null }, error: failure }),
      onAuthStateChange: () => ({ data: { subscription: { unsubscribe() {} } } }),
    },
  };
  const fetch = async () => {
    sent += 1;
    return Response.json([], { headers: { 'content-range': '*/0' } });
  };
  const { db } = library.createClient({ supabase, fetch });
  await assert.rejects(db.getWorkflows(USER_ID), { code: 'UNKNOWN_ERROR', originalError: failure });
  assert.equal(sent, 0);
});

test('options that configure refuses do not affect the sockets', async () => {
  const opened = /** @type {string[]} */ ([]);
  /** @param {string} name */
  const socketsNamed = (name) =>
    class {
      onopen = null;
      onmessage = null;
      onclose = null;
      onerror = null;
      constructor() {
        opened.push(name);
      }
      send() {}
      close() {}
    };
  const project = { url: 'http://project.test', key: 'key', fetch: async () => Response.json([]) };
  library.configure({ ...project, WebSocket: socketsNamed('first') });
  assert.throws(
    () => library.configure({ ...project, WebSocket: socketsNamed('second'), retry: { maxAttempts: 0 } }),
    { code: 'INVALID_INPUT', message: /^maxAttempts: / },
  );
  const realtime = library.getRealtimeManager();
  realtime.open('workflows', { scope: USER_ID });
  while (opened.length === 0) await new Promise(setImmediate);
  await realtime.unsubscribeAll();
  assert.deepEqual(opened, ['first']);
});
