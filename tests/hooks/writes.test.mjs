// @ts-check
// Writes of hooks: their order, their user, and mistakes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VERSIONS, useHooks } from './support/world.mjs';

const { stack, openHooks, newUser, newWorkflow, newEstate, insert, row } = await useHooks();

for (const version of VERSIONS) {
  const it = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) =>
    test(`React ${version}: ${name}`, run);

  it('the last of two quick writes to a row appears at once, stays, and is the last in the database', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openHooks(version, user);
    for (const action of /** @type {const} */ (['latency', 'latencyAfter'])) {
      stack.faults.add({ match: { method: 'PATCH' }, action, ms: 300 });
      const shown = await tab.run(async ([userId, id, action]) => {
        show('list', 'useWorkflows', [userId, { realtime: false }]);
        show('one', 'useWorkflow', [id]);
        await Promise.all(['list', 'one'].map(settledView));
        const first = latest('list').updateWorkflow(id, { description: `${action} h` });
        const second = latest('one').updateWorkflow({ description: `${action} he` });
        await until(() => latest('list').workflows[0].description === `${action} he`);
        const from = given('list').length - 1;
        await Promise.all([first, second]);
        await settledView('list');
        return given('list')
          .slice(from)
          .map(({ workflows }) => workflows[0].description);
      }, /** @type {const} */ ([user.id, workflow.id, action]));
      assert.deepEqual(new Set(shown), new Set([`${action} he`]));
      assert.equal((await row('workflows', workflow.id))?.description, `${action} he`);
    }
  });

  it('a queued write is not sent after another user signed in', async () => {
    const [ada, grace] = [await newUser('ada'), await newUser('grace')];
    const workflow = await newWorkflow(ada);
    const tab = await openHooks(version, ada, { configured: false });
    const codes = await tab.run(async ([id, token]) => {
      const gate = gatedFetch((_, { method }) => method === 'PATCH');
      const { url, key } = env;
      react.configure({ url, key, accessToken: () => env.token, fetch: gate.fetch });
      show('one', 'useWorkflow', [id]);
      await settledView('one');
      const { updateWorkflow } = latest('one');
      const writes = ['a', 'b'].map((description) => failure(updateWorkflow({ description })));
      await gate.arrived(1);
      env.token = token;
      wdb.authChanged();
      const errors = await Promise.all(writes);
      await settledView('one');
      return [...errors.map(({ code }) => code), latest('one').error, latest('one').isSaving];
    }, /** @type {const} */ ([workflow.id, grace.token]));
    assert.deepEqual(codes, ['ABORTED', 'ABORTED', null, false]);
    assert.equal(stack.requests.count({ method: 'PATCH' }), 1);
  });

  it('a missing patch is INVALID_INPUT, as for db: functions reject and set error', async () => {
    const user = await newUser('ada');
    const { workflow, execution } = await newEstate(user);
    const [key] = await insert('api_keys', [
      { user_id: user.id, service_name: 'openai', encrypted_key: 'x', is_active: true },
    ]);
    const tab = await openHooks(version, user);
    const codes = await tab.run(async ([userId, id, executionId, keyId]) => {
      const all = /** @type {[string, unknown[], string, unknown[]][]} */ ([
        ['useWorkflows', [userId], 'updateWorkflow', [id]],
        ['useWorkflows', [userId], 'updateWorkflow', []],
        ['useWorkflows', [userId], 'createWorkflow', []],
        ['useWorkflow', [id], 'updateWorkflow', []],
        ['useApiKeys', [userId], 'updateApiKey', [keyId]],
        ['useApiKeys', [userId], 'createApiKey', []],
        ['useApiKey', [userId, 'openai'], 'updateApiKey', []],
        ['useExecution', [executionId], 'updateExecution', []],
        ['useBrandSettings', [userId], 'updateBrandSettings', []],
        ['useAccountSettings', [userId], 'updateAccountSettings', [null]],
      ]);
      const codes = [];
      for (const [index, [hook, args, name, given]] of all.entries()) {
        show(`${index}`, hook, args);
        await settledView(`${index}`);
        const { code } = await failure(latest(`${index}`)[name](...given));
        await until(() => latest(`${index}`).error !== null);
        codes.push([code, latest(`${index}`).error.code]);
      }
      return codes;
    }, /** @type {const} */ ([user.id, workflow.id, execution.id, key.id]));
    assert.deepEqual(codes, Array(10).fill(['INVALID_INPUT', 'INVALID_INPUT']));
  });

  it('a first save of settings keeps the default of undefined columns', async () => {
    const user = await newUser('ada');
    const tab = await openHooks(version, user);
    const [shown, saved] = await tab.run(async (userId) => {
      show('account', 'useAccountSettings', [userId]);
      const { settings } = await settledView('account');
      return [
        settings,
        await latest('account').updateAccountSettings({ language: undefined, theme: 'dark' }),
      ];
    }, user.id);
    // Not the database's default.
    assert.deepEqual([saved.language, saved.theme], [shown.language, 'dark']);
    assert.notEqual(shown.language, 'en');
  });

  it('another user does not see the error of a previous user’s write', async () => {
    const [ada, grace] = [await newUser('ada'), await newUser('grace')];
    const [{ id }, { name }] = [await newWorkflow(ada), await newWorkflow(ada)];
    const tab = await openHooks(version, ada);
    const facts = await tab.run(async ([id, name, token]) => {
      show('one', 'useWorkflow', [id]);
      await settledView('one');
      await failure(latest('one').updateWorkflow({ name }));
      await until(() => latest('one').error !== null);
      const before = latest('one').error.code;
      env.token = token;
      wdb.authChanged();
      await until(() => latest('one').workflow === null);
      await settledView('one');
      return [before, latest('one').error];
    }, /** @type {const} */ ([id, name, grace.token]));
    assert.deepEqual(facts, ['23505', null]);
  });

  it('a write to a key does not appear over another user’s key for the same service', async () => {
    const user = await newUser('ada');
    await insert('api_keys', [
      { user_id: user.id, service_name: 'openai', encrypted_key: 'x', is_active: true },
    ]);
    const tab = await openHooks(version, user);
    stack.faults.add({ match: { method: 'DELETE' }, action: 'latency', ms: 200 });
    const counts = await tab.run(
      async ([userId, otherId]) => {
        show('mine', 'useApiKey', [userId, 'openai']);
        const { key } = await settledView('mine');
        cache.set(wdb.cacheKeys.apiKeys(otherId), [{ ...key, id: otherId, user_id: otherId }]);
        show('theirs', 'useApiKeys', [otherId, { realtime: false }]);
        await settledView('theirs');
        const from = given('theirs').length - 1;
        const deleted = latest('mine').deleteApiKey();
        await until(() => latest('mine').key === null);
        await deleted;
        return given('theirs')
          .slice(from)
          .map(({ keys }) => keys.length);
      },
      /** @type {const} */ ([user.id, (await newUser('grace')).id]),
    );
    assert.deepEqual(new Set(counts), new Set([1]));
  });

  it('a change based on the optimistic state of a pending write does not conflict with it', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openHooks(version, user);
    stack.faults.add({ match: { method: 'PATCH' }, action: 'latencyAfter', ms: 300 });
    const saved = await tab.run(async (id) => {
      show('one', 'useWorkflow', [id]);
      await settledView('one');
      const publishing = latest('one').updateWorkflow({ is_public: true });
      await until(() => latest('one').workflow.is_public);
      const { updated_at, nodes, connections } = latest('one').workflow;
      const graph = { nodes: [...nodes, { node_id: 'n', node_type: 't' }], connections };
      const saved = await outcome(db.saveWorkflowGraph(id, graph, { ifUpdatedAt: updated_at }));
      await publishing;
      return { code: saved.error?.code, isPublic: saved.value?.is_public };
    }, workflow.id);
    assert.deepEqual(saved, { code: undefined, isPublic: true });
  });
}
