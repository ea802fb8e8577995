// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusal, startService, useRelay } from './relay-helpers.mjs';

const service = await startService();
const { call, userWithKey, uses } = await useRelay({
  services: { plain: service.url },
  functionEnv: { RELAY_DEADLINE_MS: '4000' },
});

/** A path whose answer never ends, and when the service sees that nothing waits for it any more. @param {boolean} begins */
function endless(begins) {
  /** @type {(value?: unknown) => void} */
  let close = () => {};
  const closed = new Promise((resolve) => (close = resolve));
  const path = service.on((_, response) => {
    response.on('close', close);
    if (begins) response.writeHead(200).write('begun');
  });
  return { path, closed };
}

test('a service that does not answer before the deadline is given up: 504, and the call ends there', async () => {
  const user = await userWithKey('plain');
  const { path, closed } = endless(false);
  assert.deepEqual(await refusal(await call(user, `plain/${path}`)), [504, 'error', 'TIMEOUT']);
  await closed;
  const [{ details }] = await uses(user, 1);
  assert.deepEqual([details.status, details.outcome], [null, 'timeout']);
});

test('an answer that does not end before the deadline breaks off, and the call ends there', async () => {
  const user = await userWithKey('plain');
  const { path, closed } = endless(true);
  const response = await call(user, `plain/${path}`);
  assert.equal(response.status, 200);
  await assert.rejects(response.text());
  await closed;
  const [{ details }] = await uses(user, 1);
  assert.deepEqual([details.status, details.outcome, details.response_bytes], [200, 'timeout', 5]);
});
