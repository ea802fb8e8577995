// @ts-check
// Inputs of the engine may throw, nest deeply or recurse: no call, client or page hangs or fails because of that.
import assert from 'node:assert/strict';
import test, { beforeEach } from 'node:test';
import { useLive } from './support/live.mjs';
import { sabotage } from './support/sabotage.mjs';
import { until } from './support/until.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, open, newUser, newWorkflow } = world;
const { follow } = useLive(world);

/** @type {import('./support/world.mjs').User} */
let ada;
/** @type {import('./support/world.mjs').User} */
let bob;
beforeEach(async () => {
  [ada, bob] = await Promise.all([newUser('ada'), newUser('bob')]);
});

const DEPTH = 3_000;

test('a deeply nested template of another user is harmless', async () => {
  const deep = '['.repeat(DEPTH) + ']'.repeat(DEPTH);
  const response = await fetch(`${stack.url}/rest/v1/workflow_templates`, {
    method: 'POST',
    headers: {
      apikey: stack.publishableKey,
      authorization: `Bearer ${bob.token}`,
      'content-type': 'application/json',
    },
    body: `{"name":"Nice ${bob.id}","workflow_data":{"nodes":${deep},"connections":[]}}`,
  });
  assert.equal(response.status, 201);
  const tab = await open({ as: ada, options: { debug: true } });
  await newWorkflow(ada);
  const seen = await tab.run(async () => {
    const first = await db.getTemplates();
    const handle = wdb.getRealtimeManager().open('workflow_templates', {}, () => {});
    await handle.ready;
    const second = await db.with({ fresh: true }).getTemplates();
    const isSame = first.every((row, index) => row === second[index]);
    handle.unsubscribe();
    return { isSame, workflows: (await db.getWorkflows(env.userId ?? '')).length, other: cache.get('x') };
  });
  assert.deepEqual(seen, { isSame: true, workflows: 1, other: null });
});

test('JSON of any depth can be saved, read and compared', async () => {
  const tab = await open({ as: ada, options: { debug: true } });
  const { id } = await newWorkflow(ada);
  const seen = await tab.run(async ([workflow_id, depth]) => {
    /** @type {any} */
    let config = 1;
    for (let level = 0; level < depth; level += 1) config = level % 2 ? [config] : { a: config };
    const node = await db.createWorkflowNode({ workflow_id, node_id: 'a', node_type: 't', config });
    const [read] = await db.getWorkflowNodes(workflow_id);
    const [again] = await db.with({ fresh: true }).getWorkflowNodes(workflow_id);
    let levels = 0;
    for (let value = node.config; typeof value === 'object'; value = Object.values(value)[0]) levels += 1;
    return { levels, isSame: read === again };
  }, /** @type {const} */ ([id, DEPTH]));
  assert.deepEqual(seen, { levels: DEPTH, isSame: true });
});

test('arguments and options that throw are refused, and other clients continue', async () => {
  const tab = await open({ as: ada });
  const seen = await tab.run(async () => {
    const other = wdb.createClient({ url: env.url, key: env.key, accessToken: () => env.token });
    const gone = () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    };
    const thrower = () => {
      throw new Error('from the application');
    };
    const hostile = [
      gone,
      () => ({
        get name() {
          return thrower();
        },
      }),
      () => ({ name: { toJSON: thrower } }),
      () => new Proxy({}, { ownKeys: thrower }),
      () => new Proxy({ name: 'x' }, { get: thrower }),
      () => ({ config: new Proxy([], { get: thrower }) }),
    ];
    /** @type {Record<string, number>} */
    const codes = {};
    for (let round = 0; round < 2_000; round += 1) {
      const bad = /** @type {any} */ (hostile[round % hostile.length])();
      const { code } = await failure(
        round % 2 ? db.getWorkflow(bad) : db.createWorkflow(env.userId ?? '', bad),
      );
      codes[code] = (codes[code] ?? 0) + 1;
    }
    const option = (/** @type {any} */ options) => failure(db.with(options).getWorkflows(env.userId ?? ''));
    const thrown = [
      await option({
        get signal() {
          return thrower();
        },
      }),
      await option({
        signal: {
          addEventListener: thrower,
          get aborted() {
            return thrower();
          },
        },
      }),
    ];
    const rows = await Promise.all([db, other.db].map((each) => each.getWorkflows(env.userId ?? '')));
    other.close();
    return { codes, thrown: thrown.map((each) => each.message), rows };
  });
  assert.deepEqual(seen, {
    codes: { INVALID_INPUT: 2_000 },
    thrown: ['from the application', 'from the application'],
    rows: [[], []],
  });
});

test('lists with holes, and lists that change between reads, are refused', async () => {
  const tab = await open({ as: ada });
  const seen = await tab.run(async () => {
    class Odd extends Array {
      map() {
        return /** @type {any} */ (5);
      }
    }
    let reads = 0;
    const changing = new Proxy([{}], {
      get: (list, name, receiver) =>
        name === '0' && (reads += 1) > 1 ? 5 : Reflect.get(list, name, receiver),
    });
    /** @type {any[]} */
    const lists = [Array(1), Odd.of(5), changing];
    /** @type {Promise<unknown>[]} */
    const calls = lists.flatMap((list) => [
      db.getWorkflows(/** @type {any} */ ({ workflows: [{ nodes: list }] })),
      db.batchSaveWorkflows(env.userId ?? '', /** @type {any} */ ({ workflows: list })),
    ]);
    const codes = await Promise.all(calls.map(async (call) => (await failure(call)).code));
    const events = thrown(() => wdb.getRealtimeManager().open('workflows', { events: Array(1) }, () => {}));
    return { codes, events: events.code, rows: await db.getWorkflows(env.userId ?? '') };
  });
  assert.deepEqual(seen, { codes: Array(6).fill('INVALID_INPUT'), events: 'INVALID_INPUT', rows: [] });
});

test('cache keys that are not strings are refused', async () => {
  const tab = await open({ as: ada });
  const seen = await tab.run(async () => {
    /** @type {any[]} */
    const bad = [5, {}, Symbol('k'), 10n, undefined, null, ['a']];
    const errors = bad.flatMap((key) => [
      thrown(() => cache.get(key)),
      thrown(() => cache.set(key, 1)),
      thrown(() => cache.invalidate(key)),
    ]);
    const ttl = thrown(() => cache.set('a', 1, /** @type {any} */ ({ valueOf: () => 1 })));
    return { errors, ttl, rows: await db.getWorkflows(env.userId ?? '') };
  });
  for (const { code, message } of seen.errors) {
    assert.deepEqual(
      [code, message],
      ['INVALID_INPUT', 'key: expected a string without half of a surrogate pair'],
    );
  }
  assert.equal(seen.ttl.code, 'INVALID_INPUT');
  assert.deepEqual(seen.rows, []);
});

test('errors thrown by a custom fetch, its responses, a socket or a handler stay isolated', async () => {
  const tab = await open({ as: ada });
  const seen = await tab.run(async () => {
    const { url, key } = env;
    const outcomes = [];
    const thrower = () => {
      throw new Error('from the application');
    };
    /** @type {any[]} */
    const fetches = [
      thrower,
      () => null,
      () => ({ status: 200, headers: { get: () => 5 }, text: () => '[]' }),
      () => ({ status: 200, headers: { get: () => null }, json: () => new Proxy([], { get: thrower }) }),
      () => ({ status: 200, headers: { get: thrower }, text: () => '[]' }),
      () => new Proxy({}, { get: thrower }),
    ];
    for (const fetch of fetches) {
      const client = wdb.createClient({ url, key, fetch, retry: { maxAttempts: 1 } });
      const result = await outcome(client.db.getSavedTemplates(env.userId ?? ''));
      outcomes.push(result.error?.code ?? result.value.length);
      client.close();
    }
    const Socket = /** @type {any} */ (thrower);
    const client = wdb.createClient({ url, key, WebSocket: Socket, onEvent: thrower });
    client.realtime.open('workflows', { scope: env.userId ?? '' }, thrower);
    const rows = await client.db.getWorkflows(env.userId ?? '');
    client.close();
    return { outcomes, rows: rows.length, own: (await db.getWorkflows(env.userId ?? '')).length };
  });
  // Each handler's error was reported as an uncaught error.
  for (const problem of world.takeProblems()) assert.match(problem, /from the application/);
  assert.deepEqual(seen, {
    outcomes: ['NETWORK', 'NETWORK', 0, 'NETWORK', 'NETWORK', 'NETWORK'],
    rows: 0,
    own: 0,
  });
});

test('endless recursion in the application leaves the client unchanged or restarts it', async () => {
  const tab = await open({ as: ada });
  const seen = await tab.run(async () => {
    const other = wdb.createClient({ url: env.url, key: env.key, accessToken: () => env.token });
    /** @type {Record<string, () => void>} */
    const bugs = {
      set() {
        cache.set('draft', {});
        bugs.set?.();
      },
      invalidate() {
        cache.invalidate('draft');
        bugs.invalidate?.();
      },
      // Repeatedly with almost no stack left, from the innermost frame outwards.
      innermost() {
        try {
          bugs.innermost?.();
        } finally {
          try {
            cache.set('draft'.repeat(600), {});
          } catch {
            // The application may swallow the error.
          }
        }
      },
    };
    const outcomes = [];
    for (const bug of Object.values(bugs)) {
      const underWay = other.db.with({ fresh: true }).getWorkflows(env.userId ?? '');
      try {
        bug();
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
      const { error } = await outcome(underWay);
      const rows = await Promise.all([db, other.db].map((each) => each.getWorkflows(env.userId ?? '')));
      cache.set('draft', 'kept');
      outcomes.push([error?.code ?? 'answered', rows.flat().length, cache.get('draft')]);
    }
    other.close();
    return outcomes;
  });
  for (const [ended, rows, kept] of seen) {
    assert.ok(['answered', 'ENGINE_RESTARTED'].includes(ended), ended);
    assert.deepEqual([rows, kept], [0, 'kept']);
  }
  // A notification that finds the stack full is reported like a handler that fails.
  for (const problem of world.takeProblems()) assert.match(problem, /Maximum call stack size exceeded/);
});

test('a listener that changes its own entry endlessly is stopped and reported', async () => {
  const tab = await open({ as: ada });
  const seen = await tab.run(async () => {
    let calls = 0;
    const end = cache.observe('draft', () => {
      calls += 1;
      cache.invalidate('draft');
      cache.set('draft', {});
    });
    cache.set('draft', {});
    const afterFirst = calls;
    end();
    return { afterFirst, rows: await db.getWorkflows(env.userId ?? '') };
  });
  assert.ok(seen.afterFirst > 1 && seen.afterFirst <= 200, String(seen.afterFirst));
  assert.deepEqual(seen.rows, []);
  const [problem, ...more] = world.takeProblems();
  assert.match(problem ?? '', /a handler causes the very change/);
  assert.deepEqual(more, []);
});

test('after an engine failure at any point, calls end, both clients continue, and the application is notified', async () => {
  await newWorkflow(ada);
  const tab = await open({ configured: false });
  await tab.run(sabotage);
  const token = ada.token;
  const failures = await tab.run(async ([token, userId]) => {
    const { trap } = /** @type {any} */ (globalThis);
    const make = (/** @type {string[]} */ events) =>
      wdb.createClient({
        url: env.url,
        key: env.key,
        accessToken: () => token,
        retry: { maxAttempts: 1 },
        onEvent: (event) => event.type === 'engineRestarted' && events.push(event.error.code),
      });
    const program = async (/** @type {number} */ count) => {
      /** @type {string[]} */
      const events = [];
      const [one, other] = [make(events), make(events)];
      await one.db.getWorkflows(userId);
      trap.arm(count);
      const calls = [
        one.db.with({ fresh: true }).getWorkflows(userId),
        one.db.getUserProfile(userId),
        other.db.getWorkflows(userId),
        other.db.createWorkflow(userId, { name: `made ${count}` }),
      ];
      try {
        one.cache.set('draft', {});
        one.cache.invalidate('draft');
      } catch (error) {
        calls.push(Promise.reject(error));
      }
      const ended = await Promise.all(calls.map((call) => outcome(call)));
      const isSpent = trap.rest <= 0;
      trap.arm(Infinity);
      const rows = await Promise.all([one, other].map((each) => each.db.getWorkflows(userId)));
      one.cache.set('draft', 'kept');
      const isWhole = rows.every((list) => list.length > 0) && one.cache.get('draft') === 'kept';
      [one, other].forEach((client) => client.close());
      return { codes: ended.map(({ error }) => error?.code ?? 'ok'), events, isSpent, isWhole };
    };
    const before = trap.calls;
    await program(Infinity);
    const span = trap.calls - before;
    const all = [];
    for (let count = 1; count <= span; count += Math.ceil(span / 60)) all.push(await program(count));
    return all;
  }, /** @type {const} */ ([token, ada.id]));
  for (const { codes, events, isSpent, isWhole } of failures) {
    assert.ok(isWhole, 'a client did not continue');
    assert.ok(
      codes.every((code) => ['ok', 'ENGINE_RESTARTED'].includes(code)),
      codes.join(),
    );
    if (isSpent && codes.includes('ENGINE_RESTARTED')) assert.ok(events.includes('ENGINE_RESTARTED'));
  }
  const ended = failures.filter(({ codes }) => codes.includes('ENGINE_RESTARTED'));
  assert.ok(ended.length > failures.length / 3, `${ended.length} of ${failures.length} failed`);
});

test('subscriptions reopen after a failure, report possibly missed changes, and receive later ones', async () => {
  const tab = await open({ as: ada, configured: false });
  await tab.run(sabotage);
  await tab.run(() => wdb.configure({ url: env.url, key: env.key, accessToken: () => env.token }));
  await follow(tab, 'workflows', { scope: ada.id });
  await tab.run(async () => {
    const { trap } = /** @type {any} */ (globalThis);
    trap.arm(1);
    await outcome(db.getUserProfile(env.userId ?? ''));
    trap.arm(Infinity);
    await until(() => following.first.handle.status === 'live' && following.first.gaps === 1);
  });
  await newWorkflow(ada, { name: 'after' });
  await until(async () => (await tab.run(() => following.first.told)).length > 0);
  const { told, statuses } = await tab.run(() => ({
    told: following.first.told,
    statuses: following.first.statuses,
  }));
  assert.deepEqual(
    told.map(({ type, record }) => [type, record.name]),
    [['INSERT', 'after']],
  );
  assert.deepEqual(statuses, ['live', 'reconnecting', 'live']);
});
