// @ts-check
// The official client, unmodified, on this stack: it gets the same responses as from a hosted project.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { newClient, signIn, userNamed, useStack } from './helpers.mjs';

const NO_ID = '99999999-9999-4999-8999-999999999999';
const NAMES = ['alpha', 'beta', 'beta two', 'delta, (d)', 'épsilon%'];
/** The server's `max-rows`. */
const MAX_ROWS = 1_000;

const stack = await useStack();
const { client, id: userId } = await signIn(stack, 'ada');
const workflows = () => client.from('workflows');
const nodes = () => client.from('workflow_nodes');
/** @type {string} the id of a workflow with one node for each of `NAMES` */
let workflowId;

before(async () => {
  workflowId = await newWorkflow();
  const rows = NAMES.map((label, index) => newNode(`n${index}`, { label, position_x: index }));
  const { error } = await nodes().insert(rows);
  assert.equal(error, null);
});

async function newWorkflow(columns = {}) {
  const row = { user_id: userId, name: `From supabase-js ${randomUUID()}`, ...columns };
  const { data, error } = await workflows().insert(row).select().single();
  assert.equal(error, null);
  return data.id;
}

const newNode = (/** @type {string} */ node_id, columns = {}) => ({
  workflow_id: workflowId,
  node_id,
  node_type: 'text_input',
  ...columns,
});

/** The labels in the result of a query of nodes. @param {PromiseLike<any>} query */
async function labels(query) {
  const { data, error } = await query;
  assert.equal(error, null);
  return data.map((/** @type {{ label: string }} */ { label }) => label);
}

const inWorkflow = (columns = 'label') => nodes().select(columns).eq('workflow_id', workflowId);
const inOrder = () => inWorkflow().order('position_x');

/** The error of a failing call. @param {PromiseLike<any>} call */
async function refusal(call) {
  const { data, error, status } = await call;
  assert.equal(data, null);
  return [status, error?.code];
}

test('a session can sign up, refresh, sign out and sign in again', async () => {
  const own = newClient(stack);
  /** @type {string[]} */
  const events = [];
  own.auth.onAuthStateChange((event) => void events.push(event));
  const who = { email: `${randomUUID()}@example.com`, password: 'a good password' };
  const { data: up } = await own.auth.signUp(who);
  const visible = () => own.from('user_profiles').select('email').eq('email', who.email);
  assert.deepEqual((await visible()).data, [{ email: who.email }]);
  const { data: refreshed } = await own.auth.refreshSession();
  assert.notEqual(refreshed.session?.refresh_token, up.session?.refresh_token);
  assert.deepEqual((await visible()).data, [{ email: who.email }]);
  assert.equal((await own.auth.signOut()).error, null);
  assert.deepEqual((await visible()).data, []);
  const { data: back } = await own.auth.signInWithPassword(who);
  assert.equal(back.user?.id, up.user?.id);
  assert.deepEqual(
    events.filter((event) => event !== 'INITIAL_SESSION'),
    ['SIGNED_IN', 'TOKEN_REFRESHED', 'SIGNED_OUT', 'SIGNED_IN'],
  );
});

test('filters select the matching rows', async () => {
  const [alpha, beta, betaTwo, delta, epsilon] = NAMES;
  assert.deepEqual(await labels(inOrder().eq('label', delta)), [delta]);
  assert.deepEqual(await labels(inOrder().neq('label', alpha)), NAMES.slice(1));
  assert.deepEqual(await labels(inOrder().in('label', [alpha, delta, epsilon])), [alpha, delta, epsilon]);
  assert.deepEqual(await labels(inOrder().gt('position_x', 1).lte('position_x', 3)), [betaTwo, delta]);
  assert.deepEqual(await labels(inOrder().like('label', 'beta%')), [beta, betaTwo]);
  assert.deepEqual(await labels(inOrder().ilike('label', 'ALPHA')), [alpha]);
  assert.deepEqual(await labels(inOrder().is('label', null)), []);
  assert.deepEqual(await labels(inOrder().not('label', 'is', null)), NAMES);
  assert.deepEqual(await labels(inOrder().or('label.eq.alpha,position_x.eq.1')), [alpha, beta]);
  assert.deepEqual(await labels(inOrder().match({ label: beta, position_x: 1 })), [beta]);
});

test('order, limit and range select the requested part', async () => {
  const backwards = inWorkflow().order('position_x', { ascending: false });
  assert.deepEqual(await labels(backwards.limit(2)), [NAMES[4], NAMES[3]]);
  assert.deepEqual(await labels(inOrder().range(1, 2)), NAMES.slice(1, 3));
  const tied = inWorkflow().order('node_type').order('position_x', { ascending: false }).limit(1);
  assert.deepEqual(await labels(tied), [NAMES[4]]);
});

test('count=exact counts the whole query, with or without rows, and past the end', async () => {
  const query = (head = false) =>
    nodes().select('label', { count: 'exact', head }).eq('workflow_id', workflowId);
  const page = await query().range(0, 1);
  assert.deepEqual([page.count, page.data?.length, page.status], [NAMES.length, 2, 206]);
  const bare = await query(true);
  assert.deepEqual([bare.count, bare.data, bare.error], [NAMES.length, null, null]);
  assert.deepEqual(await refusal(query().range(10, 20)), [416, 'PGRST103']);
});

test('a list is silently truncated at the server’s max-rows', async () => {
  const { data: rows } = await workflows()
    .insert({ user_id: userId, name: `Long ${randomUUID()}` })
    .select()
    .single();
  const runs = Array.from({ length: MAX_ROWS + 5 }, () => ({ workflow_id: rows.id, user_id: userId }));
  assert.equal((await client.from('workflow_executions').insert(runs)).status, 201);
  const { data, error, count } = await client
    .from('workflow_executions')
    .select('id', { count: 'exact' })
    .eq('workflow_id', rows.id);
  assert.deepEqual([data?.length, error, count], [MAX_ROWS, null, MAX_ROWS + 5]);
});

test('embedded rows are returned with their parent', async () => {
  const { data } = await workflows()
    .select('id, workflow_nodes(label)')
    .eq('id', workflowId)
    .order('position_x', { referencedTable: 'workflow_nodes' })
    .single();
  assert.deepEqual(data, { id: workflowId, workflow_nodes: NAMES.map((label) => ({ label })) });
});

test('insert, update and delete return their rows only on request', async () => {
  const name = `Written ${randomUUID()}`;
  const quiet = await workflows().insert({ user_id: userId, name });
  assert.deepEqual([quiet.status, quiet.data, quiet.error], [201, null, null]);
  const renamed = await workflows().update({ description: 'changed' }).eq('name', name).select().single();
  assert.deepEqual([renamed.status, renamed.data.description], [200, 'changed']);
  const gone = await workflows().delete({ count: 'exact' }).eq('name', name);
  assert.deepEqual([gone.status, gone.count, gone.error], [204, 1, null]);
  assert.deepEqual((await workflows().select().eq('name', name)).data, []);
});

test('upsert updates the row with the same natural key, or ignores it', async () => {
  const key = { user_id: userId, service_name: `service ${randomUUID()}` };
  const upsert = async (/** @type {object} */ columns, options = {}) => {
    const { data, error } = await client
      .from('integrations')
      .upsert({ ...key, ...columns }, { onConflict: 'user_id,service_name', ...options })
      .select();
    assert.equal(error, null);
    return data ?? [];
  };
  const [made] = await upsert({ is_connected: true });
  const [changed] = await upsert({ is_connected: false });
  assert.deepEqual([changed.id, changed.is_connected], [made.id, false]);
  assert.deepEqual(await upsert({ is_connected: true }, { ignoreDuplicates: true }), []);
  const { data } = await client.from('integrations').select('id, is_connected').match(key);
  assert.deepEqual(data, [{ id: made.id, is_connected: false }]);
});

test('single refuses zero and several rows, maybeSingle only several', async () => {
  const missing = () => workflows().select().eq('id', NO_ID);
  assert.deepEqual(await refusal(missing().single()), [406, 'PGRST116']);
  const none = await missing().maybeSingle();
  assert.deepEqual([none.data, none.error], [null, null]);
  assert.deepEqual(await refusal(inWorkflow().single()), [406, 'PGRST116']);
  assert.equal((await inWorkflow().maybeSingle()).error?.code, 'PGRST116');
  assert.deepEqual((await inOrder().limit(1).single()).data, { label: NAMES[0] });
});

test('rpc calls a function as the signed-in user', async () => {
  const id = await newWorkflow();
  const graph = (/** @type {string} */ node_id) => ({
    p_workflow_id: id,
    p_nodes: [{ node_id, node_type: 'text_input' }],
    p_connections: [],
  });
  const { data, error } = await client.rpc('save_workflow_graph', graph('only'));
  assert.equal(error, null);
  assert.deepEqual([data.id, data.nodes[0].node_id], [id, 'only']);
  const { client: grace } = await signIn(stack, 'grace');
  assert.deepEqual(await refusal(grace.rpc('save_workflow_graph', graph('hers'))), [404, 'PT404']);
  const kept = await nodes().select('node_id').eq('workflow_id', id);
  assert.deepEqual(kept.data, [{ node_id: 'only' }]);
});

test('errors have the codes of Postgres and PostgREST', async () => {
  const taken = newNode('n0');
  assert.deepEqual(await refusal(nodes().insert(taken)), [409, '23505']);
  assert.deepEqual(await refusal(nodes().insert({ ...taken, workflow_id: NO_ID })), [403, '42501']);
  assert.deepEqual(await refusal(nodes().insert({ workflow_id: workflowId, node_id: 'x' })), [400, '23502']);
  assert.deepEqual(await refusal(workflows().select().eq('id', 'no uuid')), [400, '22P02']);
  assert.deepEqual(await refusal(workflows().select('nothing')), [400, '42703']);
  assert.deepEqual(await refusal(nodes().insert(newNode('y', { nothing: 1 }))), [400, 'PGRST204']);
  assert.deepEqual(await refusal(client.from('no_table').select()), [404, '42P01']);
  assert.deepEqual(await refusal(client.rpc('no_function')), [404, 'PGRST202']);
  const run = { workflow_id: workflowId, user_id: userId, status: 'paused' };
  assert.deepEqual(await refusal(client.from('workflow_executions').insert(run)), [400, '23514']);
  const saved = { user_id: userId, template_id: NO_ID };
  assert.deepEqual(await refusal(client.from('saved_templates').insert(saved)), [409, '23503']);
});

test("row security hides and refuses other users' rows, and everything from anonymous users", async () => {
  const [{ client: grace }, anonymous] = [await signIn(stack, 'grace'), newClient(stack)];
  for (const other of [grace, anonymous]) {
    assert.deepEqual((await other.from('workflows').select().eq('id', workflowId)).data, []);
    const changed = await other.from('workflows').update({ name: 'stolen' }).eq('id', workflowId).select();
    assert.deepEqual([changed.data, changed.error], [[], null]);
    const insert = other.from('workflows').insert({ user_id: userId, name: randomUUID() });
    assert.equal((await insert).error?.code, '42501');
  }
  const { data } = await workflows().select('user_id').eq('id', workflowId).single();
  assert.deepEqual(data, { user_id: userNamed(stack, 'ada').id });
});
