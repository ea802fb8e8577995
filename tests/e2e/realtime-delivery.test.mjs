// @ts-check
// Which changes reach which handlers: every kind of scope, and no rows of other users.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { useLive } from './support/live.mjs';
import { useWorld } from './support/world.mjs';

/** @typedef {import('./support/fixtures.mjs').Row} Row */
/** @typedef {import('./support/fixtures.mjs').User} User */
/** @typedef {Awaited<ReturnType<import('./support/world.mjs').World['newEstate']>>} Estate */
/**
 * A kind of scope. `make` adds a row to it; `scope` returns its id, which is `fresh` if the row itself is the scope.
 *
 * @typedef {{ table: string, scope: (estate: Estate, fresh: string) => string,
 *   make: (estate: Estate, fresh: string) => Promise<Row>, column: string, value: unknown }} Kind
 */

const world = await useWorld();
const { stack, newUser, newEstate, newWorkflow, newNodes, newConnections, newExecutions, insert, row } =
  world;
const { follow, told, hears, rest, change, remove } = useLive(world);

const unique = () => `x ${randomUUID()}`;
const one = async (/** @type {string} */ table, /** @type {Row} */ columns) =>
  (await insert(table, [columns]))[0];
const templateOf = (/** @type {Estate} */ { user }, columns = {}) =>
  one('workflow_templates', {
    name: unique(),
    workflow_data: { nodes: [], connections: [] },
    created_by: user.id,
    ...columns,
  });

const byUser = (/** @type {Estate} */ { user }) => user.id;
const byWorkflow = (/** @type {Estate} */ { workflow }) => workflow.id;
const itself = (/** @type {Estate} */ _, /** @type {string} */ fresh) => fresh;

/** @type {Record<string, Kind>} */
const KINDS = {
  'workflows of a user': {
    table: 'workflows',
    scope: byUser,
    make: ({ user }) => newWorkflow(user),
    column: 'description',
    value: 'changed',
  },
  'a workflow by its id': {
    table: 'workflows',
    scope: itself,
    make: ({ user }, id) => newWorkflow(user, { id }),
    column: 'description',
    value: 'changed',
  },
  'nodes of a workflow': {
    table: 'workflow_nodes',
    scope: byWorkflow,
    make: async ({ workflow }) => (await newNodes(workflow, [unique()]))[0],
    column: 'label',
    value: 'changed',
  },
  'connections of a workflow': {
    table: 'workflow_connections',
    scope: byWorkflow,
    make: async ({ workflow }) => (await newConnections(workflow, [`${randomUUID()}>b`]))[0],
    column: 'target_node_id',
    value: 'c',
  },
  'executions of a user': {
    table: 'workflow_executions',
    scope: byUser,
    make: async ({ workflow }) => (await newExecutions(workflow, [{}]))[0],
    column: 'status',
    value: 'completed',
  },
  'executions of a workflow': {
    table: 'workflow_executions',
    scope: byWorkflow,
    make: async ({ workflow }) => (await newExecutions(workflow, [{}]))[0],
    column: 'status',
    value: 'failed',
  },
  'an execution by its id': {
    table: 'workflow_executions',
    scope: itself,
    make: async ({ workflow }, id) => (await newExecutions(workflow, [{ id }]))[0],
    column: 'execution_time_ms',
    value: 12,
  },
  'results of an execution': {
    table: 'execution_node_results',
    scope: ({ execution }) => execution.id,
    make: ({ execution }) =>
      one('execution_node_results', {
        execution_id: execution.id,
        node_id: unique(),
        node_type: 'text_input',
      }),
    column: 'error_message',
    value: 'changed',
  },
  'API keys of a user': {
    table: 'api_keys',
    scope: byUser,
    make: ({ user }) => one('api_keys', { user_id: user.id, service_name: unique(), encrypted_key: 'x' }),
    column: 'is_active',
    value: false,
  },
  'brand settings of a user': {
    table: 'brand_settings',
    scope: byUser,
    make: ({ user }) => one('brand_settings', { user_id: user.id }),
    column: 'tagline',
    value: 'changed',
  },
  'account settings of a user': {
    table: 'account_settings',
    scope: byUser,
    make: ({ user }) => one('account_settings', { user_id: user.id }),
    column: 'theme',
    value: 'dark',
  },
  'integrations of a user': {
    table: 'integrations',
    scope: byUser,
    make: ({ user }) => one('integrations', { user_id: user.id, service_name: unique() }),
    column: 'is_connected',
    value: true,
  },
  'templates of a user': {
    table: 'workflow_templates',
    scope: byUser,
    make: (estate) => templateOf(estate),
    column: 'usage_count',
    value: 7,
  },
  'a template by its id': {
    table: 'workflow_templates',
    scope: itself,
    make: (estate, id) => templateOf(estate, { id }),
    column: 'usage_count',
    value: 7,
  },
  'saved templates of a user': {
    table: 'saved_templates',
    scope: byUser,
    make: async (estate) =>
      one('saved_templates', { user_id: estate.user.id, template_id: (await templateOf(estate)).id }),
    column: 'created_at',
    value: '2024-01-01T00:00:00',
  },
  'favorites of a user': {
    table: 'workflow_favorites',
    scope: byUser,
    make: async ({ user }) =>
      one('workflow_favorites', { user_id: user.id, workflow_id: (await newWorkflow(user)).id }),
    column: 'created_at',
    value: '2024-01-01T00:00:00',
  },
  'audit logs of a user': {
    table: 'audit_logs',
    scope: byUser,
    make: ({ user }) =>
      one('audit_logs', {
        user_id: user.id,
        action: 'create',
        resource_type: 'test',
        resource_id: randomUUID(),
      }),
    column: 'action',
    value: 'update',
  },
};

/** @type {Estate} */
let ada;
/** @type {Estate} */
let eve;
before(async () => {
  ada = await newEstate(await newUser('ada'));
  eve = await newEstate(await newUser('eve'));
});

/**
 * Inserts, updates and deletes a row of both users; Ada's page receives only her own.
 *
 * @param {Kind} kind
 * @param {object} [options] of `configure`
 */
async function delivers({ table, scope, make, column, value }, options) {
  const fresh = randomUUID();
  const tab = await world.open({ as: ada.user, options });
  await follow(tab, table, { scope: scope(ada, fresh) });
  const foreign = await make(eve, randomUUID());
  const mine = await make(ada, fresh);
  await hears(tab, 1);
  for (const { id } of [foreign, mine]) await change(table, id, column, value);
  const changed = await row(table, mine.id);
  await hears(tab, 2);
  for (const { id } of [foreign, mine]) await remove(table, id);
  await hears(tab, 3);
  await rest();
  assert.deepEqual(
    (await told(tab)).map(({ commitTimestamp, ...rest }) => ({ ...rest, isTimed: commitTimestamp !== null })),
    [
      { type: 'INSERT', table, record: mine, old: null, origin: 'live', isTimed: true },
      { type: 'UPDATE', table, record: changed, old: mine, origin: 'live', isTimed: true },
      { type: 'DELETE', table, record: changed, old: changed, origin: 'live', isTimed: true },
    ],
  );
}

for (const [title, kind] of Object.entries(KINDS)) {
  test(`${title} are reported when they are inserted, updated and deleted, and other users' are not`, () =>
    delivers(kind));

  test(`${title}: on a server that sends every user's deletes too`, async () => {
    stack.settings.change({ realtimeFilteredDeletes: false });
    await delivers(kind);
  });
}

test('a changed profile is reported', async () => {
  const user = await newUser('ada');
  const tab = await world.open({ as: user });
  await follow(tab, 'user_profiles', { scope: user.id });
  await change('user_profiles', user.id, 'full_name', 'Ada');
  const [{ type, record }] = await hears(tab, 1);
  assert.deepEqual([type, record], ['UPDATE', await row('user_profiles', user.id)]);
});

test('templates of all users are reported without a scope', async () => {
  const tab = await world.open({ as: ada.user });
  await follow(tab, 'workflow_templates', {});
  const template = await templateOf(eve);
  await hears(tab, 1);
  await remove('workflow_templates', template.id);
  const heard = await hears(tab, 2);
  assert.deepEqual(
    heard.map(({ type, record }) => [type, record]),
    [
      ['INSERT', template],
      ['DELETE', template],
    ],
  );
});

test('the DELETE of a row older than the subscription contains the whole row', async () => {
  const estate = await newEstate(await newUser('ada'));
  const tab = await world.open({ as: estate.user });
  await follow(tab, 'workflow_nodes', { scope: estate.workflow.id });
  await remove('workflow_nodes', estate.nodes[1].id);
  const [{ type, record }] = await hears(tab, 1);
  assert.deepEqual([type, record], ['DELETE', estate.nodes[1]]);
});

test('rows deleted with their workflow are reported to their subscribers', async () => {
  const estate = await newEstate(await newUser('ada'));
  const tab = await world.open({ as: estate.user });
  await follow(tab, 'workflow_nodes', { scope: estate.workflow.id }, 'nodes');
  await follow(tab, 'execution_node_results', { scope: estate.execution.id }, 'results');
  await remove('workflows', estate.workflow.id);
  const ids = (/** @type {Row[]} */ rows) => rows.map(({ id }) => id).sort();
  const records = async (/** @type {number} */ count, /** @type {string} */ name) =>
    (await hears(tab, count, name)).map(({ record }) => record);
  assert.deepEqual(ids(await records(3, 'nodes')), ids(estate.nodes));
  assert.deepEqual(ids(await records(2, 'results')), ids(estate.results));
});

test('every change of a burst is reported once, in order', async () => {
  const estate = await newEstate(await newUser('ada'));
  const tab = await world.open({ as: estate.user });
  await follow(tab, 'workflow_executions', { scope: estate.workflow.id });
  const made = await newExecutions(
    estate.workflow,
    Array.from({ length: 300 }, () => ({})),
  );
  const heard = await hears(tab, 300);
  await rest();
  assert.equal((await told(tab)).length, 300);
  assert.deepEqual(new Set(heard.map(({ record }) => record.id)), new Set(made.map(({ id }) => id)));
});

// Without the migration for realtime, deletes contain only the key, and filters do not match them.
const identity = (/** @type {string} */ of) =>
  Promise.all(
    [...new Set(Object.values(KINDS).map(({ table }) => table))].map((table) =>
      stack.sql(`alter table public.${table} replica identity ${of}`),
    ),
  );

for (const title of [
  'workflows of a user',
  'nodes of a workflow',
  'an execution by its id',
  'API keys of a user',
]) {
  test(`${title}: without the migration, 'unfiltered' delivers the deletes`, async () => {
    await identity('default');
    try {
      await delivers(KINDS[title], { realtime: { deletes: 'unfiltered' } });
    } finally {
      await identity('full');
    }
  });
}
