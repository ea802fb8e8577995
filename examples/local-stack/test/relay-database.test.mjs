// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newClient, signIn, useStack, userNamed } from './helpers.mjs';

// A database in use, with encrypted keys, to which the relay is added.
const stack = await useStack();
const server = newClient(stack, stack.serviceKey);
const ada = await signIn(stack, 'ada');
const adaId = userNamed(stack, 'ada').id;
const NEEDED =
  /needs encrypted API keys: run supabase\/optional\/20260101001000_encrypted_api_keys\.sql first/;

await assert.rejects(stack.migrate(['api_relay']), NEEDED);
await stack.migrate(['encrypted_api_keys']);
await stack.migrate(['api_relay']);
// PostgREST reloads the schema shortly afterwards.
while ((await begin(randomUUID())).code === 'PGRST202') await sleep(10);

/** @returns {Promise<string>} the id of a new user with a key for `service` */
async function newUser() {
  const id = randomUUID();
  const email = `${id}@example.com`;
  await stack.sql("insert into auth.users (id, email, encrypted_password) values ($1, $2, '')", [id, email]);
  await stack.sql(
    "insert into api_keys (user_id, service_name, encrypted_key) values ($1, 'service', 'secret')",
    [id],
  );
  return id;
}

/** @param {string} user @param {{ concurrent?: number, perMinute?: number, lease?: number, service?: string }} [how] */
async function begin(user, { concurrent = 100, perMinute = 100, lease = 60, service = 'service' } = {}) {
  const { data, error } = await server.rpc('begin_api_relay_call', {
    p_user_id: user,
    p_service: service,
    p_method: 'POST',
    p_path: 'v1/path',
    p_max_concurrent: concurrent,
    p_max_per_minute: perMinute,
    p_lease_seconds: lease,
  });
  return data ?? error;
}

/** @param {string} callId @param {number | null} [status] */
function finish(callId, status = 200) {
  return server.rpc('finish_api_relay_call', {
    p_call_id: callId,
    p_status: status,
    p_outcome: 'answered',
    p_duration_ms: 12,
    p_request_bytes: 3,
    p_response_bytes: 4,
  });
}

/** @param {string} user */
const uses = (user) =>
  stack.sql("select * from audit_logs where user_id = $1 and action = 'api_key_used' order by created_at", [
    user,
  ]);

test('concurrent calls are limited, however many begin at once', async () => {
  const user = await newUser();
  const answers = await Promise.all(Array.from({ length: 20 }, () => begin(user, { concurrent: 5 })));
  const admitted = answers.filter(({ call_id: id }) => id);
  assert.equal(admitted.length, 5);
  for (const answer of answers) {
    if (!answer.call_id) assert.deepEqual(answer, { limit: 'concurrent', retry_after: 1 });
  }
  await finish(admitted[0].call_id);
  assert.equal((await begin(user, { concurrent: 5 })).secret, 'secret');
  assert.equal((await begin(user, { concurrent: 5 })).limit, 'concurrent');
});

test('calls per minute are limited, and the refusal says when the next one may begin', async () => {
  const user = await newUser();
  const answers = await Promise.all(Array.from({ length: 15 }, () => begin(user, { perMinute: 4 })));
  const admitted = answers.filter(({ call_id: id }) => id);
  assert.equal(admitted.length, 4);
  await Promise.all(admitted.map(({ call_id: id }) => finish(id)));
  await stack.sql(
    "update workflow_relay.calls set started_at = started_at - interval '20 s' where user_id = $1",
    [user],
  );
  const refused = await begin(user, { perMinute: 4 });
  assert.equal(refused.limit, 'per_minute');
  assert.ok(refused.retry_after > 5 && refused.retry_after <= 40, `${refused.retry_after} s`);
  await stack.sql(
    "update workflow_relay.calls set started_at = started_at - interval '60 s' where user_id = $1",
    [user],
  );
  assert.equal((await begin(user, { perMinute: 4 })).secret, 'secret');
  const [{ count }] = await stack.sql('select count(*)::int from workflow_relay.calls where user_id = $1', [
    user,
  ]);
  assert.equal(count, 1, 'rows that no longer count are deleted');
});

test('calls of one user do not count for another', async () => {
  const [one, other] = [await newUser(), await newUser()];
  assert.ok((await begin(one, { concurrent: 1 })).call_id);
  assert.ok((await begin(other, { concurrent: 1 })).call_id);
});

test('a call without an end stops counting after its lease, and leaves an audit row', async () => {
  const user = await newUser();
  await begin(user, { concurrent: 1 });
  assert.equal((await begin(user, { concurrent: 1 })).limit, 'concurrent');
  await stack.sql('update workflow_relay.calls set expires_at = now() where user_id = $1', [user]);
  const next = await begin(user, { concurrent: 1 });
  assert.ok(next.call_id);
  const [{ details }] = await uses(user);
  assert.deepEqual(details, {
    service_name: 'service',
    method: 'POST',
    path: 'v1/path',
    status: null,
    outcome: 'unknown',
  });
});

test('ending a call twice leaves one audit row', async () => {
  const user = await newUser();
  const { call_id: id } = await begin(user);
  await Promise.all([finish(id), finish(id), finish(id)]);
  const rows = await uses(user);
  assert.equal(rows.length, 1);
  const [key] = await stack.sql('select id from api_keys where user_id = $1', [user]);
  assert.deepEqual([rows[0].resource_type, rows[0].resource_id], ['api_key', key.id]);
  assert.deepEqual(rows[0].details, {
    service_name: 'service',
    method: 'POST',
    path: 'v1/path',
    status: 200,
    outcome: 'answered',
    duration_ms: 12,
    request_bytes: 3,
    response_bytes: 4,
  });
});

test('a key that is missing, inactive or of another user is not found, and the call does not count', async () => {
  const user = await newUser();
  const other = await newUser();
  await stack.sql("insert into api_keys (user_id, service_name, encrypted_key) values ($1, 'theirs', 'x')", [
    other,
  ]);
  for (const service of ['missing', 'theirs']) {
    assert.equal((await begin(user, { service })).code, 'PT404');
  }
  await stack.sql('update api_keys set is_active = false where user_id = $1', [user]);
  assert.equal((await begin(user)).code, 'PT404');
  const calls = await stack.sql('select from workflow_relay.calls where user_id = $1', [user]);
  assert.equal(calls.length, 0);
});

test('deleting an account during its call deletes the call, and ending that call is not an error', async () => {
  const user = await newUser();
  const { call_id: id } = await begin(user);
  await stack.sql('delete from auth.users where id = $1', [user]);
  assert.equal((await finish(id)).error, null);
});

test('neither users nor visitors can call the relay’s functions, reveal a key, or read the counters', async () => {
  const [key] = await stack.sql('select id from api_keys where user_id = $1 limit 1', [adaId]);
  const args = {
    p_user_id: adaId,
    p_service: 'elevenlabs',
    p_method: 'POST',
    p_path: '',
    p_max_concurrent: 9,
    p_max_per_minute: 9,
    p_lease_seconds: 9,
  };
  const ending = {
    p_call_id: randomUUID(),
    p_status: 200,
    p_outcome: '',
    p_duration_ms: 1,
    p_request_bytes: 1,
    p_response_bytes: 1,
  };
  for (const client of [ada.client, newClient(stack)]) {
    assert.equal((await client.rpc('begin_api_relay_call', args)).error?.code, '42501');
    assert.equal((await client.rpc('finish_api_relay_call', ending)).error?.code, '42501');
    assert.equal((await client.rpc('reveal_api_key', { p_id: key.id })).error?.code, '42501');
  }
  assert.equal(typeof (await server.rpc('reveal_api_key', { p_id: key.id })).data, 'string');
  for (const role of ['anon', 'authenticated', 'service_role']) {
    for (const statement of ['select * from workflow_relay.calls', 'delete from workflow_relay.calls']) {
      const refused = stack.sql(`set local role ${role}; ${statement}`);
      await assert.rejects(refused, { code: '42501' }, `${role}: ${statement}`);
    }
  }
});

test('running both migrations again does not restore the right of browsers to reveal keys', async () => {
  const user = await newUser();
  await begin(user);
  await stack.migrate(['encrypted_api_keys']);
  await stack.migrate(['api_relay']);
  const rights = "select has_function_privilege('authenticated', 'reveal_api_key(uuid)', 'execute') as may";
  assert.deepEqual(await stack.sql(rights), [{ may: false }]);
  const calls = await stack.sql('select from workflow_relay.calls where user_id = $1', [user]);
  assert.equal(calls.length, 1);
});

test('the undo file restores the right to reveal keys and keeps the audit log; it and the migration can run again', async () => {
  const user = await newUser();
  await finish((await begin(user)).call_id);
  for (let time = 1; time <= 2; time += 1) await stack.migrate(['undo_api_relay']);
  const [key] = await stack.sql('select id from api_keys where user_id = $1 limit 1', [adaId]);
  assert.equal(typeof (await ada.client.rpc('reveal_api_key', { p_id: key.id })).data, 'string');
  assert.equal((await uses(user)).length, 1);
  assert.deepEqual(
    await stack.sql(
      "select proname from pg_proc where proname like '%relay%' union select nspname from pg_namespace where nspname like '%relay%'",
    ),
    [],
  );
  await stack.migrate(['api_relay']);
});
