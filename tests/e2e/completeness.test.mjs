// @ts-check
// Lists are complete or fail: behind a proxy that hides the row count, and behind a cache that ignores the query
// string.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { useWorld } from './support/world.mjs';

/** More than the 1 000 rows that the server returns at once. */
const MANY = 1_500;
const AUDIT_LOGS = 409;

const world = await useWorld();
const { insert, newUser, newWorkflow, newExecutions, stack } = world;
const user = await newUser('ada');
/** @type {Record<string, any>} */
let workflow;

before(async () => {
  workflow = await newWorkflow(user);
  await insert(
    'workflow_nodes',
    Array.from({ length: MANY }, (_, index) => ({
      workflow_id: workflow.id,
      node_id: `n${index}`,
      node_type: 't',
    })),
  );
  await newExecutions(workflow, Array(57).fill({ status: 'completed' }));
  await insert(
    'audit_logs',
    Array.from({ length: AUDIT_LOGS }, (_, index) => ({
      user_id: user.id,
      action: `a${index}`,
      resource_type: 'test',
    })),
  );
});

/** A page to which the browser exposes no response header except `Content-Type`. */
async function openBehindProxy() {
  const tab = await world.open({ as: user });
  await tab.page.route(`${stack.url}/rest/**`, async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), 'access-control-expose-headers': 'Content-Type' };
    await route.fulfill({ response, headers });
  });
  return tab;
}

test('lists are complete behind a proxy that exposes no Content-Range', async () => {
  const tab = await openBehindProxy();
  const [nodes, whole, workflows] = await tab.calls(
    ['getWorkflowNodes', workflow.id],
    ['getWorkflowWithRelations', workflow.id],
    ['getWorkflows', user.id],
  );
  assert.equal(nodes.value.length, MANY);
  assert.equal(new Set(nodes.value.map((/** @type {any} */ node) => node.id)).size, MANY);
  assert.equal(whole.value.nodes.length, MANY);
  assert.deepEqual(
    workflows.value.map((/** @type {any} */ each) => each.id),
    [workflow.id],
  );
});

test('pages behind a proxy that exposes no Content-Range fail with the name of the header', async () => {
  const tab = await openBehindProxy();
  const userId = user.id;
  const outcomes = await tab.calls(
    ['getAuditLogs', userId, 10, 0],
    ['getAuditLogs', userId, 10, 1_000],
    ['getExecutionHistory', workflow.id, 5],
    ['getWorkflowsPage', { userId, pageSize: 10 }],
    ['getAuditLogsPage', { userId, pageSize: 10 }],
  );
  for (const { error } of outcomes) {
    assert.deepEqual([error?.code, error?.attempts], ['NETWORK', 0]);
    assert.match(error.message, /Content-Range/);
    assert.match(error.hint, /Access-Control-Expose-Headers/);
  }
});

test('repeated identical responses end the read after a few requests', async () => {
  const tab = await world.open({ as: user });
  const rows = [1, 2].map((each) => ({
    id: `${each}0000000-0000-4000-8000-000000000000`,
    user_id: user.id,
    updated_at: `2024-01-0${3 - each}T00:00:00`,
    created_at: `2024-01-0${each}T00:00:00`,
    workflow_id: workflow.id,
  }));
  const withoutIds = rows.map((row) => ({ ...row, id: undefined }));
  const outcomes = await tab.run(async ([userId, workflowId, ...answers]) => {
    const all = [];
    for (const answer of answers) {
      let requests = 0;
      const client = wdb.createClient({
        url: env.url,
        key: env.key,
        fetch: async () => {
          requests += 1;
          return new Response(JSON.stringify(answer), { headers: { 'content-range': '0-1/1000' } });
        },
      });
      for (const read of [
        client.db.getWorkflows(userId),
        client.db.getWorkflows({ userId, sortBy: 'name' }),
        client.db.getWorkflowNodes(workflowId),
      ]) {
        all.push((await outcome(read)).error?.code);
      }
      all.push(requests);
      client.close();
    }
    return all;
  }, /** @type {const} */ ([user.id, workflow.id, rows, withoutIds]));
  const failed = ['NETWORK', 'NETWORK', 'NETWORK'];
  // Each list is requested, and if its rows have ids, requested once more.
  assert.deepEqual(outcomes, [...failed, 5, ...failed, 3]);
});

test('a saved row that the response lacks is an error', async () => {
  const tab = await world.open({ as: user });
  stack.faults.add({ match: { method: 'POST' }, action: 'status', status: 200, body: [] });
  const [{ error }] = await tab.calls(['upsertBrandSettings', user.id, { brand_voice: 'plain' }]);
  assert.equal(error?.code, 'NETWORK');
});
