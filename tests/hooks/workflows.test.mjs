// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VERSIONS, useHooks } from './support/world.mjs';

const { stack, openHooks, newUser, newWorkflow, newEstate, rows } = await useHooks();

for (const version of VERSIONS) {
  test(`useWorkflows gives every field; a create appears once; React ${version}`, async () => {
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
    const quiet = { loading: false, error: null, isFetching: false };
    assert.deepEqual(facts.first, { workflows: [], loading: true, error: null, isFetching: true });
    assert.deepEqual(facts.loaded, { workflows: [workflow], ...quiet });
    assert.deepEqual(facts.after, { workflows: [facts.made, workflow], ...quiet });
    assert.deepEqual(
      [facts.functions.sort(), facts.isStable],
      [['archiveWorkflow', 'createWorkflow', 'deleteWorkflow', 'refreshWorkflows', 'updateWorkflow'], true],
    );
    assert.equal(stack.requests.count({ method: 'GET' }), 1, 'under StrictMode too');
  });
}
