// @ts-check
// Renders the documentation's hook examples unchanged.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleComponents } from './support/examples.mjs';
import { VERSIONS, useHooks } from './support/world.mjs';

const { openHooks, newUser, newEstate, newWorkflow, insert } = await useHooks({ members: true });

/** The text that each example must show for the rows below. */
const SHOWN = /** @type {Record<string, RegExp>} */ ({
  'use-account-settings': /Notify me/,
  'use-api-key': /Disable/,
  'use-api-keys': /openai/,
  'use-audit-logs': /told.*Page 1 of 1/,
  'use-audit-summary': /[1-9]\d* actions/,
  'use-brand-settings': /Reset/,
  'use-entry': /0 favorites/,
  'use-execution': /running: 0 of 2 done/,
  'use-execution-history': /running/,
  'use-execution-progress': /0 of 3/,
  'use-invitations': /invites you to Offered as viewer/,
  'use-recent-audit-activity': /told/,
  'use-room': /0 others are here/,
  'use-shared-workflows': /Shared.*Leave/,
  'use-sync-status': /Everything is saved/,
  'use-workflow': /3 steps/,
  'use-workflow-members': /grace@example.com/,
  'use-workflows': /Workflow .*Archive/,
});

/**
 * Invites a person to the user's workflow. Another user shares a workflow with the user and invites the user to a second one.
 *
 * @param {import('../e2e/support/fixtures.mjs').User} user
 * @param {import('../e2e/support/fixtures.mjs').Row} workflow
 */
async function share(user, workflow) {
  const other = await newUser('ben');
  const offered = await newWorkflow(other, { name: 'Offered' });
  const shared = await newWorkflow(other, { name: 'Shared' });
  const mine = { email: user.email, role: 'viewer', invited_by: other.id };
  const accepted = { user_id: user.id, accepted_at: '2026-01-02T00:00:00' };
  const invited = { user_id: null, accepted_at: null };
  await insert('workflow_members', [
    { ...invited, workflow_id: workflow.id, email: 'grace@example.com', role: 'viewer', invited_by: user.id },
    { ...invited, ...mine, workflow_id: offered.id },
    { ...mine, ...accepted, workflow_id: shared.id },
  ]);
}

for (const version of VERSIONS) {
  test(`React ${version}: every example shows the user’s rows, and every button works`, async () => {
    const examples = await exampleComponents();
    assert.deepEqual(examples.map(({ name }) => name).sort(), Object.keys(SHOWN));
    for (const { name } of examples) {
      const { user, workflow, execution } = await newEstate(await newUser('ada'));
      await insert('api_keys', [
        { user_id: user.id, service_name: 'openai', encrypted_key: 'x', is_active: true },
      ]);
      await insert('audit_logs', [{ user_id: user.id, action: 'told', resource_type: 'test' }]);
      await share(user, workflow);
      const tab = await openHooks(version, user, { path: `/examples${version}` });
      const ids = { userId: user.id, workflowId: workflow.id, executionId: execution.id };
      const text = await tab.run(async ([name, ids, pattern]) => {
        mount(name, ids);
        const text = () => document.body.innerText.replaceAll(/\s+/g, ' ');
        await until(() => new RegExp(pattern).test(text())).catch(() => {});
        const shown = text();
        for (const element of document.querySelectorAll('button, input')) {
          /** @type {HTMLElement} */ (element).click();
          await until(() => cache.getStats().inFlight === 0);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return shown;
      }, /** @type {const} */ ([name, ids, SHOWN[name].source]));
      assert.match(text, SHOWN[name], name);
      // React removes everything if a component throws.
      assert.ok(await tab.run(() => (document.querySelector('main')?.childElementCount ?? 0) > 0), name);
    }
  });
}
