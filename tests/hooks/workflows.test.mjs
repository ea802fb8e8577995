// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newGate } from '../e2e/support/until.mjs';
import { createLive } from './support/live.mjs';
import { ASKED, REFUSED, VERSIONS, useHooks } from './support/world.mjs';

const world = await useHooks();
const { stack, rest, openHooks, openLive, newUser, newWorkflow, newEstate, insert, row } = world;
const { isLive } = createLive(world);

const byId = (/** @type {any} */ a, /** @type {any} */ b) => (a.id < b.id ? -1 : 1);
const QUIET = { loading: false, error: null, isFetching: false };
const SLOWLY = { action: /** @type {const} */ ('latency'), ms: 300 };

for (const version of VERSIONS) {
  const it = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) =>
    test(`React ${version}: ${name}`, run);

  it('useWorkflows returns every field, and a create appears once', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openHooks(version, user);
    const facts = await tab.run(async (userId) => {
      show('list', 'useWorkflows', [userId]);
      await until(() => latest('list'));
      const first = view('list');
      const loaded = await settledView('list');
      const before = latest('list');
      const made = await before.createWorkflow({ name: 'made' });
      const after = await settledView('list');
      const functions = Object.keys(before).filter((key) => typeof before[key] === 'function');
      const isStable = functions.every((key) => before[key] === latest('list')[key]);
      return { first, loaded, made, after, functions, isStable };
    }, user.id);
    assert.deepEqual(facts.first, { workflows: [], loading: true, error: null, isFetching: true });
    assert.deepEqual(facts.loaded, { workflows: [workflow], ...QUIET });
    assert.deepEqual(facts.after, { workflows: [facts.made, workflow], ...QUIET });
    assert.deepEqual(
      [facts.functions.sort(), facts.isStable],
      [['archiveWorkflow', 'createWorkflow', 'deleteWorkflow', 'refreshWorkflows', 'updateWorkflow'], true],
    );
    assert.equal(stack.requests.count(ASKED), 1, 'under StrictMode too');
  });

  it('update, archive and delete appear at once, and stay', async () => {
    const user = await newUser('ada');
    const [a, b, c] = [await newWorkflow(user), await newWorkflow(user), await newWorkflow(user)];
    const tab = await openHooks(version, user);
    stack.faults.add({ match: { method: 'PATCH' }, ...SLOWLY, times: 2 });
    stack.faults.add({ match: { method: 'DELETE' }, ...SLOWLY });
    const facts = await tab.run(async ([userId, a, b, c]) => {
      show('list', 'useWorkflows', [userId]);
      show('all', 'useWorkflows', [userId, { includeArchived: true }]);
      show('one', 'useWorkflow', [a]);
      await Promise.all(['list', 'all', 'one'].map(settledView));
      const { updateWorkflow, archiveWorkflow, deleteWorkflow } = latest('list');
      const writes = [updateWorkflow(a, { description: 'new' }), archiveWorkflow(b), deleteWorkflow(c)];
      await until(() => latest('list').workflows.length === 1);
      const early = ['list', 'all', 'one'].map(view);
      const begun = ['list', 'all', 'one'].map((name) => given(name).length);
      const answers = await Promise.all(writes);
      await Promise.all(['list', 'all', 'one'].map(settledView));
      const shownDescriptions = given('list')
        .slice(begun[0] - 1)
        .map(({ workflows }) => workflows.map((/** @type {any} */ row) => row.description).join());
      return { early, answers, late: ['list', 'all', 'one'].map(view), shownDescriptions };
    }, /** @type {const} */ ([user.id, a.id, b.id, c.id]));
    const [list, all, one] = facts.early;
    assert.deepEqual(list.workflows, [{ ...a, description: 'new' }]);
    assert.deepEqual(
      all.workflows.map((/** @type {any} */ row) => [row.id, row.archived_at !== null]),
      [
        [b.id, true],
        [a.id, false],
      ],
    );
    assert.deepEqual(one.workflow, { ...a, description: 'new', nodes: [], connections: [] });
    assert.deepEqual(facts.late[0], { workflows: [await row('workflows', a.id)], ...QUIET });
    const archived = await row('workflows', b.id);
    assert.deepEqual(facts.answers.slice(1), [archived, undefined]);
    assert.ok(
      facts.late[1].workflows.some((/** @type {any} */ row) => row.archived_at === archived?.archived_at),
    );
    assert.deepEqual(new Set(facts.shownDescriptions), new Set(['new']), 'never the old one in between');
  });

  it('a failed write is rolled back, sets error, and rejects', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openHooks(version, user);
    stack.faults.add({ match: { method: 'PATCH' }, ...REFUSED });
    const facts = await tab.run(async ([userId, id]) => {
      show('list', 'useWorkflows', [userId]);
      show('other', 'useWorkflows', [userId]);
      await settledView('list');
      const from = given('list').length;
      const failed = await failure(latest('list').updateWorkflow(id, { name: 'refused' }));
      const after = await settledView('list');
      const names = given('list')
        .slice(from)
        .map(({ workflows }) => workflows[0].name);
      const other = view('other');
      await latest('list').updateWorkflow(id, { name: 'accepted' });
      return { failed, after, other, names, mended: await settledView('list') };
    }, /** @type {const} */ ([user.id, workflow.id]));
    assert.deepEqual([facts.failed.code, facts.failed.isOurs], ['23514', true]);
    assert.deepEqual(facts.after, {
      workflows: [workflow],
      ...QUIET,
      error: { code: '23514', isOurs: true },
    });
    assert.deepEqual(facts.names, ['refused', workflow.name]);
    assert.deepEqual(
      facts.other,
      { workflows: [workflow], ...QUIET },
      'components that did not write have no error',
    );
    assert.deepEqual([facts.mended.workflows[0].name, facts.mended.error], ['accepted', null]);
  });

  it('a rollback keeps changes by other clients that arrived in between', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openLive(version, user);
    const { opened, open } = newGate();
    stack.faults.add({ match: { method: 'PATCH' }, ...REFUSED, until: opened });
    await tab.run(async ([userId, id]) => {
      show('list', 'useWorkflows', [userId]);
      await settledView('list');
      Object.assign(globalThis, { failing: failure(latest('list').updateWorkflow(id, { name: 'refused' })) });
      await until(() => latest('list').workflows[0].name === 'refused');
    }, /** @type {const} */ ([user.id, workflow.id]));
    await stack.sql("update workflows set description = 'theirs', updated_at = now() where id = $1", [
      workflow.id,
    ]);
    const during = await tab.run(async (userId) => {
      await db.with({ fresh: true }).getWorkflows(userId);
      await until(() => latest('list').workflows[0].description === 'theirs');
      return view('list').workflows[0];
    }, user.id);
    open();
    const after = await tab.run(async () => {
      await /** @type {any} */ (globalThis).failing;
      return (await settledView('list')).workflows[0];
    });
    const theirs = await row('workflows', workflow.id);
    assert.deepEqual([during, after], [{ ...theirs, name: 'refused' }, theirs]);
  });

  it('a frequently changed graph shows every change at once, without requests', async () => {
    const user = await newUser('ada');
    const { workflow, nodes } = await newEstate(user);
    const tab = await openHooks(version, user);
    // The lag is counted in looks, 5 ms apart: the page of a slow machine has fewer of them, too.
    const lags = await tab.run(async ([id, nodeId]) => {
      show('one', 'useWorkflow', [id]);
      await settledView('one');
      const lags = [];
      for (let step = 1; step <= 12; step++) {
        await db.updateWorkflowNode(nodeId, { position_x: step });
        let looks = 0;
        await until(() => {
          looks += 1;
          return latest('one').workflow.nodes.some((/** @type {any} */ node) => node.position_x === step);
        });
        lags.push(looks);
      }
      return lags;
    }, /** @type {const} */ ([workflow.id, nodes[0].id]));
    assert.ok(Math.max(...lags) < 9, `${lags}`);
    assert.equal(stack.requests.count(ASKED), 1);
  });

  it('more entries than fit into the cache all appear, and are read with growing delays', async () => {
    const user = await newUser('ada');
    await newWorkflow(user);
    const tab = await openHooks(version, user, { options: { cache: { maxSize: 1 } } });
    const shown = await tab.run(async (userId) => {
      show('list', 'useWorkflows', [userId]);
      show('keys', 'useApiKeys', [userId]);
      await until(() => ['list', 'keys'].every((name) => latest(name)?.loading === false));
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      return [latest('list').workflows.length, latest('list').loading, latest('keys').loading];
    }, user.id);
    assert.deepEqual(shown, [1, false, false]);
    assert.ok(stack.requests.count(ASKED) < 20, `${stack.requests.count(ASKED)}`);
  });

  it('refresh sends a request, ignores arguments, keeps rows while loading, and sets error without rejecting', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openHooks(version, user);
    await tab.run(async (userId) => {
      show('list', 'useWorkflows', [userId, { realtime: false }]);
      await settledView('list');
    }, user.id);
    const newer = await newWorkflow(user, { updated_at: '2999-01-01T00:00:00' });
    const refreshed = await tab.run(async () => {
      const from = given('list').length;
      await latest('list').refreshWorkflows(new Event('click'));
      const steps = given('list')
        .slice(from)
        .map(({ loading, workflows }) => [loading, workflows.length]);
      return { steps, view: view('list') };
    });
    assert.deepEqual(refreshed.view, { workflows: [newer, workflow], ...QUIET });
    assert.deepEqual(refreshed.steps, [
      [true, 1],
      [false, 2],
    ]);
    stack.faults.add({ match: ASKED, ...REFUSED });
    const failed = await tab.run(async () => {
      const answer = await outcome(latest('list').refreshWorkflows());
      await settledView('list');
      return { answer, view: view('list') };
    });
    assert.deepEqual(failed.answer, { value: undefined });
    assert.deepEqual(failed.view, {
      workflows: [newer, workflow],
      ...QUIET,
      error: { code: '23514', isOurs: true },
    });
  });

  it('a late response for an old id is dropped, and an empty id sends no request', async () => {
    const [ada, grace] = [await newUser('ada'), await newUser('grace')];
    const workflow = await newWorkflow(ada);
    const tab = await openHooks(version, ada);
    stack.faults.add({ match: { path: `user_id=eq.${ada.id}` }, ...SLOWLY });
    const facts = await tab.run(async ([ada, grace]) => {
      show('list', 'useWorkflows', [ada, { realtime: false }]);
      await until(() => latest('list'));
      show('list', 'useWorkflows', [grace, { realtime: false }]);
      const shown = await settledView('list');
      await until(() => cache.peek(wdb.cacheKeys.workflows(ada)) !== null);
      const late = await settledView('list');
      const all = given('list').flatMap(({ workflows }) => workflows);
      show('list', 'useWorkflows', ['']);
      await until(() => !latest('list').loading);
      return { shown, late, all, empty: await settledView('list') };
    }, /** @type {const} */ ([ada.id, grace.id]));
    assert.deepEqual(facts.shown, { workflows: [], ...QUIET });
    assert.deepEqual(facts.late, { workflows: [], ...QUIET });
    assert.deepEqual(facts.all, []);
    assert.deepEqual(facts.empty, { workflows: [], ...QUIET });
    assert.equal(stack.requests.count(ASKED), 2);
    assert.ok(workflow.id);
  });

  it('archived rows are read from the server, and the shown rows stay until they arrive', async () => {
    const user = await newUser('ada');
    const [a] = [await newWorkflow(user), await newWorkflow(user, { archived_at: '2024-01-01T00:00:00' })];
    const tab = await openHooks(version, user);
    const steps = await tab.run(async (userId) => {
      show('list', 'useWorkflows', [userId]);
      await settledView('list');
      const from = given('list').length;
      show('list', 'useWorkflows', [userId, { includeArchived: true }]);
      await until(() => latest('list').workflows.length === 2);
      await settledView('list');
      show('list', 'useWorkflows', [userId, { includeArchived: false }]);
      await until(() => latest('list').workflows.length === 1);
      return given('list')
        .slice(from)
        .map(({ loading, workflows }) => [loading, workflows.length]);
    }, user.id);
    assert.deepEqual(steps, [
      [true, 1],
      [false, 2],
      [false, 1],
    ]);
    assert.deepEqual(
      stack.requests
        .all()
        .filter(({ method, path }) => method === ASKED.method && ASKED.path.test(path))
        .map(({ path }) => path.includes('archived_at=is.null')),
      [true, false],
    );
    assert.ok(a.id);
  });

  it('useWorkflow returns every field, and changes with its parts', async () => {
    const user = await newUser('ada');
    const { workflow, ...estate } = await newEstate(user);
    const [nodes, connections] = [estate.nodes, estate.connections].map((list) => list.sort(byId));
    const tab = await openHooks(version, user);
    const facts = await tab.run(async ([id, nodeId]) => {
      show('one', 'useWorkflow', [id]);
      await until(() => latest('one'));
      const first = view('one');
      const loaded = await settledView('one');
      const before = latest('one');
      await db.updateWorkflowNode(nodeId, { label: 'renamed' });
      await until(() => latest('one').workflow.nodes[0].label === 'renamed');
      const kept = latest('one').workflow.connections === before.workflow.connections;
      const written = before.updateWorkflow({ description: 'new' });
      await until(() => latest('one').isSaving);
      const saving = view('one');
      const answer = await written;
      const saved = await settledView('one');
      await before.refreshWorkflow();
      const functions = Object.keys(before).filter((key) => typeof before[key] === 'function');
      const isStable = functions.every((key) => before[key] === latest('one')[key]);
      return { first, loaded, kept, saving, answer, saved, functions, isStable };
    }, /** @type {const} */ ([workflow.id, nodes[0].id]));
    const quiet = { ...QUIET, isSaving: false };
    assert.deepEqual(facts.first, {
      workflow: null,
      role: null,
      isSaving: false,
      loading: true,
      error: null,
      isFetching: true,
    });
    assert.deepEqual(facts.loaded, {
      workflow: { ...workflow, nodes, connections },
      role: 'owner',
      ...quiet,
    });
    assert.equal(facts.kept, true);
    assert.deepEqual([facts.saving.isSaving, facts.saving.workflow.description], [true, 'new']);
    assert.deepEqual(facts.answer, await row('workflows', workflow.id));
    assert.deepEqual([facts.saved.isSaving, facts.saved.workflow.nodes[0].label], [false, 'renamed']);
    assert.deepEqual([facts.functions.sort(), facts.isStable], [['refreshWorkflow', 'updateWorkflow'], true]);
    assert.equal(stack.requests.count(ASKED), 2, 'the first read and the refresh');
  });

  it('a deleted workflow disappears, a created one appears, and dropped entries are read in the background', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openHooks(version, user);
    const facts = await tab.run(async (id) => {
      show('one', 'useWorkflow', [id]);
      await settledView('one');
      const from = given('one').length;
      cache.invalidate(wdb.cacheKeys.workflow(id));
      await until(() => latest('one').isFetching);
      await settledView('one');
      const steps = given('one')
        .slice(from)
        .map(({ loading, isFetching, workflow }) => [loading, isFetching, workflow.id]);
      await db.deleteWorkflow(id);
      await until(() => latest('one').workflow === null);
      const gone = await settledView('one');
      await db.createWorkflow(env.userId, { id, name: 'again' });
      await until(() => latest('one').workflow !== null);
      return { steps, gone, again: (await settledView('one')).workflow.name };
    }, workflow.id);
    assert.deepEqual(facts.steps, [
      [false, true, workflow.id],
      [false, false, workflow.id],
    ]);
    assert.deepEqual(facts.gone, { workflow: null, role: null, isSaving: false, ...QUIET });
    assert.equal(facts.again, 'again');
  });

  it('ten components with a thousand rows: one request, and one render each for a changed row', async () => {
    const user = await newUser('ada');
    const names = Array.from({ length: 1_000 }, (_, index) => ({
      user_id: user.id,
      name: `Workflow ${index}`,
    }));
    const made = await insert('workflows', names);
    const tab = await openLive(version, user);
    const loading = await tab.run(async (userId) => {
      const probes = Array.from({ length: 10 }, (_, index) => `list ${index}`);
      for (const name of probes) show(name, 'useWorkflows', [userId], { rows: 'workflows' });
      await Promise.all(probes.map(settledView));
      return given('list 0').map(({ loading }) => loading);
    }, user.id);
    // A change committed before the subscription is live would be found by a read, and rendered separately.
    await isLive(tab);
    await rest();
    const facts = await tab.run(async (id) => {
      const probes = Array.from({ length: 10 }, (_, index) => `list ${index}`);
      const before = probes.map((name) => given(name).length);
      rowRenders.clear();
      await db.updateWorkflow(id, { description: 'changed' });
      await Promise.all(probes.map(settledView));
      const renders = probes.map((name, index) => given(name).length - before[index]);
      return { renders, rendered: Object.fromEntries(rowRenders) };
    }, made[500].id);
    await rest();
    const optimistic = await tab.run(async (id) => {
      const before = given('list 0').length;
      await latest('list 0').updateWorkflow(id, { description: 'changed again' });
      await settledView('list 0');
      return given('list 0').length - before;
    }, made[500].id);
    assert.deepEqual(facts.renders, Array(10).fill(1));
    assert.deepEqual(facts.rendered, { [made[500].id]: 10 });
    assert.equal(optimistic, 2, 'the optimistic row and the database’s row');
    assert.deepEqual([...new Set(loading)], [true, false]);
    assert.equal(stack.requests.count(ASKED), 1);
  });
}
