// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusal, startService, useRelay } from './relay-helpers.mjs';

const service = await startService();
const { call, userWithKey, uses } = await useRelay({
  services: { plain: service.url },
  functionEnv: { RELAY_DEADLINE_MS: '4000' },
});

test('a service without a response before the deadline causes a 504, and its request ends', async () => {
  const user = await userWithKey('plain');
  const { path, closed } = service.hold();
  assert.deepEqual(await refusal(await call(user, `plain/${path}`)), [504, 'error', 'TIMEOUT']);
  await closed;
  const [{ details }] = await uses(user, 1);
  assert.deepEqual([details.status, details.outcome], [null, 'timeout']);
});

test('a response that does not end before the deadline is cut off, and the service’s request ends', async () => {
  const user = await userWithKey('plain');
  const { path, closed } = service.hold('begun');
  const response = await call(user, `plain/${path}`);
  assert.equal(response.status, 200);
  await assert.rejects(response.text());
  await closed;
  const [{ details }] = await uses(user, 1);
  assert.deepEqual([details.status, details.outcome, details.response_bytes], [200, 'timeout', 5]);
});
