// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, newUser, newEstate, newWorkflow } = world;

/** @param {import('./support/world.mjs').TabOptions} [options] */
async function adaWith(options = {}) {
  const user = await newUser('ada');
  const estate = await newEstate(user);
  const tab = await world.open({ as: user, ...options });
  return { tab, ...estate };
}

test('cacheKeys have the formats that apps rely on', async () => {
  const tab = await world.open({ configured: false });
  const keys = await tab.run(() => {
    const { cacheKeys } = wdb;
    const entries = Object.entries(cacheKeys).filter(([name]) => name !== 'apiKey' && name !== 'templates');
    return {
      ...Object.fromEntries(entries.map(([name, of]) => [name, /** @type {any} */ (of)('ID')])),
      apiKey: cacheKeys.apiKey('ID', 'openai'),
      templates: cacheKeys.templates(),
    };
  });
  assert.deepEqual(keys, {
    workflows: 'workflows:ID',
    workflow: 'workflow:ID',
    workflowNodes: 'workflow_nodes:ID',
    workflowConnections: 'workflow_connections:ID',
    executions: 'executions:ID',
    execution: 'execution:ID',
    executionResults: 'execution_results:ID',
    apiKeys: 'api_keys:ID',
    apiKey: 'api_key:ID:openai',
    brandSettings: 'brand_settings:ID',
    accountSettings: 'account_settings:ID',
    auditLogs: 'audit_logs:ID',
    userProfile: 'user_profile:ID',
    templates: 'templates:all',
    template: 'template:ID',
    savedTemplates: 'saved_templates:ID',
    favorites: 'favorites:ID',
    integrations: 'integrations:ID',
    workflowMembers: 'workflow_members:ID',
    invitations: 'invitations:ID',
    sharedWorkflows: 'shared_workflows:ID',
  });
});

test('DEFAULT_RETRY_CONFIG has the documented values and is frozen', async () => {
  const tab = await world.open({ configured: false });
  const [config, isFrozen] = await tab.run(
    () => /** @type {const} */ ([{ ...wdb.DEFAULT_RETRY_CONFIG }, Object.isFrozen(wdb.DEFAULT_RETRY_CONFIG)]),
  );
  assert.deepEqual(config, {
    maxAttempts: 3,
    initialBackoffMs: 100,
    maxBackoffMs: 5000,
    backoffMultiplier: 2,
  });
  assert.equal(isFrozen, true);
});

test('reads are stored under the keys of cacheKeys', async () => {
  const { user, tab, workflow, execution } = await adaWith();
  const [ids, entries] = await tab.run(
    async ([userId, id, run]) => {
      const { cacheKeys } = wdb;
      const reads = /** @type {[string, () => Promise<unknown>][]} */ ([
        [cacheKeys.workflows(userId), () => db.getWorkflows(userId)],
        [cacheKeys.workflow(id), () => db.getWorkflow(id)],
        [cacheKeys.workflowNodes(id), () => db.getWorkflowNodes(id)],
        [cacheKeys.workflowConnections(id), () => db.getWorkflowConnections(id)],
        [cacheKeys.execution(run), () => db.getExecution(run)],
        [cacheKeys.executionResults(run), () => db.getExecutionResults(run)],
        [cacheKeys.userProfile(userId), () => db.getUserProfile(userId)],
      ]);
      const isStored = [];
      for (const [key, read] of reads) isStored.push((await read()) === cache.get(key));
      await db.getExecutionHistory(id);
      await db.getWorkflows(userId, true);
      return /** @type {const} */ ([isStored, cache.getStats().entries]);
    },
    [user.id, workflow.id, execution.id],
  );
  assert.deepEqual(ids, Array(7).fill(true));
  const variants = entries.filter((key) => key.includes('?'));
  assert.equal(variants.length, 2);
  for (const base of [`executions:${workflow.id}?`, `workflows:${user.id}?`]) {
    assert.ok(
      variants.some((key) => key.startsWith(base)),
      `${variants}`,
    );
  }
});

test('get, set, invalidate, invalidatePattern, clear and getStats, before and without configure', async () => {
  const tab = await world.open({ configured: false });
  const facts = await tab.run(() => {
    /** @type {any[]} */
    const facts = [];
    const fill = () =>
      ['a:1', 'a:1?x=1', 'a:1?y', 'a:10', 'b:1'].forEach((key, index) => cache.set(key, { index }));
    const keys = () => cache.getStats().entries.toSorted();
    facts.push(cache.get('a:1'));
    fill();
    facts.push(cache.get('a:1'));
    cache.invalidate('a:1');
    facts.push(keys());
    fill();
    cache.invalidatePattern('^a:');
    facts.push(keys());
    fill();
    cache.invalidatePattern('1$');
    facts.push(keys());
    fill();
    const { code, isOurs, message } = thrown(() => cache.invalidatePattern('('));
    facts.push([code, isOurs, message.startsWith('pattern: expected')], keys().length);
    cache.clear();
    facts.push(keys());
    for (const value of [null, 0, '', false, [], 'text']) {
      cache.set('any', value);
      facts.push(cache.get('any'));
    }
    facts.push(thrown(() => cache.set('x', 1, -5)).code, wdb.getCacheManager() === cache);
    return facts;
  });
  assert.deepEqual(facts, [
    null,
    { index: 0 },
    ['a:10', 'b:1'],
    ['b:1'],
    ['a:10', 'a:1?y'],
    ['INVALID_INPUT', true, true],
    5,
    [],
    ...[null, 0, '', false, [], 'text'],
    'INVALID_INPUT',
    true,
  ]);
});

test('getStats counts hits, misses, evictions, expirations, coalesced and in flight', async () => {
  const { tab, workflow, execution } = await adaWith({
    options: { cache: { maxSize: 2, defaultTTL: 60_000 } },
  });
  const stats = await tab.run(
    async ([id, run]) => {
      const at = () => ({ ...cache.getStats() });
      const begin = at();
      const reads = [db.getWorkflow(id), db.getWorkflow(id), db.getWorkflow(id)];
      await until(() => cache.getStats().inFlight === 1);
      await Promise.all(reads);
      await db.getWorkflow(id);
      await db.getWorkflow(id);
      const read = at();
      await db.getExecution(run);
      await db.getWorkflowNodes(id);
      const full = at();
      cache.set('short', 1, 0);
      cache.get('short');
      return { begin, read, full, expired: at() };
    },
    [workflow.id, execution.id],
  );
  assert.deepEqual(stats.begin, {
    size: 0,
    maxSize: 2,
    entries: [],
    hits: 0,
    misses: 0,
    evictions: 0,
    expirations: 0,
    coalesced: 0,
    inFlight: 0,
  });
  const { read, full, expired } = stats;
  assert.deepEqual([read.hits, read.misses, read.coalesced, read.inFlight, read.size], [2, 3, 2, 0, 1]);
  assert.deepEqual([full.size, full.evictions], [2, 1]);
  assert.deepEqual(full.entries, [`workflow_nodes:${workflow.id}`, `execution:${execution.id}`]);
  assert.equal(expired.expirations, 1);
});

test('beyond maxSize the least recently used entry is evicted; reading counts as use', async () => {
  const { user, tab } = await adaWith({ options: { cache: { maxSize: 3 } } });
  const workflows = await Promise.all(Array.from({ length: 5 }, () => newWorkflow(user)));
  const [a, b, c, d, e] = workflows.map(({ id }) => id);
  const left = async (/** @type {(ids: string[]) => Promise<unknown>} */ act) => {
    const entries = await tab.run(act, [a, b, c, d, e]).then(() => tab.run(() => cache.getStats().entries));
    return entries.map((key) => 'abcde'[[a, b, c, d, e].indexOf(key.slice('workflow:'.length))]).join('');
  };
  assert.equal(
    await left(async ([a, b, c]) => (await db.getWorkflow(a), await db.getWorkflow(b), db.getWorkflow(c))),
    'cba',
  );
  assert.equal(await left(async ([a]) => db.getWorkflow(a)), 'acb', 'read through db');
  assert.equal(await left(async ([, b]) => cache.get(`workflow:${b}`)), 'bac', 'read through cache.get');
  assert.equal(await left(async ([, , , d]) => db.getWorkflow(d)), 'dba');
  assert.equal(await left(async ([a, , , , e]) => (await db.getWorkflow(a), db.getWorkflow(e))), 'ead');
  const before = stack.requests.count();
  await tab.run((ids) => Promise.all([db.getWorkflow(ids[0]), db.getWorkflow(ids[4])]), [a, b, c, d, e]);
  assert.equal(stack.requests.count(), before);
  assert.equal((await tab.run(() => cache.getStats())).evictions, 2);
});

test('an expired entry is requested again, and is removed by itself', async () => {
  const { tab, workflow } = await adaWith({ options: { cache: { defaultTTL: 100 } } });
  const key = `workflow:${workflow.id}`;
  await tab.calls(['getWorkflow', workflow.id]);
  await until(() => tab.run((key) => cache.get(key) === null, key));
  await tab.calls(['getWorkflow', workflow.id]);
  assert.equal(stack.requests.count(), 2);
  await until(async () => (await tab.run(() => cache.getStats().size)) === 0);
  assert.equal((await tab.run(() => cache.getStats())).expirations, 2);
});

test('an entry also expires by the wall clock alone, as after sleep', async () => {
  const { tab, workflow } = await adaWith();
  await tab.calls(['getWorkflow', workflow.id]);
  await tab.run(() => {
    const now = Date.now;
    Date.now = () => now() + 5 * 60_000;
  });
  await tab.calls(['getWorkflow', workflow.id]);
  assert.equal(stack.requests.count(), 2);
});

test('an entry expires by the monotonic clock even if the wall clock was set back', async () => {
  const tab = await world.open({ configured: false });
  const found = await tab.run(async () => {
    cache.set('long', 1, 60_000);
    cache.set('short', 1, 30);
    const [now, begun] = [Date.now, performance.now()];
    Date.now = () => now() - 60_000;
    await until(() => performance.now() - begun > 30);
    return [cache.peek('short'), cache.get('short'), cache.get('long')];
  });
  assert.deepEqual(found, [null, null, 1]);
});

test('fresh bypasses the browser’s HTTP cache and updates it', async () => {
  const { tab, workflow } = await adaWith();
  const keeps = { headers: { 'cache-control': 'max-age=600' }, body: [{ ...workflow, name: 'kept' }] };
  stack.faults.add({ match: { method: 'GET' }, action: 'status', status: 200, ...keeps });
  const names = await tab.run(async (id) => {
    const nameOf = async (/** @type {typeof db} */ from) => (await from.getWorkflow(id))?.name;
    const names = [await nameOf(db)];
    cache.clear();
    names.push(await nameOf(db));
    for (let count = 0; count < 2; count += 1) {
      names.push(await nameOf(/** @type {typeof db} */ (db.with({ fresh: true }))));
    }
    cache.clear();
    return [...names, await nameOf(db)];
  }, workflow.id);
  assert.deepEqual(names, ['kept', 'kept', ...Array(3).fill(workflow.name)]);
});

test('expired entries are removed when the page becomes visible', async () => {
  const { tab, workflow } = await adaWith();
  await tab.calls(['getWorkflow', workflow.id]);
  const size = await tab.run(() => {
    const now = Date.now;
    Date.now = () => now() + 5 * 60_000;
    document.dispatchEvent(new Event('visibilitychange'));
    return cache.getStats().size;
  });
  assert.equal(size, 0);
});

test('set accepts a lifetime', async () => {
  const tab = await world.open({ configured: false });
  await tab.run(() => {
    cache.set('short', 1, 40);
    cache.set('long', 1);
  });
  await until(() => tab.run(() => cache.get('short') === null));
  assert.equal(await tab.run(() => cache.get('long')), 1);
});

test('null results are not cached, empty lists are', async () => {
  const { tab } = await adaWith();
  const id = crypto.randomUUID();
  for (const [name, cost] of /** @type {const} */ ([
    ['getWorkflow', 2],
    ['getWorkflowWithRelations', 2],
    ['getWorkflowNodes', 1],
  ])) {
    stack.requests.clear();
    await tab.calls([name, id], [name, id]);
    assert.equal(stack.requests.count(), cost, name);
  }
});

test('the config of the first getCacheManager call applies, unless configure was called before', async () => {
  const tab = await world.open({ configured: false });
  const sizes = await tab.run(() => {
    const size = () => cache.getStats().maxSize;
    const sizes = [size()];
    wdb.getCacheManager({ maxSize: 9, defaultTTL: 5 });
    sizes.push(size());
    wdb.getCacheManager({ maxSize: 11 });
    sizes.push(size());
    wdb.configure({ url: env.url, key: env.key });
    sizes.push(size());
    wdb.configure({ url: env.url, key: env.key, cache: { maxSize: 13 } });
    return [...sizes, size()];
  });
  assert.deepEqual(sizes, [1000, 9, 9, 9, 13]);
});

test('an observer of an entry is called when it is stored, patched and dropped, until it stops', async () => {
  const { tab, workflow } = await adaWith();
  const heard = await tab.run(async (id) => {
    const key = wdb.cacheKeys.workflow(id);
    /** @type {any[]} */
    const heard = [];
    const stop = cache.observe(key, () =>
      heard.push(cache.get(key) && /** @type {any} */ (cache.get(key)).description),
    );
    await db.getWorkflow(id);
    await db.updateWorkflow(id, { description: 'patched' });
    await db.getWorkflow(id);
    cache.invalidate(key);
    await db.getWorkflow(id);
    await db.with({ fresh: true }).getWorkflow(id);
    stop();
    stop();
    await db.updateWorkflow(id, { description: 'unheard' });
    return heard;
  }, workflow.id);
  assert.deepEqual(heard, [null, 'patched', null, 'patched']);
});

test('staleMs returns stale rows at once and refreshes them in the background', async () => {
  const { tab, workflow } = await adaWith({ options: { cache: { staleMs: 0 } } });
  await tab.calls(['getWorkflow', workflow.id]);
  await stack.sql("update workflows set description = 'newer', updated_at = now() where id = $1", [
    workflow.id,
  ]);
  const [first] = await tab.calls(['getWorkflow', workflow.id]);
  assert.equal(first.value.description, null);
  const key = `workflow:${workflow.id}`;
  await until(() => tab.run((key) => /** @type {any} */ (cache.get(key)).description === 'newer', key));
});
