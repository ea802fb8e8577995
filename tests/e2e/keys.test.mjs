// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { FORBIDDEN, NOT_FOUND, badIds } from './support/functions/promised.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld({ encryptedKeys: true });
const { stack, row, rows, newUser } = world;
const ada = await newUser('ada');
const grace = await newUser('grace');
const options = { retry: { initialBackoffMs: 5 } };
const [tab, other, nobody] = await Promise.all([
  world.open({ as: ada, keep: true, options }),
  world.open({ as: grace, keep: true }),
  world.open({ keep: true }),
]);
const SECRET = 'sk-top-"secret"-\\ü-值';

/** @typedef {[name: string, ...args: unknown[]]} Call */

/** @param {import('./support/world.mjs').Tab} at @param {Call} call */
async function outcomeOf(at, ...call) {
  const [{ value, error }] = await at.calls(call);
  return error ?? value;
}

/** @param {Call} call */
const mine = (...call) => outcomeOf(tab, ...call);

const stored = async (secret = SECRET) => mine('storeApiKey', ada.id, randomUUID(), secret);
const loseAnswer = () => stack.faults.add({ match: { method: 'POST' }, action: 'resetAfterCommit' });

/** The row as `storeApiKey` returns it. @param {string} id */
async function shownRow(id) {
  const { key_format, ...shown } = await row('api_keys', id);
  assert.equal(key_format, 'pgp');
  return { ...shown, encrypted_key: '[REDACTED]' };
}

test('a key is stored encrypted and revealed unchanged, in one request each', async () => {
  const service = `Ünïque ${randomUUID()}`;
  const given = { isMasterKey: true, gatewayType: 'custom', gatewayEndpoint: 'https://g.example.com' };
  const made = await mine('storeApiKey', ada.id, service, SECRET, given);
  assert.equal(stack.requests.count(), 1);
  assert.deepEqual(made, await shownRow(made.id));
  assert.deepEqual(
    [made.service_name, made.is_master_key, made.gateway_type, made.gateway_endpoint, made.is_active],
    [service, true, 'custom', 'https://g.example.com', true],
  );
  assert.ok(!(await row('api_keys', made.id)).encrypted_key.includes('secret'));
  assert.equal(await mine('revealApiKey', made.id.toUpperCase()), SECRET);
  assert.equal(stack.requests.count(), 2);
});

test('storing a key again replaces the secret and the given columns, and keeps the rest', async () => {
  const service = randomUUID();
  const first = await mine('storeApiKey', ada.id, service, 'one', { isMasterKey: true, isActive: false });
  const second = await mine('storeApiKey', ada.id, service, 'two', {
    gatewayType: null,
    isActive: undefined,
  });
  assert.deepEqual(second, await shownRow(first.id));
  assert.deepEqual([second.is_master_key, second.is_active], [true, false]);
  assert.ok(second.updated_at > first.updated_at);
  assert.equal(await mine('revealApiKey', first.id), 'two');
});

test("a missing key or another user's key can be neither stored nor revealed", async () => {
  const { id } = await stored();
  const before = await rows('api_keys', 'order by id');
  /** @type {[any, Call, { code: string }][]} */
  const refused = [
    [tab, ['revealApiKey', randomUUID()], NOT_FOUND],
    [other, ['revealApiKey', id], NOT_FOUND],
    [nobody, ['revealApiKey', id], FORBIDDEN],
    [tab, ['storeApiKey', randomUUID(), 'service', SECRET], FORBIDDEN],
    [other, ['storeApiKey', ada.id, 'service', SECRET], FORBIDDEN],
    [nobody, ['storeApiKey', ada.id, 'service', SECRET], FORBIDDEN],
  ];
  for (const [at, call, { code }] of refused) {
    stack.requests.clear();
    const error = await outcomeOf(at, ...call);
    assert.deepEqual([error.code, error.attempts, error.isOurs], [code, 1, true], call[0]);
    assert.equal(stack.requests.count(), 1);
    assert.ok(!JSON.stringify(error).includes('secret'));
  }
  assert.deepEqual(await rows('api_keys', 'order by id'), before);
});

test('invalid input is refused by name, nothing is sent, and no value is quoted', async () => {
  const id = randomUUID();
  /** @type {[Call, string][]} */
  const refused = [
    ...badIds('id').map(
      ([args, named]) => /** @type {[Call, string]} */ ([['revealApiKey', ...args], named]),
    ),
    ...badIds('userId', ['s', SECRET]).map(
      ([args, named]) => /** @type {[Call, string]} */ ([['storeApiKey', ...args], named]),
    ),
    ...[undefined, null, 7, '', {}].map(
      (service) => /** @type {[Call, string]} */ ([['storeApiKey', id, service, SECRET], 'service']),
    ),
    ...[undefined, null, 7, '', {}, `${SECRET}\0`].map(
      (secret) => /** @type {[Call, string]} */ ([['storeApiKey', id, 's', secret], 'secret']),
    ),
    [['storeApiKey', id, 's', SECRET, 'yes'], 'options'],
    [['storeApiKey', id, 's', SECRET, { colour: 'red' }], 'colour'],
    [['storeApiKey', id, 's', SECRET, { isMasterKey: 'yes' }], 'isMasterKey'],
    [['storeApiKey', id, 's', SECRET, { gatewayType: 'own' }], 'gatewayType'],
    [['storeApiKey', id, 's', SECRET, { gatewayEndpoint: 5 }], 'gatewayEndpoint'],
    [['storeApiKey', id, 's', SECRET, { isActive: 1 }], 'isActive'],
  ];
  for (const [call, named] of refused) {
    const error = await mine(...call);
    assert.equal(error.code, 'INVALID_INPUT', JSON.stringify(call));
    assert.ok(error.message.startsWith(`${named}: expected `), `${JSON.stringify(call)}: ${error.message}`);
    assert.ok(!JSON.stringify(error).includes('secret-'));
  }
  assert.equal(stack.requests.count(), 0);
});

test('after a lost response there is one key, and the caller receives it', async () => {
  const service = randomUUID();
  loseAnswer();
  const made = await mine('storeApiKey', ada.id, service, SECRET);
  assert.deepEqual(made, await shownRow(made.id));
  assert.equal((await rows('api_keys', 'where service_name = $1', [service])).length, 1);
  loseAnswer();
  assert.equal(await mine('revealApiKey', made.id), SECRET);
});

test('keys created by other functions are encrypted too, and found again after a lost response', async () => {
  const key = () => ({
    id: randomUUID(),
    user_id: ada.id,
    service_name: randomUUID(),
    encrypted_key: SECRET,
  });
  const [alone, batched] = [key(), key()];
  loseAnswer();
  const made = await mine('createApiKey', alone);
  assert.deepEqual(made, await row('api_keys', alone.id));
  assert.notEqual(made.encrypted_key, SECRET);
  assert.equal((await mine('createApiKey', alone)).code, '23505');
  loseAnswer();
  assert.deepEqual(await mine('batchSaveApiKeys', { keys: [batched] }), [await shownRow(batched.id)]);
  for (const { id } of [alone, batched]) assert.equal(await mine('revealApiKey', id), SECRET);

  const [changed] = [await mine('updateApiKey', alone.id, { encrypted_key: 'changed' })];
  assert.deepEqual(changed, await row('api_keys', alone.id));
  assert.equal(await mine('revealApiKey', alone.id), 'changed');
});

test('rows that were read can be written back, as when restoring a backup', async () => {
  const { id, service_name } = await stored();
  const read = await mine('getApiKey', ada.id, service_name);
  assert.deepEqual(read, await row('api_keys', id));
  assert.deepEqual(await mine('batchSaveApiKeys', { keys: [read], overwrite: true }), [await shownRow(id)]);
  await mine('deleteApiKey', id, ada.id);
  await mine('batchSaveApiKeys', { keys: [read] });
  assert.equal(await mine('revealApiKey', id), SECRET);
});

test('cached key and audit lists are read again, and public rows have no additional columns', async () => {
  const { id, service_name } = await stored();
  await mine('getApiKeys', ada.id);
  const columns = Object.keys((await mine('getApiKeysPublic', ada.id))[0]).sort();
  const later = await mine('storeApiKey', ada.id, service_name, 'later', { isActive: false });
  assert.ok(!(await mine('getApiKeys', ada.id)).some((/** @type {any} */ key) => key.id === later.id));
  await mine('createApiKey', { user_id: ada.id, service_name: randomUUID(), encrypted_key: SECRET });
  for (const key of await mine('getApiKeysPublic', ada.id)) {
    assert.deepEqual(Object.keys(key).sort(), columns);
    assert.equal(key.encrypted_key, '[REDACTED]');
  }

  const keys = await tab.run(async ([userId, keyId]) => {
    await db.getApiKeysPublic(userId);
    await db.getAuditLogs(userId);
    await db.revealApiKey(keyId);
    return cache.getStats().entries;
  }, /** @type {const} */ ([ada.id, id]));
  assert.ok(keys.some((key) => key.startsWith('api_keys:')));
  assert.ok(!keys.some((key) => key.startsWith('audit_logs:')));
  const { data } = await mine('getAuditLogs', ada.id, 1);
  assert.deepEqual([data[0].action, data[0].resource_id], ['api_key_revealed', id]);
});

test('a server without its encryption key reports that without a retry', async () => {
  const { id } = await stored();
  await stack.sql(
    'create table kept as select * from workflow_secrets.keys; delete from workflow_secrets.keys',
  );
  const error = await mine('revealApiKey', id);
  await stack.sql('insert into workflow_secrets.keys select * from kept; drop table kept');
  assert.deepEqual([error.code, error.attempts, error.retryable], ['PT501', 1, false]);
});

test('events, cache entries, logs and errors do not contain a secret', async () => {
  const page = await world.open({ as: ada, configured: false });
  /** @type {string[]} */
  const logged = [];
  page.page.on('console', (message) => logged.push(message.text()));
  stack.faults.add({
    match: { path: 'reveal' },
    action: 'status',
    status: 500,
    body: secretBody(),
    times: 2,
  });
  const seen = await page.run(async (secret) => {
    const { url, key, token, userId } = /** @type {any} */ (globalThis).env;
    const events = /** @type {unknown[]} */ ([]);
    const retry = { maxAttempts: 2, initialBackoffMs: 5 };
    const onEvent = (/** @type {unknown} */ event) => events.push(event);
    wdb.configure({ url, key, accessToken: () => token, retry, onEvent, debug: true });
    const { id } = await db.storeApiKey(userId, 'watched', secret);
    const error = await failure(db.revealApiKey(id));
    const revealed = await db.revealApiKey(id);
    const entries = cache.getStats().entries.map((entry) => [entry, cache.peek(entry)]);
    return { error, events, entries, isRight: revealed === secret };
  }, SECRET);
  assert.ok(seen.isRight);
  assert.deepEqual([seen.error.code, seen.error.cause.details], ['RETRY_EXHAUSTED', undefined]);
  assert.ok(seen.events.length >= 4);
  assert.ok(!JSON.stringify([seen.error, seen.events, seen.entries, logged]).includes('sk-top'));
});

/** An error response that quotes the secret. */
const secretBody = () => ({ code: 'XX000', message: 'internal error', details: `it was ${SECRET}` });
