// @ts-check
// The documentation's examples of the hooks, mounted as they stand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleComponents } from './support/examples.mjs';
import { VERSIONS, useHooks } from './support/world.mjs';

const { openHooks, newUser, newEstate, insert } = await useHooks();

/** What each of them is to show of the rows below. */
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
  'use-recent-audit-activity': /told/,
  'use-workflow': /3 steps/,
  'use-workflows': /Workflow .*Archive/,
});

for (const version of VERSIONS) {
  test(`React ${version}: every example shows the user’s rows, and whatever is pressed breaks nothing`, async () => {
    const examples = await exampleComponents();
    assert.deepEqual(examples.map(({ name }) => name).sort(), Object.keys(SHOWN));
    for (const { name } of examples) {
      const { user, workflow, execution } = await newEstate(await newUser('ada'));
      await insert('api_keys', [
        { user_id: user.id, service_name: 'openai', encrypted_key: 'x', is_active: true },
      ]);
      await insert('audit_logs', [{ user_id: user.id, action: 'told', resource_type: 'test' }]);
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
      assert.ok(await tab.run(() => document.body.innerText.trim().length > 0));
    }
  });
}
