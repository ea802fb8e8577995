// @ts-check
// Pages that were read before the subscription was live, on a slow server.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { until } from '../e2e/support/until.mjs';
import { createLive } from './support/live.mjs';
import { VERSIONS, useHooks } from './support/world.mjs';

const { stack, rest, openHooks, newUser, newWorkflow, newExecutions, rows } = await useHooks();
const { isLive, shows, change, remove, channelsOf } = createLive({ stack });

/** Long enough to change something before the server reports readiness. */
const COLD_MS = 2500;

afterEach(() => stack.settings.change({ realtimeColdMs: 0 }));

for (const version of VERSIONS) {
  /** A page of the history of five runs; the server is not ready yet. */
  async function openCold() {
    stack.settings.change({ realtimeColdMs: COLD_MS });
    stack.realtime.restart();
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const runs = await newExecutions(workflow, [{}, {}, {}, {}, {}]);
    const tab = await openHooks(version, user);
    await tab.run((id) => {
      show('runs', 'useExecutionHistory', [id, { realtime: true, pageSize: 3 }]);
      return settledView('runs');
    }, workflow.id);
    await until(() => channelsOf(user).length === 1);
    return { tab, workflow, runs };
  }

  /** @param {import('../e2e/support/world.mjs').Tab} tab @param {{ id: string }} workflow */
  async function showsTheTruth(tab, workflow) {
    const order = 'where workflow_id = $1 order by created_at desc, id limit 3';
    await isLive(tab, 1);
    await rest();
    await shows(tab, 'runs', 'data', await rows('workflow_executions', order, [workflow.id]));
  }

  test(`React ${version}: a run on a page is compared once the subscription is live`, async () => {
    const { tab, workflow } = await openCold();
    const [{ id }] = await tab.run(() => view('runs').data);
    await change('workflow_executions', id, 'status', 'failed');
    await showsTheTruth(tab, workflow);
  });

  test(`React ${version}: runs are also compared if their number did not change`, async () => {
    const { tab, workflow, runs } = await openCold();
    await remove('workflow_executions', runs[0].id);
    const [made] = await newExecutions(workflow, [{}]);
    await showsTheTruth(tab, workflow);
    assert.ok((await tab.run(() => view('runs').data)).some((/** @type {any} */ { id }) => id === made.id));
  });
}
