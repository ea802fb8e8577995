// @ts-check
// Runs whose texts come from a service: streamed through the API relay, with keys that never reach the browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newGate } from '../e2e/support/until.mjs';
import { eventually, go, startApp } from './support.mjs';

/** @typedef {import('playwright-core').Page} Page */

const TEXT = 'This text comes from a stand-in for an AI service, word by word, through the API relay.';
const KEY = 'stub-key-of-';

/** @type {import('./support.mjs').RunningApp} */
let app;
let path = '';
before(async () => {
  app = await startApp({ relay: true });
  const [workflow] = await app.stack.sql("select id from workflows where name = 'Social ad variants'");
  path = `#/workflows/${workflow.id}`;
});
after(() => app?.stop());

/** Collects everything that reaches the page from now on: responses and socket frames. @param {Page} page */
async function collectTraffic(page) {
  // Chromium does not always keep the bodies of streamed responses, so the page keeps copies.
  await page.evaluate(() => {
    const { fetch } = window;
    const bodies = /** @type {Promise<string>[]} */ ([]);
    const copying = async (/** @type {Parameters<typeof fetch>} */ ...request) => {
      const response = await fetch(...request);
      const body = response.clone().text();
      bodies.push(body.catch(() => ''));
      return response;
    };
    Object.assign(window, { fetch: copying, bodies });
  });
  /** @type {Promise<string>[]} */
  const texts = [];
  page.on('response', (response) => {
    texts.push(
      response.text().catch(() => ''),
      response.allHeaders().then(JSON.stringify, () => ''),
    );
  });
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => texts.push(Promise.resolve(String(payload)))),
  );
  return async () => [
    ...(await Promise.all(texts)),
    ...(await page.evaluate(() => Promise.all(/** @type {any} */ (window).bodies))),
  ];
}

const run = (/** @type {Page} */ page) => page.getByRole('button', { name: 'Run', exact: true }).click();
const detailsOf = (/** @type {Page} */ page) => page.getByRole('region', { name: 'Run', exact: true });
const stepOf = (/** @type {Page} */ page, /** @type {string} */ label) =>
  detailsOf(page).getByRole('listitem').filter({ hasText: label });

test('text appears while it is generated, and no key reaches the page', async () => {
  const { page, problems, openTab, close } = await app.visit('Ada', { path });
  const traffic = await collectTraffic(page);
  await page.evaluate(() => {
    const lengths = new Set();
    Object.assign(window, { lengths });
    new MutationObserver(() => {
      const text = document.querySelector('.written[aria-busy="true"]')?.textContent;
      if (text) lengths.add(text.length);
    }).observe(document, { childList: true, subtree: true, characterData: true });
  });
  await run(page);
  await page.waitForURL(/executions/);
  await stepOf(page, 'Headlines').locator('.written[aria-busy="false"]').getByText(TEXT).waitFor();
  const seen = await page.evaluate(() => /** @type {any} */ (window).lengths.size);
  assert.ok(seen > 5, `It was shown in ${seen} parts`);

  await go(page, '#/keys');
  await page.getByRole('heading', { name: 'stub' }).waitFor();
  const received = await traffic();
  assert.ok(received.some((text) => text.includes('through') && text.includes('data: ')));
  assert.deepEqual(
    received.filter((text) => text.includes(KEY)),
    [],
  );
  assert.ok(!(await page.content()).includes(KEY));
  assert.deepEqual(problems, []);

  const [{ id }] = await app.stack.sql('select id from workflow_executions order by started_at desc limit 1');
  const other = await openTab(`${path}/executions/${id}`);
  await stepOf(other.page, 'Headlines').getByText(TEXT).waitFor();
  await close();
});

test('an editor runs a shared workflow with a key of their own, and the owner sees the result', async () => {
  const [{ id }] = await app.stack.sql("select id from workflows where name = 'Product launch video'");
  const ada = await app.visit('Ada', { path: `#/workflows/${id}` });
  const grace = await app.visit('Grace', { path: `#/workflows/${id}` });
  // The step after “Write script”, which is the second, does not begin before the run was stopped.
  const { opened, open } = newGate();
  const match = { method: 'POST', path: '/execution_node_results' };
  app.stack.faults.add({ match, action: 'latency', until: opened, skip: 2, times: 'always' });
  await run(grace.page);
  await grace.page.waitForURL(/executions/);
  await ada.page.goto(`${app.address}/${new URL(grace.page.url()).hash}`);
  await stepOf(ada.page, 'Write script').getByText(TEXT).waitFor();
  assert.equal(await detailsOf(ada.page).getByRole('button', { name: 'Stop run' }).count(), 0);
  await grace.page.getByRole('button', { name: 'Stop run' }).click();
  open();
  app.stack.faults.clear();
  const used = await eventually(
    () => app.stack.sql("select user_id from audit_logs where action = 'api_key_used'"),
    (rows) => rows.length >= 2,
  );
  assert.ok(used.some(({ user_id }) => user_id === '22222222-2222-4222-8222-222222222222'));
  await ada.close();
  await grace.close();
});

test('without a key the step fails and says what to do', async () => {
  await app.stack.sql(
    "delete from api_keys where service_name = 'stub' and user_id = '11111111-1111-4111-8111-111111111111'",
  );
  const { page, close } = await app.visit('Ada', { path });
  await run(page);
  await stepOf(page, 'Headlines').getByText('You have no key for stub. Add one under Keys.').waitFor();
  await detailsOf(page).locator('.summary-line').getByText('Failed').waitFor();
  await close();
});
