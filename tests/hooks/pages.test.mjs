// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REFUSED, VERSIONS, useHooks } from './support/world.mjs';

const { stack, openHooks, newUser, newWorkflow, newExecutions, insert } = await useHooks();

const QUIET = { loading: false, error: null, isFetching: false };
const byTime = (/** @type {any} */ a, /** @type {any} */ b) => (a.created_at < b.created_at ? 1 : -1);

/** Seven audit entries, newest first. @param {string} userId */
async function newLogs(userId) {
  await stack.sql('delete from audit_logs where user_id = $1', [userId]);
  const made = await insert(
    'audit_logs',
    Array.from({ length: 7 }, (_, index) => ({
      user_id: userId,
      action: index % 2 === 0 ? 'workflow_created' : 'api_key_created',
      resource_type: index % 2 === 0 ? 'workflow' : 'api_key',
      created_at: `2024-01-0${index + 1}T00:00:00`,
    })),
  );
  return made.sort(byTime);
}

for (const version of VERSIONS) {
  const it = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) =>
    test(`React ${version}: ${name}`, run);

  it('useAuditLogs returns every field; a page stays until the next arrives, and paging stops at the last', async () => {
    const user = await newUser('ada');
    const logs = await newLogs(user.id);
    const tab = await openHooks(version, user);
    const facts = await tab.run(async (userId) => {
      show('logs', 'useAuditLogs', [userId, { pageSize: 3 }]);
      await until(() => latest('logs'));
      const first = view('logs');
      const loaded = await settledView('logs');
      const before = latest('logs');
      const found = [before.getLogsByAction('workflow_created'), before.getLogsByResource('api_key')];
      const from = given('logs').length;
      before.nextPage();
      await until(() => latest('logs').loading);
      const second = await settledView('logs');
      const steps = given('logs')
        .slice(from)
        .map(({ loading, page, logs }) => [loading, page, logs[0].created_at]);
      before.nextPage();
      before.nextPage();
      before.nextPage();
      await until(() => latest('logs').page === 2);
      const last = await settledView('logs');
      before.prevPage();
      await until(() => latest('logs').page === 1);
      await settledView('logs');
      before.goToPage(0);
      before.prevPage();
      await until(() => latest('logs').page === 0);
      const again = await settledView('logs');
      const names = ['goToPage', 'nextPage', 'prevPage', 'refreshLogs'];
      return {
        first,
        loaded,
        found,
        steps,
        second,
        last,
        again,
        isStable: names.every((n) => before[n] === latest('logs')[n]),
      };
    }, user.id);
    const page = (/** @type {number} */ number) => ({
      logs: logs.slice(3 * number, 3 * number + 3),
      total: 7,
      page: number,
      pageSize: 3,
      hasMore: number < 2,
      ...QUIET,
    });
    const nothing = { logs: [], total: 0, page: 0, pageSize: 3, hasMore: false };
    assert.deepEqual(facts.first, { ...nothing, loading: true, error: null, isFetching: true });
    assert.deepEqual(
      [facts.loaded, facts.second, facts.last, facts.again],
      [page(0), page(1), page(2), page(0)],
    );
    assert.deepEqual(facts.found, [
      page(0).logs.filter((/** @type {any} */ log) => log.action === 'workflow_created'),
      page(0).logs.filter((/** @type {any} */ log) => log.resource_type === 'api_key'),
    ]);
    assert.deepEqual(facts.steps, [
      [true, 1, logs[0].created_at],
      [false, 1, logs[3].created_at],
    ]);
    assert.equal(facts.isStable, true);
  });

  it('the filters of useAuditLogs apply on the server and return to the first page', async () => {
    const user = await newUser('ada');
    const logs = await newLogs(user.id);
    const tab = await openHooks(version, user);
    const facts = await tab.run(async (userId) => {
      show('logs', 'useAuditLogs', [userId, { pageSize: 2 }]);
      await settledView('logs');
      latest('logs').goToPage(1);
      await until(() => latest('logs').page === 1);
      await settledView('logs');
      const from = given('logs').length;
      show('logs', 'useAuditLogs', [
        userId,
        { pageSize: 2, resourceType: 'workflow', action: 'workflow_created' },
      ]);
      await until(() => latest('logs').total === 4);
      const filtered = await settledView('logs');
      const shown = given('logs')
        .slice(from)
        .flatMap(({ logs }) => logs.map((/** @type {any} */ log) => log.action));
      const key = cache.getStats().entries.filter((name) => name.includes('?resource_type='));
      return { filtered, shown, key };
    }, user.id);
    assert.deepEqual(facts.filtered, {
      logs: logs.filter(({ resource_type }) => resource_type === 'workflow').slice(0, 2),
      ...{ total: 4, page: 0, pageSize: 2, hasMore: true, ...QUIET },
    });
    assert.deepEqual(new Set(facts.shown), new Set(['workflow_created']), 'only rows that match the filter');
    assert.match(
      stack.requests.all().at(-1)?.path ?? '',
      /resource_type=eq\.workflow.*action=eq\.workflow_created/,
    );
    assert.deepEqual(facts.key, [
      `audit_logs:${user.id}?resource_type=workflow&action=workflow_created&limit=2`,
    ]);
  });

  it('a filter that looks like part of a cache key works', async () => {
    const user = await newUser('ada');
    const action = 'a?b=c&limit=2%';
    await insert('audit_logs', [{ user_id: user.id, action, resource_type: 'test' }]);
    const tab = await openHooks(version, user);
    const facts = await tab.run(async ([userId, action]) => {
      show('logs', 'useAuditLogs', [userId, { pageSize: 2, action }]);
      const { logs } = await settledView('logs');
      return { actions: logs.map((/** @type {any} */ log) => log.action), keys: cache.getStats().entries };
    }, /** @type {const} */ ([user.id, action]));
    assert.deepEqual(facts, {
      actions: [action],
      keys: [`audit_logs:${user.id}?action=a%3Fb%3Dc%26limit%3D2%25&limit=2`],
    });
  });

  it('an empty or null filter is ignored', async () => {
    const user = await newUser('ada');
    await newLogs(user.id);
    const tab = await openHooks(version, user);
    const totals = await tab.run(async (userId) => {
      show('empty', 'useAuditLogs', [userId, { action: '', resourceType: '' }]);
      show('null', 'useAuditLogs', [userId, { action: null, resourceType: null }]);
      return (await Promise.all(['empty', 'null'].map(settledView))).map(({ total }) => total);
    }, user.id);
    assert.deepEqual(totals, [7, 7]);
  });

  it('an audited own write appears in the page, which is read again in the background', async () => {
    const user = await newUser('ada');
    await newLogs(user.id);
    const tab = await openHooks(version, user);
    const facts = await tab.run(async (userId) => {
      show('logs', 'useAuditLogs', [userId, { pageSize: 3 }]);
      show('recent', 'useRecentAuditActivity', [userId, 2]);
      show('summary', 'useAuditSummary', [userId]);
      await settledView('logs');
      await until(() => latest('recent')?.length === 2 && latest('summary')?.totalActions === 7);
      const early = [view('recent'), view('summary')];
      const from = given('logs').length;
      await db.createWorkflow(userId, { name: 'audited' });
      await until(() => latest('logs').total === 8 && latest('summary').totalActions === 8);
      await settledView('logs');
      await until(() => latest('recent')[0].resource_id === latest('logs').logs[0].resource_id);
      const loading = given('logs')
        .slice(from)
        .some((result) => result.loading);
      return { early, logs: view('logs'), recent: view('recent'), summary: view('summary'), loading };
    }, user.id);
    const [{ row: made }] = await stack.sql(
      "select to_jsonb(t) as row from audit_logs t where user_id = $1 and details -> 'new' ->> 'name' = 'audited'",
      [user.id],
    );
    assert.deepEqual([facts.logs.logs[0], facts.loading], [made, false]);
    assert.deepEqual(facts.recent[0], made);
    assert.equal(facts.early[0].length, 2);
    assert.deepEqual(facts.early[1].actionsByType, { workflow_created: 4, api_key_created: 3 });
    const { recentActions, ...summary } = facts.summary;
    assert.deepEqual(summary, {
      totalActions: 8,
      actionsByType: { workflow_created: 5, api_key_created: 3 },
      lastActivityTime: made.created_at,
    });
    assert.equal(recentActions.length, 8);
  });

  it('useAuditSummary counts all entries, sorts the newest 100 and returns 10; an empty id sends no request', async () => {
    const user = await newUser('ada');
    await insert(
      'audit_logs',
      Array.from({ length: 120 }, () => ({ user_id: user.id, action: 'a' })),
    );
    const tab = await openHooks(version, user);
    const facts = await tab.run(async (userId) => {
      show('none', 'useAuditSummary', ['']);
      show('no logs', 'useRecentAuditActivity', ['']);
      show('no page', 'useAuditLogs', ['']);
      show('no runs', 'useExecutionHistory', ['']);
      await settledView('no page');
      const requests = cache.getStats().inFlight;
      const empty = ['none', 'no logs', 'no page', 'no runs'].map(view);
      show('summary', 'useAuditSummary', [userId]);
      show('recent', 'useRecentAuditActivity', [userId]);
      await until(() => latest('summary')?.totalActions > 0 && latest('recent')?.length > 0);
      return { requests, empty, summary: view('summary'), recent: view('recent').length };
    }, user.id);
    const { totalActions, actionsByType, recentActions } = facts.summary;
    assert.deepEqual(
      [totalActions, actionsByType, recentActions.length, facts.recent],
      [120, { a: 100 }, 10, 20],
    );
    const nothing = { total: 0, page: 0, hasMore: false, ...QUIET };
    assert.deepEqual(facts.empty, [
      { totalActions: 0, actionsByType: {}, recentActions: [], lastActivityTime: null },
      [],
      { logs: [], ...nothing, pageSize: 50 },
      { data: [], ...nothing, pageSize: 20 },
    ]);
    assert.equal(facts.requests, 0);
  });

  it('useAuditSummary counts actions of any name', async () => {
    const user = await newUser('ada');
    const actions = ['constructor', 'toString', '__proto__', 'constructor'];
    await insert(
      'audit_logs',
      actions.map((action) => ({ user_id: user.id, action })),
    );
    const tab = await openHooks(version, user);
    const counts = await tab.run(async (userId) => {
      show('summary', 'useAuditSummary', [userId]);
      await until(() => latest('summary')?.totalActions > 0);
      return Object.entries(latest('summary').actionsByType).sort();
    }, user.id);
    assert.deepEqual(counts, [
      ['__proto__', 1],
      ['constructor', 2],
      ['toString', 1],
    ]);
  });

  it('useExecutionHistory returns every field, changes pages, and refreshes', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const made = await newExecutions(
      workflow,
      [1, 2, 3, 4, 5].map((day) => ({ created_at: `2024-01-0${day}T00:00:00` })),
    );
    const runs = made.sort(byTime);
    const tab = await openHooks(version, user);
    const facts = await tab.run(
      async ([id, other]) => {
        show('runs', 'useExecutionHistory', [id, { pageSize: 2, realtime: false }]);
        show('same', 'useExecutionHistory', [id, { pageSize: 2, realtime: false }]);
        const loaded = await settledView('runs');
        const before = latest('runs');
        before.nextPage();
        await until(() => latest('runs').page === 1);
        const second = await settledView('runs');
        before.goToPage(9);
        await until(() => latest('runs').page === 9);
        const beyond = await settledView('runs');
        show('runs', 'useExecutionHistory', [other, { pageSize: 2, realtime: false }]);
        await until(() => latest('runs').page === 0);
        const others = view('runs');
        await settledView('runs');
        const names = ['goToPage', 'nextPage', 'prevPage', 'refresh'];
        return {
          loaded,
          second,
          beyond,
          others,
          isStable: names.every((n) => before[n] === latest('runs')[n]),
        };
      },
      /** @type {const} */ ([workflow.id, (await newWorkflow(user)).id]),
    );
    const fixed = { total: 5, pageSize: 2, ...QUIET };
    assert.deepEqual(facts.loaded, { data: runs.slice(0, 2), page: 0, hasMore: true, ...fixed });
    assert.deepEqual(facts.second, { data: runs.slice(2, 4), page: 1, hasMore: true, ...fixed });
    assert.deepEqual(facts.beyond, { data: [], page: 9, hasMore: false, ...fixed });
    assert.deepEqual([facts.others.data, facts.others.loading], [[], true], 'no rows of another workflow');
    assert.equal(facts.isStable, true);
    assert.equal(
      stack.requests.count({ path: `workflow_id=eq.${workflow.id}` }),
      3,
      'two components, one request',
    );
    const [newer] = await newExecutions(workflow, [{}]);
    stack.faults.add({ match: { method: 'GET' }, ...REFUSED });
    const refreshed = await tab.run(async (id) => {
      show('runs', 'useExecutionHistory', [id, { pageSize: 2, realtime: false }]);
      await until(() => latest('runs').error);
      const failed = await settledView('runs');
      await latest('runs').refresh(new Event('click'));
      return [failed, view('runs')];
    }, workflow.id);
    assert.deepEqual(refreshed[0].error, { code: '23514', isOurs: true });
    assert.deepEqual([refreshed[1].data[0], refreshed[1].error, refreshed[1].total], [newer, null, 6]);
  });
}
