// @ts-check
// What hooks share with each other and with the rest of the package, and what they keep separate.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASKED, VERSIONS, useHooks } from './support/world.mjs';

const { stack, openHooks, openLive, newUser, newWorkflow, newEstate } = await useHooks();

const QUIET = { loading: false, error: null, isFetching: false };

for (const version of VERSIONS) {
  const it = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) =>
    test(`React ${version}: ${name}`, run);

  it('both entry points share one package', async () => {
    const tab = await openHooks(version, null);
    const facts = await tab.run(() => [
      react.db === wdb.db,
      react.DatabaseError === wdb.DatabaseError,
      react.getCacheManager() === wdb.getCacheManager(),
      Object.keys(wdb).every((name) => name in react),
    ]);
    assert.deepEqual(facts, [true, true, true, true]);
  });

  it('another user sees no rows of the previous one, not even before the response', async () => {
    const [ada, grace] = [await newUser('ada'), await newUser('grace')];
    const estate = await newEstate(ada);
    const tab = await openHooks(version, ada);
    const facts = await tab.run(async ([userId, workflowId, executionId, token]) => {
      show('list', 'useWorkflows', [userId]);
      show('one', 'useWorkflow', [workflowId]);
      show('run', 'useExecution', [executionId]);
      show('runs', 'useExecutionHistory', [workflowId]);
      show('logs', 'useAuditLogs', [userId]);
      const names = ['list', 'one', 'run', 'runs', 'logs'];
      await Promise.all(names.map(settledView));
      const before = names.map(view);
      const from = names.map((name) => given(name).length);
      env.token = token;
      wdb.authChanged();
      await until(() => latest('one').workflow === null);
      const after = await Promise.all(names.map(settledView));
      const steps = names.flatMap((name, index) => given(name).slice(from[index]).map(plain));
      return { before, after, steps: JSON.stringify(steps) };
    }, /** @type {const} */ ([ada.id, estate.workflow.id, estate.execution.id, grace.token]));
    assert.equal(facts.before[0].workflows.length, 1);
    assert.ok(facts.before[4].logs.length > 0);
    assert.deepEqual(facts.after[0], { workflows: [], ...QUIET });
    assert.deepEqual(facts.after[1], { workflow: null, role: null, isSaving: false, ...QUIET });
    assert.deepEqual(facts.after[2], { execution: null, nodeResults: [], isUpdating: false, ...QUIET });
    assert.deepEqual([facts.after[3].data, facts.after[4].logs], [[], []]);
    for (const id of [estate.workflow.id, estate.execution.id]) assert.ok(!facts.steps.includes(id));
  });

  it('a component hidden during a change of user shows no rows of the previous one', async () => {
    const [ada, grace] = [await newUser('ada'), await newUser('grace')];
    await newWorkflow(ada);
    const tab = await openHooks(version, ada);
    const shown = await tab.run(async ([userId, token]) => {
      let isGone = true;
      const obstacle = {
        get isGone() {
          return isGone;
        },
        promise: Promise.resolve(),
      };
      show('list', 'useWorkflows', [userId], { obstacle });
      await settledView('list');
      const from = given('list').length;
      // While suspended again, it keeps its state, but is not visible.
      let comeBack = () => {};
      obstacle.promise = new Promise((resolve) => (comeBack = () => resolve()));
      isGone = false;
      show('list', 'useWorkflows', [userId], { obstacle, rows: 'workflows' });
      await new Promise((resolve) => setTimeout(resolve, 50));
      env.token = token;
      wdb.authChanged();
      await new Promise((resolve) => setTimeout(resolve, 50));
      isGone = true;
      comeBack();
      await until(() => given('list').length > from);
      await settledView('list');
      return given('list')
        .slice(from)
        .map(({ workflows }) => workflows.length);
    }, /** @type {const} */ ([ada.id, grace.token]));
    assert.deepEqual(new Set(shown), new Set([0]));
  });

  it('a list page that was hidden during a change of user does not load forever', async () => {
    const [ada, grace] = [await newUser('ada'), await newUser('grace')];
    const { workflow } = await newEstate(ada);
    const tab = await openHooks(version, ada);
    const shown = await tab.run(async ([id, token]) => {
      const args = [id, { realtime: false }];
      show('hidden', 'useExecutionHistory', args);
      show('seen', 'useExecutionHistory', args);
      await Promise.all(['hidden', 'seen'].map(settledView));
      show('hidden', 'useExecutionHistory', args, { mode: 'hidden' });
      await new Promise((resolve) => setTimeout(resolve, 50));
      env.token = token;
      wdb.authChanged();
      await until(() => latest('seen').total === 0);
      await settledView('seen');
      const from = given('hidden').length;
      show('hidden', 'useExecutionHistory', args, { mode: 'visible' });
      await until(() => !latest('hidden').loading && latest('hidden').total === 0);
      return given('hidden').slice(from).map(plain);
    }, /** @type {const} */ ([workflow.id, grace.token]));
    assert.ok(!JSON.stringify(shown).includes(ada.id));
  });

  it('a closed client stays closed with mounted and unmounted hooks', async () => {
    const user = await newUser('ada');
    await newWorkflow(user);
    const tab = await openLive(version, user);
    const followed = await tab.run(async (userId) => {
      const client = wdb.createClient({ url: env.url, key: env.key, accessToken: () => env.token });
      const followed = () => client.realtime.getActiveSubscriptions().length;
      const counts = [];
      show('list', 'useWorkflows', [userId], { client });
      await until(() => followed() === 1);
      hide('list');
      await new Promise((resolve) => setTimeout(resolve, 50));
      client.close();
      await new Promise((resolve) => setTimeout(resolve, 50));
      counts.push(followed());

      const other = wdb.createClient({ url: env.url, key: env.key, accessToken: () => env.token });
      show('other', 'useWorkflows', [userId], { client: other });
      await until(() => other.realtime.getActiveSubscriptions().length === 1);
      other.close();
      await until(() => latest('other').error?.code === 'NOT_CONFIGURED');
      await settledView('other');
      return [...counts, other.realtime.getActiveSubscriptions().length];
    }, user.id);
    assert.deepEqual(followed, [0, 0]);
  });

  it('a hook rendered before configure reads after it', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openHooks(version, user, { configured: false });
    const facts = await tab.run(async (userId) => {
      show('list', 'useWorkflows', [userId]);
      const before = await settledView('list');
      react.configure({ url: env.url, key: env.key, accessToken: () => env.token });
      await until(() => latest('list').workflows.length > 0);
      return { before, after: await settledView('list') };
    }, user.id);
    assert.deepEqual(facts.before, {
      workflows: [],
      ...QUIET,
      error: { code: 'NOT_CONFIGURED', isOurs: true },
    });
    assert.deepEqual(facts.after, { workflows: [workflow], ...QUIET });
  });

  it('a response that arrives between rendering and mounting ends the loading state', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openHooks(version, user);
    const shown = await tab.run(async (userId) => {
      await db.getWorkflows(userId);
      let isMounted = false;
      const late = {
        ...cache,
        peek: (/** @type {string} */ key) => (isMounted ? cache.peek(key) : null),
        observe: (/** @type {string} */ key, /** @type {() => void} */ listener) => {
          isMounted = true;
          return cache.observe(key, listener);
        },
      };
      show('list', 'useWorkflows', [userId], { client: { db, cache: late } });
      return settledView('list');
    }, user.id);
    assert.deepEqual(shown, { workflows: [workflow], ...QUIET });
    assert.equal(stack.requests.count(ASKED), 1);
  });

  it('hooks use the provider’s client', async () => {
    const user = await newUser('ada');
    await newWorkflow(user);
    const tab = await openHooks(version, user);
    const facts = await tab.run(async (userId) => {
      const client = wdb.createClient({ url: env.url, key: env.key, accessToken: () => env.token });
      show('list', 'useWorkflows', [userId], { client });
      const { workflows } = await settledView('list');
      return [workflows.length, client.cache.getStats().size, cache.getStats().size];
    }, user.id);
    assert.deepEqual(facts, [1, 1, 0]);
  });

  it('a provider that gets a new client on every render warns once; one whose client changes does not', async () => {
    const user = await newUser('ada');
    const tab = await openHooks(version, user);
    const counts = await tab.run(async (userId) => {
      const warnings = /** @type {string[]} */ ([]);
      console.warn = (text) => warnings.push(text);
      const { url, key } = env;
      const make = () => wdb.createClient({ url, key, accessToken: () => env.token });
      const showWith = async (/** @type {ReturnType<typeof make>} */ client) => {
        show('list', 'useWorkflows', [userId], { client });
        await until(() => latest('list') !== undefined);
        await settledView('list');
        return warnings.filter((text) => text.includes('WorkflowDbProvider')).length;
      };
      const [first, second] = [make(), make()];
      const counts = [];
      for (const client of [first, first, second, second]) counts.push(await showWith(client));
      for (let count = 0; count < 4; count += 1) counts.push(await showWith(make()));
      return counts;
    }, user.id);
    assert.deepEqual(counts, [0, 0, 0, 0, 0, 1, 1, 1]);
  });

  it('a suspended component sends no request until it mounts, and then one', async () => {
    const user = await newUser('ada');
    await newWorkflow(user);
    const tab = await openHooks(version, user);
    const early = await tab.run(async (userId) => {
      const obstacle = { isGone: false, promise: Promise.resolve(), remove: () => {} };
      obstacle.promise = new Promise((resolve) => {
        obstacle.remove = () => ((obstacle.isGone = true), resolve());
      });
      show('list', 'useWorkflows', [userId], { obstacle });
      await new Promise((resolve) => setTimeout(resolve, 100));
      const before = { shown: given('list').length, ...cache.getStats() };
      obstacle.remove();
      await settledView('list');
      return [before.shown, before.inFlight, before.size, latest('list').workflows.length];
    }, user.id);
    assert.deepEqual(early, [0, 0, 0, 1]);
    assert.equal(stack.requests.count(ASKED), 1);
  });

  it('rows are refetched on focus and when online again, if enabled, in the background', async () => {
    const user = await newUser('ada');
    await newWorkflow(user);
    const tab = await openHooks(version, user);
    const facts = await tab.run(async (userId) => {
      show('list', 'useWorkflows', [userId]);
      show('own', 'useApiKeys', [userId, { refetchOnFocus: true }]);
      show('provided', 'useBrandSettings', [userId], { defaults: { refetchOnReconnect: true } });
      const names = ['list', 'own', 'provided'];
      await Promise.all(names.map(settledView));
      const counts = [];
      for (const [event, refetched] of [
        ['focus', 1],
        ['online', 2],
      ]) {
        const from = names.map((name) => given(name).length);
        window.dispatchEvent(new Event(event));
        await until(() => given(names[refetched]).length > from[refetched]);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await Promise.all(names.map(settledView));
        counts.push(
          names.map((name, index) =>
            given(name)
              .slice(from[index])
              .map(({ loading }) => loading),
          ),
        );
      }
      return counts;
    }, user.id);
    assert.deepEqual(facts, [
      [[], [false, false], []],
      [[], [], [false, false]],
    ]);
    assert.equal(stack.requests.count(ASKED), 5);
  });

  it('components share a subscription, which is kept briefly after the last one unmounts', async () => {
    const user = await newUser('ada');
    const { workflow, execution } = await newEstate(user);
    const tab = await openLive(version, user);
    const facts = await tab.run(
      async ([userId, workflowId, executionId, otherToken]) => {
        const { token } = env;
        /** @type {string[]} */
        const log = [];
        /** @type {{ status: string }[]} */
        const handles = [];
        const open = (/** @type {string} */ table, /** @type {{ scope: string }} */ { scope }) => {
          const id = `${table} ${scope}`;
          log.push(`+ ${id}`);
          const handle = { status: 'live', unsubscribe: () => log.push(`- ${id}`) };
          handles.push(handle);
          return handle;
        };
        const own = wdb.createClient({ url: env.url, key: env.key, accessToken: () => env.token });
        const client = { ...own, db: own.db, cache: own.cache, realtime: { open } };
        const take = () => log.splice(0).sort();
        const pause = () => new Promise((resolve) => setTimeout(resolve, 1_000));
        show('one', 'useWorkflows', [userId], { client });
        show('two', 'useWorkflows', [userId], { client });
        await Promise.all(['one', 'two'].map(settledView));
        const steps = [take()];
        hide('one');
        hide('two');
        await new Promise((resolve) => setTimeout(resolve));
        show('three', 'useWorkflows', [userId], { client });
        await pause();
        steps.push(take());
        // Another user signs in: hooks that are still mounted subscribe again.
        handles[0].status = 'closed';
        env.token = otherToken;
        own.authChanged();
        await until(() => log.length > 0);
        await pause();
        env.token = token;
        own.authChanged();
        steps.push(take());
        hide('three');
        await until(() => log.length > 0);
        steps.push(take());
        const all = [
          ['useWorkflows', [userId, { realtime: false }]],
          ['useWorkflow', [workflowId]],
          ['useApiKeys', [userId]],
          ['useApiKey', [userId, 'openai']],
          ['useAuditLogs', [userId]],
          ['useRecentAuditActivity', [userId]],
          ['useAuditSummary', [userId]],
          ['useExecutionHistory', [workflowId]],
          ['useExecution', [executionId]],
          ['useExecutionProgress', [executionId]],
          ['useBrandSettings', [userId]],
          ['useAccountSettings', [userId]],
          ['useApiKeys', ['']],
        ];
        all.forEach(([hook, args], index) =>
          show(`${index}`, String(hook), /** @type {any[]} */ (args), { client }),
        );
        await Promise.all(all.map((_, index) => settledView(`${index}`)));
        steps.push(take());
        return steps;
      },
      /** @type {const} */ ([user.id, workflow.id, execution.id, (await newUser('grace')).token]),
    );
    const [u, w, e] = [user.id, workflow.id, execution.id];
    assert.deepEqual(facts.slice(0, 4), [
      [`+ workflows ${u}`],
      [],
      [`+ workflows ${u}`],
      [`- workflows ${u}`],
    ]);
    assert.deepEqual(
      facts[4],
      [
        ...[
          `workflows ${w}`,
          `workflow_nodes ${w}`,
          `workflow_connections ${w}`,
          `api_keys ${u}`,
          `audit_logs ${u}`,
        ],
        ...[`workflow_executions ${w}`, `workflow_executions ${e}`, `execution_node_results ${e}`],
        ...[`brand_settings ${u}`, `account_settings ${u}`],
      ]
        .map((name) => `+ ${name}`)
        .sort(),
    );
  });
}
