// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, newUser, newEstate } = world;

/** @param {import('./support/world.mjs').TabOptions} [options] */
async function adaWith(options = {}) {
  const user = await newUser('ada');
  const estate = await newEstate(user);
  const tab = await world.open({ as: user, ...options });
  return { tab, ...estate };
}

test('configure again with equal options keeps the cache, and replaces functions and settings', async () => {
  const { tab, workflow } = await adaWith();
  const facts = await tab.run(async (id) => {
    await db.getWorkflow(id);
    /** @type {string[]} */
    const events = [];
    const options = { url: `${env.url}/`, key: env.key, accessToken: () => env.token };
    wdb.configure({
      ...options,
      onEvent: ({ type }) => events.push(type),
      cache: { maxSize: 7 },
      schema: 'public',
    });
    await db.getWorkflow(id);
    return { events, maxSize: cache.getStats().maxSize, size: cache.getStats().size };
  }, workflow.id);
  assert.deepEqual(facts, { events: ['hit'], maxSize: 7, size: 1 });
  assert.equal(stack.requests.count(), 1);
});

for (const [what, change] of /** @type {const} */ ([
  ['key', { key: 'anon' }],
  ['address', { url: 'http://localhost' }],
  ['schema', { schema: 'other' }],
])) {
  test(`configure with another ${what} empties the cache and aborts calls in flight`, async () => {
    const { tab, workflow } = await adaWith();
    stack.faults.add({ match: { path: '/workflow_nodes' }, action: 'hang', times: 'always' });
    await tab.run(async (id) => {
      await db.getWorkflow(id);
      const failing = failure(db.getWorkflowNodes(id));
      Object.assign(globalThis, { failing });
    }, workflow.id);
    await until(() => stack.requests.count({ path: '/workflow_nodes' }) === 1);
    const facts = await tab.run(async ([change, anonKey]) => {
      const other = { ...change };
      if (other.key) other.key = anonKey;
      if (other.url) other.url = env.url.replace('127.0.0.1', 'localhost');
      wdb.configure({ url: env.url, key: env.key, accessToken: () => env.token, ...other });
      return {
        entries: cache.getStats().entries,
        code: (await /** @type {any} */ (globalThis).failing).code,
      };
    }, /** @type {[Record<string, string>, string]} */ ([change, stack.anonKey]));
    assert.deepEqual(facts, { entries: [], code: 'ABORTED' });
  });
}

test('another schema is requested by name', async () => {
  const { tab, workflow } = await adaWith();
  const error = await tab.run((id) => {
    const client = wdb.createClient({
      url: env.url,
      key: env.key,
      schema: 'private',
      retry: { maxAttempts: 1 },
    });
    return failure(client.db.getWorkflow(id));
  }, workflow.id);
  assert.deepEqual([error.code, error.status], ['PGRST106', 406]);
});

test('clients created by createClient share nothing', async () => {
  const [ada, grace] = [await newUser('ada'), await newUser('grace')];
  const [adas, graces] = [await newEstate(ada), await newEstate(grace)];
  const tab = await world.open({ configured: false });
  const facts = await tab.run(async ([adaToken, graceToken, adas, graces]) => {
    const { url, key } = env;
    const clients = [adaToken, graceToken].map((token) =>
      wdb.createClient({ url, key, accessToken: () => token }),
    );
    const rows = [];
    for (const client of clients)
      rows.push([await client.db.getWorkflow(adas), await client.db.getWorkflow(graces)]);
    const sizes = clients.map((client) => client.cache.getStats().entries);
    clients[0].cache.clear();
    clients[0].authChanged();
    clients[0].close();
    const code = (await failure(db.getWorkflow(adas))).code;
    return { rows, sizes, left: clients[1].cache.getStats().entries, defaults: cache.getStats().size, code };
  }, /** @type {const} */ ([ada.token, grace.token, adas.workflow.id, graces.workflow.id]));
  assert.deepEqual(facts.rows, [
    [adas.workflow, null],
    [null, graces.workflow],
  ]);
  assert.deepEqual(facts.sizes, [[`workflow:${adas.workflow.id}`], [`workflow:${graces.workflow.id}`]]);
  assert.deepEqual([facts.left, facts.defaults, facts.code], [facts.sizes[1], 0, 'NOT_CONFIGURED']);
});

test('close rejects calls in flight with ABORTED, aborts their requests and empties the cache', async () => {
  const { tab, workflow } = await adaWith({ configured: false });
  stack.faults.add({ match: { path: '/workflow_nodes' }, action: 'hang' });
  await tab.run(async (id) => {
    /** @type {AbortSignal[]} */
    const signals = [];
    const client = wdb.createClient({
      url: env.url,
      key: env.key,
      accessToken: () => env.token,
      fetch: (url, init) => (signals.push(/** @type {AbortSignal} */ (init.signal)), fetch(url, init)),
    });
    await client.db.getWorkflow(id);
    Object.assign(globalThis, { client, signals, failing: failure(client.db.getWorkflowNodes(id)) });
  }, workflow.id);
  await until(() => stack.requests.count({ path: '/workflow_nodes' }) === 1);
  const facts = await tab.run(async (id) => {
    const { client, signals, failing } = /** @type {any} */ (globalThis);
    client.close();
    client.close();
    const { code } = await failing;
    return {
      code,
      aborted: signals.map((/** @type {AbortSignal} */ signal) => signal.aborted),
      entries: client.cache.getStats().entries,
      after: (await failure(client.db.getWorkflow(id))).code,
    };
  }, workflow.id);
  assert.deepEqual(facts, { code: 'ABORTED', aborted: [false, true], entries: [], after: 'NOT_CONFIGURED' });
});

test('db.with applies ttlMs, timeoutMs, fresh and signal to each call', async () => {
  const { user, tab, workflow } = await adaWith({ options: { retry: { maxAttempts: 1 } } });
  const key = `workflow:${workflow.id}`;
  await tab.run((id) => db.with({ ttlMs: 30 }).getWorkflow(id), workflow.id);
  await until(() => tab.run((key) => cache.get(key) === null, key));
  const before = stack.requests.count();
  await tab.calls(['getWorkflow', workflow.id]);
  assert.equal(stack.requests.count(), before + 1, 'after it expired, a read sends a request');
  await tab.run((id) => db.with({ fresh: true }).getWorkflow(id), workflow.id);
  assert.equal(stack.requests.count(), before + 2, 'fresh asks');
  stack.faults.add({ action: 'hang', times: 'always' });
  const codes = await tab.run(
    async ([id, userId]) => [
      (await failure(db.with({ timeoutMs: 40, fresh: true }).getWorkflow(id))).code,
      (await failure(db.with({ timeoutMs: 40 }).createWorkflow(userId, { name: 'x' }))).code,
      (await failure(db.with({ timeoutMs: 0 }).getWorkflow(id))).code,
      (await failure(db.with({ ttlMs: -1 }).getWorkflow(id))).code,
      (await failure(db.with({ signal: AbortSignal.abort() }).getWorkflow(id))).code,
    ],
    [workflow.id, user.id],
  );
  assert.deepEqual(codes, ['TIMEOUT', 'TIMEOUT', 'INVALID_INPUT', 'INVALID_INPUT', 'ABORTED']);
  stack.faults.clear();
  const reused = await tab.run(async (id) => {
    const bound = db.with({ fresh: true });
    return [await bound.getWorkflow(id), await bound.getWorkflow(id)].every(Boolean);
  }, workflow.id);
  assert.equal(reused, true);
});

test('functions of db can be destructured', async () => {
  const { tab, workflow } = await adaWith();
  const rows = await tab.run((id) => {
    const { getWorkflow } = db;
    const { getWorkflowNodes } = db.with({});
    return Promise.all([getWorkflow(id), [id].map(getWorkflowNodes)[0]]);
  }, workflow.id);
  assert.deepEqual(rows[0], workflow);
  assert.equal(rows[1].length, 3);
});

test('onEvent reports everything except tokens, keys and row values', async () => {
  const { user, tab, workflow, execution } = await adaWith({ configured: false });
  const secret = 'Geheimnis-4711';
  stack.faults.add({ action: 'status', status: 503, body: { message: secret } });
  const events = await tab.run(
    async ([id, userId, execution, secret]) => {
      /** @type {any[]} */
      const events = [];
      wdb.configure({
        url: env.url,
        key: env.key,
        accessToken: () => env.token,
        retry: { initialBackoffMs: 1 },
        onEvent: (event) => events.push(event),
      });
      await Promise.all([db.getWorkflow(id), db.getWorkflow(id)]);
      await db.getWorkflow(id);
      await db.getWorkflows(userId);
      await db.updateWorkflow(id, { name: secret, description: secret });
      await outcome(db.createWorkflow(userId, { name: secret }));
      await db.deleteExecution(execution);
      await db.deleteWorkflowConnection(id, secret);
      env.token = null;
      wdb.authChanged();
      await db.getWorkflow(id);
      return events;
    },
    [workflow.id, user.id, execution.id, secret],
  );
  const types = new Set(events.map(({ type }) => type));
  assert.deepEqual([...types].sort(), [
    'attempt',
    'dropped',
    'hit',
    'joined',
    'miss',
    'sent',
    'stored',
    'userChanged',
  ]);
  const told = JSON.stringify(events);
  for (const hidden of [secret, workflow.name, user.token, user.email, stack.publishableKey, stack.url]) {
    assert.ok(!told.includes(hidden), `${hidden} in ${told}`);
  }
  const attempts = events.filter(({ type }) => type === 'attempt');
  assert.deepEqual(
    attempts
      .slice(0, 2)
      .map(({ method, table, attempt, status, code }) => ({ method, table, attempt, status, code })),
    [
      { method: 'GET', table: 'workflows', attempt: 1, status: 503, code: 'UNKNOWN_ERROR' },
      { method: 'GET', table: 'workflows', attempt: 2, status: 200, code: undefined },
    ],
  );
  assert.ok(attempts.every(({ durationMs }) => durationMs >= 0));
});

test('a listener that throws does not stop anything', async () => {
  const { tab, workflow } = await adaWith({ configured: false });
  const facts = await tab.run(async (id) => {
    /** @type {string[]} */
    const uncaught = [];
    addEventListener('error', (event) => {
      event.preventDefault();
      uncaught.push(event.error.message);
    });
    const onEvent = () => {
      throw new Error('from onEvent');
    };
    wdb.configure({ url: env.url, key: env.key, accessToken: () => env.token, onEvent });
    cache.observe(`workflow:${id}`, () => {
      throw new Error('from observe');
    });
    const row = await db.getWorkflow(id);
    await until(() => uncaught.includes('from onEvent') && uncaught.includes('from observe'));
    return row?.id;
  }, workflow.id);
  assert.equal(facts, workflow.id);
});

test('debug freezes rows deeply; without it they are not frozen', async () => {
  const { tab, workflow, nodes } = await adaWith();
  await stack.sql(`update workflow_nodes set config = '{"a": {"b": [1]}}' where id = $1`, [nodes[0].id]);
  const facts = await tab.run(async (id) => {
    /** @param {import("../../pkg/index.js").Db} db */
    const looks = async (db) => {
      const list = await db.getWorkflowNodes(id);
      const node = /** @type {any} */ (list.find(({ config }) => config.a));
      const whole = await db.getWorkflowWithRelations(id);
      const page = await db.getExecutionHistory(id);
      const made = await db.createWorkflowNode({
        workflow_id: id,
        node_id: crypto.randomUUID(),
        node_type: 't',
      });
      return [list, node, node.config, node.config.a.b, whole, whole?.nodes, page, page.data, made].map(
        Object.isFrozen,
      );
    };
    const options = { url: env.url, key: env.key, accessToken: () => env.token };
    const debugged = wdb.createClient({ ...options, debug: true });
    return [await looks(debugged.db), await looks(wdb.createClient(options).db)];
  }, workflow.id);
  assert.deepEqual(facts, [Array(9).fill(true), Array(9).fill(false)]);
});

test('a custom fetch is used, and may respond without the network', async () => {
  const { tab, workflow } = await adaWith({ configured: false });
  const rows = await tab.run(async (row) => {
    const answer = async () => new Response(JSON.stringify([row]), { status: 200 });
    return wdb
      .createClient({ url: 'https://nowhere.invalid', key: 'k', fetch: answer })
      .db.getWorkflow(row.id);
  }, workflow);
  assert.deepEqual(rows, workflow);
  assert.equal(stack.requests.count(), 0);
});

test('ready may be called at any time and repeatedly', async () => {
  const { tab, workflow } = await adaWith({ configured: false });
  const row = await tab.run(async (id) => {
    await Promise.all([wdb.ready(), wdb.ready()]);
    wdb.configure({ url: env.url, key: env.key, accessToken: () => env.token });
    await wdb.ready();
    return db.getWorkflow(id);
  }, workflow.id);
  assert.deepEqual(row, workflow);
});

test('ready loads the module from a custom URL, and may be called again after a failure', async () => {
  const { tab, workflow } = await adaWith({ configured: false });
  const row = await tab.run(async (id) => {
    await failure(wdb.ready(new Uint8Array([1, 2, 3])));
    await wdb.ready(fetch('/pkg/workflow_db.wasm'));
    wdb.configure({ url: env.url, key: env.key, accessToken: () => env.token });
    return db.getWorkflow(id);
  }, workflow.id);
  assert.deepEqual(row, workflow);
});

test('the parts of a client can be destructured', async () => {
  const { tab, workflow } = await adaWith({ configured: false });
  const facts = await tab.run(async (id) => {
    const { db, cache, authChanged, close } = wdb.createClient({
      url: env.url,
      key: env.key,
      accessToken: () => env.token,
    });
    const row = await db.getWorkflow(id);
    authChanged();
    const size = cache.getStats().size;
    close();
    return [row?.id, size, (await failure(db.getWorkflow(id))).code];
  }, workflow.id);
  assert.deepEqual(facts, [workflow.id, 1, 'NOT_CONFIGURED']);
});
