// @ts-check
// Pages that a server rendered: the first render in the browser must equal the server's, whatever the cache contains.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reload, start } from './support/visits.mjs';
import { ASKED, VERSIONS, useHooks } from './support/world.mjs';

const { stack, openHooks, newUser, newWorkflow, newEstate } = await useHooks({ members: true });

/** @typedef {Awaited<ReturnType<typeof openHooks>>} Tab */
/** @typedef {{ userId: string, workflowId: string, executionId: string }} Ids */

const QUIET = { loading: false, error: null, isFetching: false };

/** Hydrates every hook, and returns what each reported, its first result, and its result when everything was read. @param {Tab} tab @param {Ids} ids */
const hydrateAll = (tab, ids) =>
  tab.run(async ({ userId, workflowId, executionId }) => {
    /** @type {[string, ...any[]][]} */
    const hooks = [
      ['useWorkflows', userId],
      ['useWorkflow', workflowId],
      ['useApiKeys', userId],
      ['useApiKey', userId, 'openai'],
      ['useAuditLogs', userId],
      ['useRecentAuditActivity', userId],
      ['useAuditSummary', userId],
      ['useExecutionHistory', workflowId],
      ['useExecution', executionId],
      ['useExecutionProgress', executionId],
      ['useBrandSettings', userId],
      ['useAccountSettings', userId],
      ['useEntry', react.cacheKeys.favorites(userId), (/** @type {any} */ db) => db.getFavorites(userId)],
      ['useWorkflowMembers', workflowId],
      ['useInvitations', userId],
      ['useSharedWorkflows', userId],
      ['useRoom', workflowId, { at: 'home' }],
      ['useSyncStatus'],
    ];
    const hydrated = hooks.map(([hook, ...args]) => ({ hook, mended: hydrate(hook, hook, args) }));
    await until(() => hooks.every(([hook]) => given(hook).length > 0));
    for (const [hook] of hooks) if (hook !== 'useRecentAuditActivity') await settledView(hook);
    return hydrated.map(({ hook, mended }) => {
      return { hook, mended, first: plain(given(hook)[0]), last: view(hook) };
    });
  }, ids);

/** @param {Awaited<ReturnType<typeof hydrateAll>>} hydrated */
function check(hydrated) {
  for (const { hook, mended, first } of hydrated) {
    assert.deepEqual(mended, [], hook);
    if ('loading' in first) assert.equal(first.loading, true, hook);
  }
  const last = Object.fromEntries(hydrated.map(({ hook, last }) => [hook, last]));
  assert.equal(last['useWorkflows'].workflows.length, 1);
  assert.equal(last['useWorkflow'].role, 'owner');
  assert.equal(last['useExecutionHistory'].total, 1);
}

for (const version of VERSIONS) {
  const it = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) =>
    test(`React ${version}: ${name}`, run);

  it('a page from the server is hydrated unchanged, then shows the cached rows', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openHooks(version, user);
    const facts = await tab.run(async (userId) => {
      await db.getWorkflows(userId);
      const mended = hydrate('list', 'useWorkflows', [userId]);
      const shown = await settledView('list');
      return { mended, first: plain(given('list')[0]), shown, text: document.body.innerText };
    }, user.id);
    assert.deepEqual(facts.mended, []);
    assert.deepEqual([facts.first.workflows, facts.first.loading], [[], true]);
    assert.deepEqual(facts.shown, { workflows: [workflow], ...QUIET });
    assert.ok(facts.text.includes(workflow.name));
    assert.equal(stack.requests.count(ASKED), 1);
  });

  it('every hook is hydrated unchanged while the cache contains what it shows', async () => {
    const user = await newUser('ada');
    const { workflow, execution } = await newEstate(user);
    const ids = { userId: user.id, workflowId: workflow.id, executionId: execution.id };
    const tab = await openHooks(version, user);
    check(await hydrateAll(tab, ids));
    // The second page finds everything in the cache.
    check(await hydrateAll(tab, ids));
  });

  it('every hook is hydrated unchanged while the disk contains what it shows', async () => {
    const user = await newUser('ada');
    const { workflow, execution } = await newEstate(user);
    const ids = { userId: user.id, workflowId: workflow.id, executionId: execution.id };
    const tab = await openHooks(version, user, { configured: false });
    const env = { url: stack.url, key: stack.publishableKey, token: user.token, userId: user.id };
    await start(tab, env);
    check(await hydrateAll(tab, ids));
    await reload(tab, env);
    // The rows of the last visit are shown before a page is hydrated.
    await tab.run((id) => wdb.db.getWorkflows(id), user.id);
    check(await hydrateAll(tab, ids));
  });
}
