// @ts-check
// The ids that hooks receive: not yet known, and in upper case.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLive } from './support/live.mjs';
import { VERSIONS, useHooks } from './support/world.mjs';

const { stack, openHooks, openLive, newUser, newWorkflow, row } = await useHooks();
const { isLive, shows } = createLive({ stack });

const HOOKS = [
  ...['useWorkflows', 'useWorkflow', 'useApiKeys', 'useApiKey', 'useAuditLogs', 'useRecentAuditActivity'],
  ...['useAuditSummary', 'useExecutionHistory', 'useExecution', 'useExecutionProgress'],
  ...['useBrandSettings', 'useAccountSettings'],
];

for (const version of VERSIONS) {
  const it = (/** @type {string} */ name, /** @type {() => Promise<void>} */ run) =>
    test(`React ${version}: ${name}`, run);

  it('undefined and null mean no id: no request, no subscription, no loading', async () => {
    const user = await newUser('ada');
    await newWorkflow(user);
    const tab = await openHooks(version, user);
    const facts = await tab.run(async ([hooks, userId]) => {
      const idsOf = { empty: '', undefined: undefined, null: null };
      const names = Object.keys(idsOf);
      for (const hook of hooks)
        for (const [name, id] of Object.entries(idsOf)) show(`${hook} ${name}`, hook, [id, 'openai']);
      show('service', 'useApiKey', [userId, undefined]);
      const all = [...hooks.flatMap((hook) => names.map((name) => `${hook} ${name}`)), 'service'];
      await until(() => all.every(latest));
      // Subscriptions start after the reads.
      await Promise.all(all.map(settledView));
      const { inFlight, entries } = cache.getStats();
      return {
        views: hooks.map((hook) => names.map((name) => view(`${hook} ${name}`))),
        service: view('service'),
        more: [inFlight, entries, react.getRealtimeManager().getActiveSubscriptions()],
      };
    }, /** @type {const} */ ([HOOKS, user.id]));
    for (const [empty, ...others] of facts.views) assert.deepEqual(others, [empty, empty]);
    assert.deepEqual([facts.service.loading, facts.service.error, facts.service.key], [false, null, null]);
    assert.deepEqual(facts.more, [0, [], []]);
    assert.equal(stack.requests.count({}), 0);
  });

  it('the case of an id does not matter', async () => {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const tab = await openLive(version, user);
    await tab.run((userId) => {
      show('list', 'useWorkflows', [userId.toUpperCase()]);
      return settledView('list');
    }, user.id);
    await isLive(tab);
    const made = await newWorkflow(user);
    await shows(tab, 'list', 'workflows', [workflow, made]);
    const names = await tab.run(async (id) => {
      const written = latest('list').updateWorkflow(id.toUpperCase(), { name: 'new' });
      const nameOf = () => latest('list').workflows.find((/** @type {any} */ row) => row.id === id).name;
      await until(() => nameOf() === 'new');
      const isEarly = (await Promise.race([written, null])) === null;
      await written;
      return isEarly;
    }, workflow.id);
    assert.equal(names, true, 'shown at once');
    await shows(tab, 'list', 'workflows', [await row('workflows', workflow.id), made]);
  });
}
