// @ts-check
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newGate } from '../e2e/support/until.mjs';
import { useDevtools } from './support.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {(devtools: import('./support.mjs').Devtools) => Promise<void>} Story */

const SCREENSHOTS = fileURLToPath(new URL('../../test-results/devtools/', import.meta.url));

/** Tests the devtools in a page with one version of React. @param {import('./support.mjs').Version} version */
export async function testDevtools(version) {
  const devtools = await useDevtools(version);
  for (const [name, story] of Object.entries(STORIES))
    test(`React ${version}: ${name}`, () => story(devtools));
}

/** The name of the focused element. @param {Page} page */
const focused = (page) =>
  page.evaluate(() => {
    const element = document.activeElement?.shadowRoot?.activeElement ?? document.activeElement;
    return element?.getAttribute('aria-label') ?? element?.textContent;
  });

/** Calls functions of `db` one after the other. @param {Page} page @param {unknown[][]} calls */
const call = (page, ...calls) =>
  page.evaluate(async (calls) => {
    for (const [name, ...args] of calls) await /** @type {any} */ (globalThis).wdb.db[String(name)](...args);
  }, calls);

/** @type {Record<string, Story>} */
const STORIES = {
  'works from the keyboard, and keeps what is typed in it to itself': async ({ version, open }) => {
    const { page, problems } = await open();
    const react = await page.evaluate(() => /** @type {any} */ (globalThis).reactVersion);
    assert.ok(react.startsWith(`${version}.`), react);
    await page.focus('#field');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Open workflow-db devtools');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'workflow-db devtools' }).waitFor();
    assert.equal(await focused(page), 'Entries');
    const walk = [
      ['ArrowRight', 'Requests'],
      ['End', 'Statistics'],
      ['ArrowRight', 'Entries'],
      ['ArrowLeft', 'Statistics'],
      ['Home', 'Entries'],
    ];
    for (const [key, tab] of walk) {
      await page.keyboard.press(key);
      assert.equal(await focused(page), tab);
      assert.equal(await page.getByRole('tab', { selected: true }).textContent(), tab);
      await page.getByRole('tabpanel', { name: tab }).waitFor();
    }
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Close devtools', 'one stop for all tabs');
    await page.keyboard.press('Tab');
    assert.match(String(await focused(page)), /The cache is empty/, 'what may have to be scrolled');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Filter entries by key');
    await page.keyboard.type('abc');
    await page.keyboard.press('Escape');
    assert.equal(await focused(page), 'Open workflow-db devtools');
    const heard = await page.evaluate(() => /** @type {any} */ (globalThis).heard.keys);
    assert.deepEqual(heard, ['Tab', 'Enter']);
    assert.deepEqual(problems, []);
  },

  'shows entries, their rows when asked, and never a secret': async ({ fixtures, open }) => {
    const { page, problems, user } = await open({ props: { initialIsOpen: true } });
    const workflow = await fixtures.newWorkflow(user, { description: 'Only when asked' });
    await fixtures.insert('api_keys', [
      { user_id: user.id, service_name: 'openai', encrypted_key: 'top secret' },
    ]);
    assert.notEqual(await focused(page), 'Entries', 'opened by the app, it takes no focus');
    await page.getByText('The cache is empty.').waitFor();
    await call(page, ['getWorkflow', workflow.id], ['getApiKeys', user.id], ['getWorkflows', user.id]);
    await page.evaluate(
      (key) => /** @type {any} */ (globalThis).wdb.getCacheManager().observe(key, () => {}),
      `workflow:${workflow.id}`,
    );
    const entry = page.getByRole('listitem').filter({ hasText: `workflow:${workflow.id}` });
    await entry.getByText('1 observer').waitFor();
    assert.match(await entry.innerText(), /\d s/);
    assert.ok(!(await page.content()).includes('Only when asked'));
    await entry.getByRole('button', { expanded: false }).click();
    await entry.getByText('Only when asked').waitFor();
    const key = page.getByRole('button', { name: `api_keys:${user.id}`, exact: true });
    await key.click();
    const shown = await page.getByLabel(`Value of api_keys:${user.id}`).innerText();
    assert.match(shown, /"encrypted_key": "\[REDACTED\]"/);
    assert.ok(!shown.includes('top secret'));

    await page.getByRole('button', { name: `Invalidate workflow:${workflow.id}` }).click();
    await entry.waitFor({ state: 'detached' });
    assert.match(String(await focused(page)), /entries/, 'the keyboard stays in the list');
    assert.equal(await page.getByRole('listitem').count(), 2);
    await page.getByRole('searchbox').fill('api_keys');
    await page.getByText('1 entry').waitFor();
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page.getByText('No key holds that.').waitFor();
    assert.deepEqual(problems, []);
  },

  'shows requests: in flight, repeated, batched, refused': async ({ stack, fixtures, open }) => {
    const { page, problems, user } = await open();
    const workflows = await Promise.all([1, 2, 3].map(() => fixtures.newWorkflow(user)));
    const { opened, open: answer } = newGate();
    stack.faults.add({ match: { path: 'workflow_executions' }, action: 'latency', until: opened });
    stack.faults.add({ match: { path: 'brand_settings' }, action: 'status', status: 503, times: 1 });
    await page.evaluate(
      async ([userId, ids]) => {
        const { db } = /** @type {any} */ (globalThis).wdb;
        await Promise.all(ids.map((id) => db.getWorkflow(id)));
        await db.getBrandSettings(userId);
        await db.updateWorkflow(ids[0], { user_id: crypto.randomUUID() }).catch(() => {});
        void db.getExecutionHistory(ids[0]);
      },
      /** @type {const} */ ([user.id, workflows.map(({ id }) => id)]),
    );
    await page.getByRole('button', { name: 'Open workflow-db devtools' }).click();
    await page.getByRole('tab', { name: 'Requests' }).click();
    const row = (/** @type {string} */ text) => page.getByRole('row').filter({ hasText: text });
    await row('workflow_executions').getByText('in flight').waitFor();
    assert.match(await row('brand_settings').innerText(), /GET\s+brand_settings\s+200\s+2\s+\d+ ms\s+1 call/);
    assert.match(await row('batch of').innerText(), /GET\s+workflows\s+200\s+1\s+\d+ ms\s+batch of 3 reads/);
    assert.match(await row('PATCH').innerText(), /PATCH\s+workflows\s+403 42501\s+1/);
    answer();
    await row('workflow_executions').getByText('200').waitFor();
    const events = await page.evaluate(() => /** @type {any} */ (globalThis).heard.events.length);
    assert.ok(events > 8, "the app's own onEvent goes on");
    assert.deepEqual(problems, []);
  },

  'shows the subscriptions and counters of the client that it is given': async ({ open }) => {
    const { page, problems, user } = await open({ props: { initialIsOpen: true } });
    const select = (/** @type {string} */ tab) => page.getByRole('tab', { name: tab }).click();
    await select('Subscriptions');
    await page.getByText(/no realtime|no subscription/).waitFor();
    await page.evaluate((scope) => {
      const { wdb, mount } = /** @type {any} */ (globalThis);
      const client = wdb.createClient({ url: 'https://other.example.com', key: 'k' });
      const subscription = { id: 's-1', table: 'workflows', scope, filter: undefined, status: 'live' };
      client.realtime = { getActiveSubscriptions: () => [{ ...subscription, events: 7, resyncs: 1 }] };
      client.cache.set('of:the:other', 1);
      client.cache.get('of:the:other');
      mount({ client, initialIsOpen: true });
    }, user.id);
    await page.getByText('s-1').waitFor();
    const row = page.getByRole('row').filter({ hasText: 's-1' });
    assert.match(await row.innerText(), new RegExp(`workflows\\s+${user.id}\\s+live\\s+7\\s+1\\s+s-1`));
    await select('Statistics');
    assert.match(await page.getByRole('tabpanel').innerText(), /Entries\s+1 of 1000[\s\S]+Hits\s+1\s/);
    await select('Entries');
    await page.getByRole('button', { name: 'of:the:other', exact: true }).waitFor();
    assert.deepEqual(problems, []);
  },

  'shows the writes that wait, and retries or discards them': async ({ stack, fixtures, open }) => {
    const { page, problems, user } = await open({ props: { initialIsOpen: true } });
    const workflow = await fixtures.newWorkflow(user);
    const [taken] = await fixtures.newNodes(workflow, ['taken']);
    await page.getByRole('tab', { name: 'Outbox' }).click();
    await page.getByText('Every write is on the server.').waitFor();
    await page.evaluate(async ([url, key, token, workflow_id]) => {
      const { wdb, offline, mount } = /** @type {any} */ (globalThis);
      const client = wdb.createClient({ url, key, accessToken: () => token, offline: offline() });
      mount({ client, initialIsOpen: true });
      const values = { workflow_id, node_type: 'text_input', label: 'confidential' };
      await client.db.with({ queue: true }).createWorkflowNode({ ...values, node_id: 'taken' });
    }, /** @type {const} */ ([stack.url, stack.publishableKey, user.token, workflow.id]));
    await page.getByRole('tab', { name: 'Outbox' }).click();
    const write = page.getByRole('row').filter({ hasText: 'workflow_nodes' });
    await write.getByText('failed').waitFor();
    assert.match(await write.innerText(), /workflow_nodes\s+insert\s+[0-9a-f-]{36}\s+failed\s+1\s.*23505/s);
    assert.ok(!(await page.content()).includes('confidential'), 'it shows no value of a row');
    await write.getByRole('button', { name: 'Retry' }).click();
    await write.getByText('2', { exact: true }).waitFor();
    await write.getByRole('button', { name: 'Discard' }).click();
    await page.getByText('Every write is on the server.').waitFor();
    const nodes = await fixtures.rows('workflow_nodes', 'where workflow_id = $1', [workflow.id]);
    assert.deepEqual(
      nodes.map(({ id }) => id),
      [taken.id],
    );
    assert.deepEqual(problems, []);
  },

  'goes without a trace, and what the app hears goes on': async ({ open }) => {
    const { page, problems, user } = await open({ props: { initialIsOpen: true, position: 'top-left' } });
    await page.getByRole('region', { name: 'workflow-db devtools' }).waitFor();
    await page.evaluate(() => /** @type {any} */ (globalThis).unmount());
    await page.waitForFunction(() => document.querySelector('workflow-db-devtools') === null);
    await call(page, ['getWorkflows', user.id]);
    assert.ok(await page.evaluate(() => /** @type {any} */ (globalThis).heard.events.length > 0));
    assert.deepEqual(problems, []);
  },

  'looks right in the light scheme, whatever the styles of the page': (devtools) =>
    looksRight(devtools, 'light'),
  'looks right in the dark scheme, whatever the styles of the page': (devtools) =>
    looksRight(devtools, 'dark'),
};

/** @param {import('./support.mjs').Devtools} devtools @param {'light' | 'dark'} scheme */
async function looksRight({ version, fixtures, open }, scheme) {
  const { page, user } = await open({ scheme });
  const { workflow } = await fixtures.newEstate(user);
  await call(
    page,
    ['getWorkflows', user.id],
    ['getWorkflowWithRelations', workflow.id],
    ['getBrandSettings', user.id],
  );
  await mkdir(SCREENSHOTS, { recursive: true });
  const shot = (/** @type {string} */ what) =>
    page.screenshot({ path: `${SCREENSHOTS}react-${version}-${scheme}-${what}.png` });
  await shot('closed');
  await page.getByRole('button', { name: 'Open workflow-db devtools' }).click();
  await page.getByRole('button', { name: `workflow:${workflow.id}`, exact: true }).click();
  await shot('entries');
  for (const tab of ['Requests', 'Statistics']) {
    await page.getByRole('tab', { name: tab }).click();
    await shot(tab.toLowerCase());
  }
  await page.setViewportSize({ width: 380, height: 700 });
  await page.getByRole('tab', { name: 'Entries' }).click();
  await shot('narrow');
  const panel = page.getByRole('region', { name: 'workflow-db devtools' });
  const colors = await panel.evaluate((element) => {
    const { color, backgroundColor, fontSize } = getComputedStyle(element);
    return { color, backgroundColor, fontSize };
  });
  const isDark = scheme === 'dark';
  assert.equal(colors.backgroundColor, isDark ? 'rgb(23, 23, 27)' : 'rgb(255, 255, 255)');
  assert.equal(colors.color, isDark ? 'rgb(236, 236, 241)' : 'rgb(29, 29, 34)');
  assert.equal(colors.fontSize, '13px');
}
