// @ts-check
// API keys: encrypted at rest, never shown again, and imported once from the browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, startApp } from './support.mjs';

const SECRET = 'sk-live-5f2c1e0b9a7d4c3e';

/** @type {import('./support.mjs').RunningApp} */
let app;
before(async () => {
  app = await startApp({ encryptedKeys: true });
});
after(() => app?.stop());

const keyOf = async (/** @type {string} */ service) => {
  const [row] = await app.stack.sql(
    "select * from api_keys where service_name = $1 and user_id = '11111111-1111-4111-8111-111111111111'",
    [service],
  );
  return row;
};

const secretOf = async (/** @type {string} */ service) => {
  const { encrypted_key, user_id } = await keyOf(service);
  const [row] = await app.stack.sql('select workflow_secrets.opened($1, $2) as secret', [
    encrypted_key,
    user_id,
  ]);
  return row.secret;
};

test('a stored key is ciphertext in the database and does not appear in the audit log', async () => {
  const { page, problems, close } = await app.visit('Ada', { path: '#/keys' });
  await page.getByRole('button', { name: 'Add key' }).click();
  await page.getByRole('combobox', { name: 'Service' }).fill('openai');
  await page.getByLabel('Secret').fill(SECRET);
  await page.getByRole('button', { name: 'Store key' }).click();
  await page.getByRole('heading', { name: 'openai' }).waitFor();
  const row = await keyOf('openai');
  assert.equal(row.key_format, 'pgp');
  assert.ok(!row.encrypted_key.includes(SECRET));
  const [trail] = await app.stack.sql(
    'select count(*)::int as n, count(*) filter (where a::text like $1 or a::text like $2)::int as leaks from audit_logs a',
    [`%${SECRET}%`, `%${row.encrypted_key.slice(0, 40)}%`],
  );
  assert.ok(trail.n > 0);
  assert.equal(trail.leaks, 0);
  assert.ok(!(await page.content()).includes(SECRET));
  assert.deepEqual(problems, []);
  await close();
});

test('a stored key is never shown again: the page contains only dots', async () => {
  const { page, problems, close } = await app.visit('Ada', { path: '#/keys' });
  const row = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'openai' }) });
  await row.getByRole('img', { name: 'Hidden' }).waitFor();
  assert.equal(await row.getByRole('button', { name: /show/i }).count(), 0);
  assert.ok(!(await page.content()).includes(SECRET));
  assert.deepEqual(problems, []);
  await close();
});

test('there is only one master key, and another key can become it', async () => {
  const { page, problems, close } = await app.visit('Ada', { path: '#/keys' });
  const master = () =>
    app.stack.sql(
      "select service_name from api_keys where is_master_key and user_id = '11111111-1111-4111-8111-111111111111'",
    );
  await page.getByRole('button', { name: 'Master key: replicate' }).click();
  await eventually(master, (rows) => rows.length === 1 && rows[0].service_name === 'replicate');
  const row = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: /^replicate/ }) });
  await row.getByText('Master key', { exact: true }).waitFor();
  assert.equal(await page.getByText('Master key', { exact: true }).count(), 1);
  assert.deepEqual(problems, []);
  await close();
});

test('keys that an older version left in the browser are imported once, without replacing existing ones', async () => {
  const { page, problems, close } = await app.visit('Ada', { path: '#/keys' });
  await page.evaluate((keys) => localStorage.setItem('apiKeys', JSON.stringify(keys)), {
    anthropic: 'sk-ant-old',
    replicate: 'r8-old',
    broken: 7,
  });
  await page.reload();
  const banner = page.getByRole('region', { name: 'Keys in this browser' });
  await banner.getByText(/anthropic, replicate/).waitFor();
  const before = await keyOf('replicate');
  await banner.getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByRole('heading', { name: 'anthropic' }).waitFor();
  await banner.waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => localStorage.getItem('apiKeys')), null);
  assert.equal((await keyOf('replicate')).encrypted_key, before.encrypted_key);
  assert.equal(await secretOf('anthropic'), 'sk-ant-old');
  await page.reload();
  await page.getByRole('heading', { name: 'anthropic' }).waitFor();
  assert.equal(await banner.count(), 0);
  assert.deepEqual(problems, []);
  await close();
});

test('a key that could not be imported stays in the browser, and the import can be resumed', async () => {
  const { page, close } = await app.visit('Grace', { path: '#/keys' });
  await page.evaluate((keys) => localStorage.setItem('apiKeys', JSON.stringify(keys)), {
    first: 'sk-first',
    second: 'sk-second',
  });
  await page.reload();
  app.stack.faults.add({
    match: { path: '/rpc/store_api_key' },
    action: 'status',
    status: 400,
    skip: 1,
    times: 1,
  });
  const banner = page.getByRole('region', { name: 'Keys in this browser' });
  await banner.getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: 'Not every key was imported.' }).waitFor();
  assert.deepEqual(JSON.parse((await page.evaluate(() => localStorage.getItem('apiKeys'))) ?? ''), {
    second: 'sk-second',
  });
  await banner.getByRole('button', { name: 'Import', exact: true }).click();
  await banner.waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'second' }).waitFor();
  await close();
});

test('a deleted key is gone from the list and the database', async () => {
  const { page, problems, close } = await app.visit('Ada', { path: '#/keys' });
  await page.getByRole('button', { name: 'Delete the key for elevenlabs' }).click();
  await page.getByRole('button', { name: 'Delete key' }).click();
  await page.getByRole('heading', { name: 'elevenlabs' }).waitFor({ state: 'detached' });
  await eventually(
    () => keyOf('elevenlabs'),
    (row) => row === undefined,
  );
  assert.deepEqual(problems, []);
  await close();
});
