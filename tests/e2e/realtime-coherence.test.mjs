// @ts-check
// Changes by other clients keep every cached entry of a subscribed scope correct.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { useLive } from './support/live.mjs';
import { cachedReads, createTruth } from './support/truth.mjs';
import { useWorld } from './support/world.mjs';

/** @typedef {import('./support/truth.mjs').Call} Call */
/** @typedef {Awaited<ReturnType<import('./support/world.mjs').World['newEstate']>>} Estate */
/** @typedef {Awaited<ReturnType<import('./support/world.mjs').World['newBelongings']>>} Belongings */

const world = await useWorld();
const { stack, newUser, newEstate, newWorkflow, newNodes, newConnections, newExecutions, newBelongings } =
  world;
const { insert } = world;
const { follow, rest, change, remove, hears } = useLive(world);
const truth = createTruth(world);

/** A page that has read everything of a user and subscribes to it. */
async function warmPage() {
  const user = await newUser('ada');
  await newWorkflow(user, { created_at: '2024-01-01', updated_at: '2024-01-01' });
  await insert('brand_settings', [{ user_id: user.id }]);
  await insert('account_settings', [{ user_id: user.id }]);
  const estate = await newEstate(user);
  const belongings = await newBelongings(user);
  const tab = await world.open({ as: user });
  /** @type {[string, string][]} */
  const scopes = [
    ['workflows', user.id],
    ['workflow_nodes', estate.workflow.id],
    ['workflow_connections', estate.workflow.id],
    ['workflow_executions', estate.workflow.id],
    ['execution_node_results', estate.execution.id],
    ...[
      'user_profiles',
      'api_keys',
      'brand_settings',
      'account_settings',
      'integrations',
      'saved_templates',
    ].map((table) => /** @type {[string, string]} */ ([table, user.id])),
    ['workflow_favorites', user.id],
    ['workflow_templates', user.id],
    ['audit_logs', user.id],
  ];
  await tab.run(async (scopes) => {
    const open = /** @type {any} */ (wdb.getRealtimeManager().open);
    await Promise.all(scopes.map(([table, scope]) => open(table, { scope }, () => {}).ready));
  }, scopes);
  await rest();
  /** @type {Call[]} */
  const reads = [
    ...cachedReads(estate),
    ['getApiKeys', user.id],
    ['getApiKeysPublic', user.id],
    ['getApiKey', user.id, belongings.apiKey.service_name],
    ['getIntegrations', user.id],
    ['getIntegration', user.id, belongings.integration.service_name],
    ['getSavedTemplates', user.id],
    ['getFavorites', user.id],
    ['getBrandSettings', user.id],
    ['getAccountSettings', user.id],
    ['getTemplate', belongings.template.id],
    ['getExecutionHistory', estate.workflow.id],
    ['getAuditLogs', user.id],
  ];
  await agree(tab, reads, 'at first');
  return { tab, estate, belongings, reads };
}

/**
 * Asserts that reads return the same as SQL.
 *
 * @param {import('./support/world.mjs').Tab} tab
 * @param {Call[]} reads
 * @param {string} when
 * @returns the number of requests
 */
async function agree(tab, reads, when) {
  const before = stack.requests.count();
  const outcomes = await tab.calls(...reads);
  const cost = stack.requests.count() - before;
  for (const [index, call] of reads.entries()) {
    assert.deepEqual(outcomes[index], { value: await truth(call) }, `${call[0]} ${when}`);
  }
  return cost;
}

/** Pages are requested every time. */
const PAGES = 2;

/**
 * Tests that the cache is correct after a change by another client.
 *
 * @param {string} title
 * @param {(estate: Estate, belongings: Belongings) => Promise<unknown>} commit
 * @param {number} [cost] the number of requests that the following reads take, not counting pages
 */
function follows(title, commit, cost = 0) {
  test(`${title} by another client: every entry is correct after ${cost} requests`, async () => {
    const { tab, estate, belongings, reads } = await warmPage();
    await commit(estate, belongings);
    await rest();
    assert.equal((await agree(tab, reads, 'after the commit')) - PAGES, cost);
  });
}

const touch = (/** @type {string} */ table, /** @type {string} */ id) =>
  change(table, id, 'updated_at', 'now');

follows('a new workflow', ({ user }) => newWorkflow(user));
follows('a new workflow with an old time', ({ user }) => newWorkflow(user, { updated_at: '2024-02-02' }));
follows('a renamed workflow', async ({ workflow }) => {
  await change('workflows', workflow.id, 'name', 'Renamed');
  await touch('workflows', workflow.id);
});
follows('an archived workflow', ({ workflow }) =>
  change('workflows', workflow.id, 'archived_at', '2025-01-01'),
);
follows('a new node', ({ workflow }) => newNodes(workflow, ['z']));
follows('a new node among older ones', ({ workflow }) =>
  insert('workflow_nodes', [
    { workflow_id: workflow.id, node_id: 'z', node_type: 'output', created_at: '2020-01-01' },
  ]),
);
follows('a changed node', ({ nodes }) =>
  change('workflow_nodes', nodes[1].id, 'config', '{"deep":{"er":[1]}}'),
);
follows('a deleted node', ({ nodes }) => remove('workflow_nodes', nodes[0].id));
follows('a new connection', ({ workflow }) => newConnections(workflow, ['c>a']));
follows('a changed connection', ({ connections }) =>
  change('workflow_connections', connections[0].id, 'target_node_id', 'c'),
);
follows('a deleted connection', ({ connections }) => remove('workflow_connections', connections[1].id));
follows('a new execution', ({ workflow }) => newExecutions(workflow, [{}]));
follows('a finished execution', ({ execution }) =>
  change('workflow_executions', execution.id, 'status', 'completed'),
);
follows('a new result', ({ execution }) =>
  insert('execution_node_results', [{ execution_id: execution.id, node_id: 'c', node_type: 'output' }]),
);
follows('a changed result', ({ results }) =>
  change('execution_node_results', results[0].id, 'output_data', '{"url":"x"}'),
);
follows('a deleted result', ({ results }) => remove('execution_node_results', results[1].id));
follows('a changed profile', ({ user }) => change('user_profiles', user.id, 'organization', 'Northlight'));
follows('a new API key', ({ user }) =>
  insert('api_keys', [{ user_id: user.id, service_name: 'new', encrypted_key: 'x', is_active: true }]),
);
// An inactive key is null for `getApiKey`, which is not cached.
follows('a deactivated API key', (_, { apiKey }) => change('api_keys', apiKey.id, 'is_active', false), 1);
follows('changed brand settings', ({ user }) =>
  stack.sql(`update brand_settings set tagline = 'new' where user_id = $1`, [user.id]),
);
follows('changed account settings', ({ user }) =>
  stack.sql(`update account_settings set theme = 'dark' where user_id = $1`, [user.id]),
);
follows('a new integration', ({ user }) =>
  insert('integrations', [{ user_id: user.id, service_name: 'new' }]),
);
follows('a changed integration', (_, { integration }) =>
  change('integrations', integration.id, 'is_connected', true),
);
follows('a favorite less', (_, { favorite }) => remove('workflow_favorites', favorite.id));
follows('a favorite more', ({ user, workflow }) =>
  insert('workflow_favorites', [{ user_id: user.id, workflow_id: workflow.id }]),
);
follows('a removed saved template', (_, { saved }) => remove('saved_templates', saved.id));
follows('a new saved template', ({ user }, { template }) =>
  insert('saved_templates', [{ user_id: user.id, template_id: template.id }]),
);
follows('a changed template', (_, { template }) =>
  change('workflow_templates', template.id, 'usage_count', 9),
);
follows('five changes of a row in one transaction', ({ nodes }) =>
  stack.sql(
    `do $$ begin for i in 1..5 loop update workflow_nodes set label = i::text where id = '${nodes[0].id}'; end loop; end $$`,
  ),
);
// The execution and its results.
follows('a deleted execution', ({ execution }) => remove('workflow_executions', execution.id), 2);
// The workflow and its dependents: the relations, the run and its results, the favorites.
follows('a deleted workflow', ({ workflow }) => remove('workflows', workflow.id), 7);
follows('an audited change', ({ user }) =>
  insert('audit_logs', [{ user_id: user.id, action: 'update', resource_type: 'x' }]),
);

test('lists in other orders and partial lists are correct after changes by other clients', async () => {
  const { tab, estate } = await warmPage();
  const userId = estate.user.id;
  const queries = [
    { userId, sortBy: 'created_at', sortOrder: 'asc' },
    { userId, sortBy: 'name', sortOrder: 'asc' },
    { userId, limit: 2 },
    { userId, limit: 1, offset: 1 },
  ];
  const orders = [
    'created_at, id',
    'name, id',
    'updated_at desc, id limit 2',
    'updated_at desc, id limit 1 offset 1',
  ];
  const right = async (/** @type {string} */ when) => {
    await rest();
    const outcomes = await tab.calls(
      ...queries.map((query) => /** @type {Call} */ (['getWorkflows', query])),
    );
    for (const [index, order] of orders.entries()) {
      const expected = await world.rows(
        'workflows',
        `where user_id = $1 and archived_at is null order by ${order}`,
        [userId],
      );
      assert.deepEqual(outcomes[index].value, expected, `${order} ${when}`);
    }
  };
  await right('at first');
  const { id } = await newWorkflow(estate.user, { id: randomUUID(), name: 'äpfel' });
  await right('after an insert');
  await change('workflows', id, 'name', 'Zebra');
  await touch('workflows', id);
  await right('after an update');
  await remove('workflows', estate.workflow.id);
  await right('after a delete');
});

test('after a gap every entry is correct', async () => {
  const { tab, estate, belongings, reads } = await warmPage();
  await follow(tab, 'workflows', { scope: estate.user.id });
  stack.realtime.restart({ downMs: 300 });
  await newWorkflow(estate.user);
  await newNodes(estate.workflow, ['z']);
  await change('workflow_nodes', estate.nodes[0].id, 'label', 'changed');
  await remove('workflow_connections', estate.connections[0].id);
  await change('workflow_executions', estate.execution.id, 'status', 'failed');
  await remove('execution_node_results', estate.results[0].id);
  await change('api_keys', belongings.apiKey.id, 'is_active', false);
  await remove('saved_templates', belongings.saved.id);
  await hears(tab, 1);
  await rest();
  await agree(tab, reads, 'after the gap');
});
