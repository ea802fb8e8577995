// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { useWorld } from './support/world.mjs';

// The database as in production, before the migrations.
const world = await useWorld({ migrations: ['initial_schema'] });
const { insert, row, rows } = world;
const root = fileURLToPath(new URL('../../', import.meta.url));

/** Creates a user with a profile, because this database has no trigger for that. @param {string} name */
async function newUser(name) {
  const user = await world.newUser(name);
  await insert('user_profiles', [{ id: user.id, email: user.email }]);
  return user;
}

const ada = await newUser('ada');
const grace = await newUser('grace');
const tab = await world.open({ as: ada, keep: true });
const other = await world.open({ as: grace, keep: true });
const estate = await world.newEstate(ada);
const { workflow, nodes, connections, execution, results } = estate;
const [template] = await insert('workflow_templates', [
  { name: randomUUID(), workflow_data: { nodes: [], connections: [] } },
]);

/** @type {Record<string, [string, ...unknown[]]>} */
const HOLES = {
  'an upsert of brand settings': ['upsertBrandSettings', ada.id, { tagline: 'x' }],
  'an upsert of account settings': ['upsertAccountSettings', ada.id, { theme: 'dark' }],
  'saving a template': ['saveTemplate', ada.id, template.id],
  'an update of an execution': ['updateExecution', execution.id, { node_count: 9 }],
  'an update of a result': ['updateExecutionResult', results[0].id, { status: 'failed' }],
  'an update of a connection': ['updateWorkflowConnection', connections[0].id, { connection_id: 'x' }],
  'deleting an execution': ['deleteExecution', execution.id],
  'deleting a result': ['deleteExecutionResult', results[0].id],
  'a graph': ['saveWorkflowGraph', workflow.id, { nodes: [], connections: [] }],
  'a batch of workflows': ['batchSaveWorkflows', { workflows: [] }],
  'a batch of keys': ['batchSaveApiKeys', { keys: [] }],
  'storing an encrypted key': ['storeApiKey', ada.id, 's', 'secret'],
  'revealing a key': ['revealApiKey', randomUUID()],
  'a workflow from a template': ['createWorkflowFromTemplate', ada.id, template.id],
};

for (const [what, call] of Object.entries(HOLES)) {
  test(`${what} says which migration is missing`, async () => {
    const [{ error }] = await tab.calls(call);
    assert.equal(error?.code, 'MIGRATION_REQUIRED', JSON.stringify(error));
    const [file] = /supabase\/(migrations|optional)\/\S+\.sql/.exec(error.hint) ?? [];
    assert.ok(file !== undefined && existsSync(root + file), error.hint);
  });
}

test('rows that are missing or belong to another user do not indicate a missing migration', async () => {
  const outcomes = await other.calls(
    ['upsertBrandSettings', ada.id, { tagline: 'x' }],
    ['updateExecution', execution.id, { node_count: 9 }],
    ['deleteExecution', execution.id],
    ['updateWorkflowConnection', randomUUID(), { connection_id: 'x' }],
  );
  const codes = outcomes.map(({ error }) => error?.code);
  assert.deepEqual(codes, ['42501', 'NOT_FOUND', undefined, 'NOT_FOUND']);
  assert.deepEqual(await row('workflow_executions', execution.id), execution);
});

test('everything else works', async () => {
  const outcomes = await tab.calls(
    ['createWorkflow', ada.id, { name: 'New' }],
    ['updateWorkflow', workflow.id, { name: 'Renamed' }],
    ['updateWorkflowNode', nodes[0].id, { label: 'x' }],
    ['createExecution', { workflow_id: workflow.id, user_id: ada.id }],
    ['createApiKey', { user_id: ada.id, service_name: 's', encrypted_key: 'k' }],
    ['upsertIntegration', ada.id, 's', { is_connected: true }],
    ['addFavorite', ada.id, workflow.id],
    ['getBrandSettings', ada.id],
    ['getTemplates'],
    ['getAuditLogs', ada.id],
    ['deleteWorkflow', workflow.id],
  );
  assert.deepEqual(
    outcomes.filter(({ error }) => error !== undefined),
    [],
  );
  assert.deepEqual(await rows('workflow_nodes', 'where workflow_id = $1', [workflow.id]), []);
});
