// @ts-check
// `useEntry`: reads for which there is no hook.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLive } from './support/live.mjs';
import { ASKED, REFUSED, VERSIONS, useHooks } from './support/world.mjs';

const { stack, openHooks, newUser, newWorkflow, insert } = await useHooks();
const { isLive, shows } = createLive({ stack });

const QUIET = { loading: false, error: null, isFetching: false };

for (const version of VERSIONS) {
  const it = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) =>
    test(`React ${version}: ${name}`, run);

  it('useEntry returns every field, and components with the same key share one request', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const [favorite] = await insert('workflow_favorites', [{ user_id: user.id, workflow_id: workflow.id }]);
    const tab = await openHooks(version, user);
    const facts = await tab.run(async (userId) => {
      const read = (/** @type {import('../../pkg/index.js').DbFunctions} */ from) =>
        from.getFavorites(userId);
      const args = [wdb.cacheKeys.favorites(userId), read];
      for (const name of ['one', 'two']) show(name, 'useEntry', args);
      await until(() => latest('one'));
      const first = view('one');
      const loaded = await settledView('one');
      const isShared = latest('one').data === latest('two').data;
      const { refresh } = latest('one');
      const refreshing = refresh('ignored');
      await until(() => latest('one').loading);
      const during = view('one');
      await refreshing;
      const refreshed = await settledView('one');
      return { first, loaded, isShared, during, refreshed, isStable: refresh === latest('one').refresh };
    }, user.id);
    assert.deepEqual(facts.first, { loading: true, error: null, isFetching: true, data: undefined });
    assert.deepEqual(facts.loaded, { data: [favorite], ...QUIET });
    assert.deepEqual(facts.during, { data: [favorite], loading: true, error: null, isFetching: true });
    assert.deepEqual(facts.refreshed, facts.loaded);
    assert.deepEqual([facts.isShared, facts.isStable], [true, true]);
    assert.equal(stack.requests.count(ASKED), 2);
  });

  it('useEntry without a key reads nothing, and another key starts with its own read', async () => {
    const user = await newUser('ada');
    const [first, second] = [
      await newWorkflow(user, { name: 'first' }),
      await newWorkflow(user, { name: 'second' }),
    ];
    const tab = await openHooks(version, user);
    const facts = await tab.run(
      async (ids) => {
        const ask = (/** @type {string | null} */ id) =>
          show('row', 'useEntry', [
            id && wdb.cacheKeys.workflow(id),
            (/** @type {any} */ from) => from.getWorkflow(id),
          ]);
        ask(null);
        await until(() => latest('row'));
        const none = await settledView('row');
        const names = [];
        for (const id of ids) {
          const from = given('row').length;
          ask(id);
          await until(() => latest('row').data?.id === id);
          names.push(
            given('row')
              .slice(from)
              .map(({ data }) => data?.name),
          );
        }
        return { none, names: names.map((shown) => [...new Set(shown)]) };
      },
      [first.id, second.id],
    );
    assert.deepEqual(facts.none, { data: undefined, ...QUIET });
    assert.deepEqual(facts.names, [
      [undefined, 'first'],
      [undefined, 'second'],
    ]);
    assert.equal(stack.requests.count(ASKED), 2);
  });

  it('useEntry shows own writes, and with `realtime` changes by others', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openHooks(version, user);
    await tab.run((userId) => {
      const read = (/** @type {any} */ from) => from.getFavorites(userId);
      const realtime = { table: 'workflow_favorites', scope: userId };
      show('favorites', 'useEntry', [wdb.cacheKeys.favorites(userId), read, { realtime }]);
      return settledView('favorites');
    }, user.id);
    await isLive(tab);
    const own = await tab.run(
      ([userId, workflowId]) => db.addFavorite(userId, workflowId),
      /** @type {const} */ ([user.id, workflow.id]),
    );
    await shows(tab, 'favorites', 'data', [own]);
    await stack.sql('delete from public.workflow_favorites where id = $1', [own.id]);
    await shows(tab, 'favorites', 'data', []);
  });

  it('useEntry subscribes only on request, and to the whole table without a scope', async () => {
    const user = await newUser('ada');
    const tab = await openHooks(version, user);
    await tab.run(async () => {
      const args = [wdb.cacheKeys.templates(), (/** @type {any} */ from) => from.getTemplates()];
      show('still', 'useEntry', args);
      await settledView('still');
    });
    assert.deepEqual(await tab.run(() => react.getRealtimeManager().getActiveSubscriptions()), []);
    await tab.run(() => {
      const read = (/** @type {any} */ from) => from.getTemplates();
      show('live', 'useEntry', [
        wdb.cacheKeys.templates(),
        read,
        { realtime: { table: 'workflow_templates' } },
      ]);
    });
    await isLive(tab);
    const [made] = await insert('workflow_templates', [
      {
        created_by: user.id,
        name: 'made',
        category: 'x',
        workflow_data: { nodes: [], connections: [] },
      },
    ]);
    for (const name of ['live', 'still']) await shows(tab, name, 'data', [made]);
    await stack.sql('delete from public.workflow_templates where id = $1', [made.id]);
  });

  it('useEntry returns the read’s error, and a refresh uses the latest read function', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    stack.faults.add({ match: ASKED, ...REFUSED });
    const tab = await openHooks(version, user);
    const facts = await tab.run(async (id) => {
      const ask = (/** @type {string} */ label) =>
        show('row', 'useEntry', [
          'labelled',
          async (/** @type {any} */ from) => [label, (await from.getWorkflow(id)).id],
        ]);
      ask('first');
      await until(() => latest('row')?.error);
      const failed = view('row');
      const from = given('row').length;
      ask('second');
      await until(() => given('row').length > from);
      const outcome = await latest('row').refresh();
      return { failed, outcome, loaded: await settledView('row') };
    }, workflow.id);
    assert.deepEqual(facts.failed, { data: undefined, ...QUIET, error: { code: '23514', isOurs: true } });
    assert.equal(facts.outcome, undefined);
    assert.deepEqual(facts.loaded, { data: ['second', workflow.id], ...QUIET });
  });

  it('useEntry shows the next user no rows of the previous one', async () => {
    const [ada, grace] = [await newUser('ada'), await newUser('grace')];
    const workflow = await newWorkflow(ada, { name: 'secret' });
    const tab = await openHooks(version, ada);
    const shown = await tab.run(async ([id, token]) => {
      show('row', 'useEntry', [
        wdb.cacheKeys.workflow(id),
        (/** @type {any} */ from) => from.getWorkflow(id),
      ]);
      await settledView('row');
      const from = given('row').length;
      env.token = token;
      wdb.authChanged();
      await until(() => latest('row').data === null);
      return JSON.stringify(given('row').slice(from).map(plain));
    }, /** @type {const} */ ([workflow.id, grace.token]));
    assert.ok(!shown.includes('secret'));
  });
}
