// @ts-check
// Access to the room of a workflow: the policies of the optional migration workflow_members, evaluated by the realtime
// service.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readMigrations } from '../lib/migrations.mjs';
import { openSession, useStack, userNamed } from './helpers.mjs';
import { connect, waitFor } from './realtime-client.mjs';

const stack = await useStack({ members: true });
const [ada, grace, mary] = ['ada', 'grace', 'mary'].map((name) => userNamed(stack, name).id);
const [{ id: shared }] = await stack.sql("select id from workflows where name = 'Product launch video'");
const [{ id: invited }] = await stack.sql("select id from workflows where name = 'Catalogue backgrounds'");

after(() => stack.realtime.drop());

/**
 * The server's reply to a client that joins.
 *
 * @param {string} topic
 * @param {string | undefined} user
 */
async function enter(topic, user) {
  const client = await connect(stack);
  const token = user && stack.signToken({ sub: user });
  const config = { private: true, presence: { key: 'me', enabled: true } };
  const ref = client.push('phx_join', `realtime:${topic}`, { config, access_token: token });
  const { payload } = await client.next((frame) => frame.ref === ref);
  return { client, status: payload.status, reason: payload.response.reason };
}

test('the owner, editors and viewers can join and see each other', async () => {
  for (const user of [ada, grace, mary]) {
    const { client, status } = await enter(`workflow:${shared}`, user);
    assert.equal(status, 'ok');
    client.push('presence', `realtime:workflow:${shared}`, { type: 'presence', event: 'track', payload: {} });
    await client.next(({ event }) => event === 'presence_diff');
  }
});

test('invited people, strangers and visitors cannot join', async () => {
  const attempts = [
    [invited, mary],
    [invited, grace],
    [shared, undefined],
    ['99999999-9999-4999-8999-999999999999', ada],
  ];
  for (const [workflow, user] of attempts) {
    const { status, reason } = await enter(`workflow:${workflow}`, user);
    assert.equal(status, 'error');
    assert.match(reason, /permission/);
  }
});

test('a client that leaves while its join is being authorized is not in the room', async () => {
  const topic = `realtime:workflow:${shared}`;
  const config = { private: true, presence: { key: 'gone', enabled: true } };
  const access = { config, access_token: stack.signToken({ sub: ada }) };
  const locker = await openSession(stack, { role: 'postgres' });
  await locker.sql('begin');
  await locker.sql('lock table workflows in access exclusive mode');
  const before = stack.realtime.inspect().sockets;
  const client = await connect(stack);
  client.push('phx_join', topic, access);
  client.push('presence', topic, { type: 'presence', event: 'track', payload: {} });
  const waiting = () => stack.sql('select from pg_locks where not granted');
  while ((await waiting()).length === 0) await sleep(5);
  client.ws.terminate();
  await waitFor(() => stack.realtime.inspect().sockets === before);
  await locker.sql('rollback');
  const { client: other } = await enter(`workflow:${shared}`, grace);
  const { payload } = await other.next(({ event }) => event === 'presence_state');
  assert.deepEqual(payload, {});
});

test('the room of a public workflow is not public', async () => {
  const [{ id }] = await stack.sql(
    "insert into workflows (user_id, name, is_public) values ($1, 'For everybody', true) returning id",
    [ada],
  );
  assert.equal((await enter(`workflow:${id}`, ada)).status, 'ok');
  assert.equal((await enter(`workflow:${id}`, grace)).status, 'error');
});

test('a topic that only resembles a room is not one', async () => {
  const topics = [
    `workflow:${shared} `,
    `workflow:${shared.toUpperCase()}`,
    `workflow:${shared}:more`,
    `xworkflow:${shared}`,
    'workflow:',
    "workflow:' or true",
    'room',
  ];
  for (const topic of topics) assert.equal((await enter(topic, ada)).status, 'error', topic);
});

test('a removed member stays until the token is renewed, and cannot join again', async () => {
  const [{ id }] = await stack.sql(
    "insert into workflows (user_id, name) values ($1, 'For a while') returning id",
    [ada],
  );
  const [member] = await stack.sql(
    `insert into workflow_members (workflow_id, email, role, invited_by, user_id, accepted_at)
     values ($1, 'grace@example.com', 'editor', $2, $3, localtimestamp) returning id`,
    [id, ada, grace],
  );
  const { client, status } = await enter(`workflow:${id}`, grace);
  assert.equal(status, 'ok');
  await stack.sql('delete from workflow_members where id = $1', [member.id]);
  const renewed = stack.signToken({ sub: grace, renewed: true });
  client.push('access_token', `realtime:workflow:${id}`, { access_token: renewed });
  await client.next(({ event }) => event === 'phx_close');
  assert.equal((await enter(`workflow:${id}`, grace)).status, 'error');
});

test('the migration can run again, without realtime, and be reverted', async () => {
  const [migration, undo] = await readMigrations([], ['workflow_members', 'undo_workflow_members']);
  const policies = () =>
    stack.sql(
      "select policyname from pg_policies where schemaname = 'realtime' and policyname like 'workflow_room_%'",
    );
  await stack.sql(migration.text);
  assert.equal((await policies()).length, 2);
  await stack.sql(undo.text);
  await stack.sql(undo.text);
  assert.equal((await policies()).length, 0);
  await stack.sql('alter schema realtime rename to hidden');
  await stack.sql(migration.text);
  await stack.sql(undo.text);
  await stack.sql('alter schema hidden rename to realtime');
});
