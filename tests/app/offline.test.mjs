// @ts-check
// The app without a network: it starts, shows what it knows, keeps what the user changes, and sends it later.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { newGate } from '../e2e/support/until.mjs';
import { eventually, go, startApp, untilLive } from './support.mjs';

/** @typedef {import('playwright-core').Page} Page */

const TITLE = 'Product launch video';
const LIST = '#/workflows';

/** @type {import('./support.mjs').RunningApp} */
let app;
/** Ada's workflow, with Grace as an editor. */
let workflowId = '';
before(async () => {
  app = await startApp();
  [{ id: workflowId }] = await app.stack.sql('select id from workflows where name = $1', [TITLE]);
});
after(() => app?.stop());

/** A visitor whose browser could do without the network from now on. @param {string} person @param {string} path */
async function visit(person, path = LIST) {
  const visitor = await app.visit(person, { path, width: 1440 });
  const { page } = visitor;
  await untilLive(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  return visitor;
}

/** @param {Page} page */
const goOffline = (page) => page.context().setOffline(true);
/** @param {Page} page */
const goOnline = (page) => page.context().setOffline(false);

/** @param {Page} page @param {string} text */
const banner = (page, text) => page.locator('.sync-banner').filter({ hasText: text });
/** @param {Page} page @param {string} text */
const untilBanner = (page, text) => banner(page, text).waitFor();
/** Waits until the server has everything. @param {Page} page */
const untilSent = (page) => page.locator('.sync-banner:empty').waitFor({ state: 'attached' });

/** Waits until entries under these keys are on disk. @param {Page} page @param {string[]} keys */
async function untilStored(page, ...keys) {
  const stored = () =>
    page.evaluate(
      () =>
        new Promise((resolve) => {
          const opening = indexedDB.open('workflow-db');
          opening.onsuccess = () => {
            const database = opening.result;
            if (!database.objectStoreNames.contains('rows')) return resolve([]);
            const all = database.transaction('rows').objectStore('rows').getAllKeys();
            all.onsuccess = () => {
              database.close();
              resolve(all.result.map((place) => /** @type {string[]} */ (place)[1]));
            };
          };
        }),
    );
  await eventually(/** @type {() => Promise<any>} */ (stored), (found) =>
    keys.every((key) => found.includes(key)),
  );
}

/** @param {Page} page @param {string} name */
async function create(page, name) {
  await go(page, LIST);
  await page.getByRole('button', { name: 'New workflow' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('button', { name: 'Create workflow' }).click();
}

/** @param {Page} page @param {string} name @param {string} wanted */
async function rename(page, name, wanted) {
  await page.getByRole('button', { name: `Rename ${name}`, exact: true }).click();
  const input = page.getByRole('textbox', { name: `New name of ${name}` });
  await input.fill(wanted);
  await input.press('Enter');
}

/** Adds a step to the open workflow. @param {Page} page @param {string} label */
async function addStep(page, label) {
  await page.getByRole('button', { name: 'Add step' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a step' });
  await dialog.getByRole('textbox', { name: 'Label' }).fill(label);
  await dialog.getByRole('button', { name: 'Add step' }).click();
}

/** @param {Page} page */
const save = (page) => page.getByRole('button', { name: 'Save', exact: true }).click();

/** Gives the first step of the open workflow a label, and saves. @param {Page} page @param {string} label */
async function relabel(page, label) {
  await page
    .getByRole('button', { name: /^Step / })
    .first()
    .click();
  await page.getByRole('textbox', { name: 'Label' }).fill(label);
  await save(page);
}

/** Opens the list of unsent changes. @param {Page} page */
async function showChanges(page) {
  await page.getByRole('button', { name: 'Show changes', exact: true }).click();
  return page.getByRole('dialog', { name: 'Changes on this device' });
}

/** @param {string} name */
const workflowsNamed = (name) => app.stack.sql('select id, user_id from workflows where name = $1', [name]);

const labels = async (/** @type {string} */ id) => {
  const rows = await app.stack.sql(
    'select label from workflow_nodes where workflow_id = $1 order by created_at, id',
    [id],
  );
  return rows.map(({ label }) => label);
};

test('what is changed offline survives reloads and closing the page, and reaches the server once', async () => {
  const { page, close } = await visit('Ada');
  const user = await app.stack.sql('select user_id from workflows where id = $1', [workflowId]);
  await untilStored(page, `workflows:${user[0].user_id}`);
  await goOffline(page);
  await untilBanner(page, 'You are offline. Go on working');
  await create(page, 'Made in a tunnel');
  await page.getByRole('heading', { level: 1, name: 'Made in a tunnel' }).waitFor();
  await addStep(page, 'First step');
  await save(page);
  await page.getByText('Saved on this device').waitFor();
  await go(page, LIST);
  await rename(page, 'Social ad variants', 'Ads from a tunnel');
  await page.getByRole('link', { name: 'Ads from a tunnel' }).waitFor();

  await page.reload();
  await untilBanner(page, 'You are offline. 3 changes wait on this device.');
  for (const name of ['Made in a tunnel', 'Ads from a tunnel']) {
    const row = page.getByRole('listitem').filter({ has: page.getByRole('link', { name }) });
    await row.getByRole('button', { name: 'Not sent yet' }).waitFor();
  }
  await page.getByRole('link', { name: 'Made in a tunnel' }).click();
  await page.getByRole('button', { name: /^Step First step/ }).waitFor();
  await addStep(page, 'Second step');
  await save(page);
  await page.getByText('Saved on this device').waitFor();
  assert.deepEqual(await workflowsNamed('Made in a tunnel'), []);

  const context = page.context();
  await page.close();
  const next = await context.newPage();
  await next.goto(`${app.address}/${LIST}`);
  await untilBanner(next, '4 changes wait on this device.');
  await goOnline(next);
  await untilSent(next);
  const made = await workflowsNamed('Made in a tunnel');
  assert.equal(made.length, 1);
  assert.deepEqual(await labels(made[0].id), ['First step', 'Second step']);
  assert.equal((await workflowsNamed('Ads from a tunnel')).length, 1);
  assert.equal(await next.getByRole('button', { name: 'Not sent yet' }).count(), 0);
  await close();
});

test('the banner names the waiting changes until the server has them, from the moment the network returns', async () => {
  const { page, close } = await visit('Ada');
  await goOffline(page);
  await create(page, 'Sent slowly');
  await untilBanner(page, 'You are offline. 1 change waits on this device.');
  await page.evaluate(() => {
    const banner = /** @type {Element} */ (document.querySelector('.sync-banner'));
    const note = () => banner.childElementCount === 0 && banner.setAttribute('data-was-empty', '');
    new MutationObserver(note).observe(banner, { childList: true, subtree: true });
  });
  const { opened, open } = newGate();
  app.stack.faults.add({ match: { method: 'POST', path: '/workflows' }, action: 'latency', until: opened });
  await goOnline(page);
  await untilBanner(page, 'Sending 1 change…');
  assert.equal(await page.locator('.sync-banner[data-was-empty]').count(), 0);
  open();
  await untilSent(page);
  assert.equal((await workflowsNamed('Sent slowly')).length, 1);
  await close();
});

test('a name that is refused later can be changed, and the steps saved in the meantime are sent with it', async () => {
  const { page, close } = await visit('Ada');
  const [{ user_id }] = await app.stack.sql('select user_id from workflows where id = $1', [workflowId]);
  await untilStored(page, `workflows:${user_id}`);
  await goOffline(page);
  await create(page, 'Same idea');
  await addStep(page, 'Only step');
  await save(page);
  await page.getByText('Saved on this device').waitFor();
  await go(page, LIST);
  await rename(page, 'Catalogue backgrounds', 'Same name');
  await page.getByRole('link', { name: 'Same name' }).waitFor();
  for (const name of ['Same idea', 'Same name']) {
    await app.stack.sql('insert into workflows (user_id, name) values ($1, $2)', [user_id, name]);
  }
  await goOnline(page);
  await untilBanner(page, 'The server refused 2 changes.');
  await page
    .getByRole('listitem')
    .filter({ has: page.getByRole('link', { name: 'Catalogue backgrounds' }) })
    .getByRole('button', { name: 'Change refused' })
    .waitFor();

  await page.reload();
  await untilBanner(page, 'The server refused 2 changes.');
  const dialog = await showChanges(page);
  await dialog.getByText('Save the steps of “Same idea”').waitFor();
  for (const [title, wanted] of [
    ['Create “Same idea”', 'Another idea'],
    ['Rename “Catalogue backgrounds” to “Same name”', 'Another name'],
  ]) {
    const item = dialog.getByRole('listitem').filter({ hasText: title });
    await item.getByText('This name is taken already.').waitFor();
    await item.getByRole('button', { name: 'Change the name' }).click();
    await item.getByRole('textbox', { name: 'Another name' }).fill(wanted ?? '');
    await item.getByRole('button', { name: 'Save' }).click();
    await item.waitFor({ state: 'detached' });
  }
  await dialog.getByText('The server has all your changes.').waitFor();
  const [idea] = await workflowsNamed('Another idea');
  assert.deepEqual(await labels(idea.id), ['Only step']);
  await eventually(
    () => workflowsNamed('Another name'),
    ({ length }) => length === 1,
  );
  await eventually(
    () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('unsent')).length),
    (count) => count === 0,
  );
  await close();
});

test('online, a form shows the refusal itself, and nothing stays in the outbox', async () => {
  const { page, close } = await visit('Ada');
  await create(page, TITLE);
  const form = page.getByRole('dialog', { name: 'New workflow' });
  await form.getByRole('alert').filter({ hasText: 'This name is taken already.' }).waitFor();
  await form.getByRole('textbox', { name: 'Name' }).fill('A free name');
  await form.getByRole('button', { name: 'Create workflow' }).click();
  await page.getByRole('heading', { level: 1, name: 'A free name' }).waitFor();
  assert.equal((await workflowsNamed('A free name')).length, 1, 'it waits for the server');
  await go(page, LIST);
  await rename(page, 'A free name', TITLE);
  const row = page.getByRole('listitem').filter({ hasText: 'This name is taken already.' });
  await row.getByRole('textbox').press('Escape');
  await untilSent(page);
  await close();
});

test('steps changed offline are merged with the concurrent saves of another person', async () => {
  const path = `#/workflows/${workflowId}`;
  const grace = await visit('Grace', path);
  await grace.page.getByRole('button', { name: 'Add step' }).waitFor();
  const first = await grace.page
    .getByRole('button', { name: /^Step / })
    .first()
    .textContent();
  const [other] = await app.stack.sql(
    `select id from workflow_nodes where workflow_id = $1 and position(label in $2) = 0 order by id limit 1`,
    [workflowId, first],
  );
  await goOffline(grace.page);
  await relabel(grace.page, 'Grace offline');
  await grace.page.getByText('Saved on this device').waitFor();
  await app.stack.sql('update workflow_nodes set label = $1 where id = $2', ['Ada meanwhile', other.id]);
  await goOnline(grace.page);
  await untilSent(grace.page);
  const both = ['Grace offline', 'Ada meanwhile'];
  const saved = await labels(workflowId);
  assert.deepEqual(
    both.filter((label) => !saved.includes(label)),
    [],
  );
  for (const label of both) await grace.page.getByRole('button', { name: `Step ${label}` }).waitFor();
  await grace.close();
});

test('a conflict that an offline save meets later is shown, survives a reload, and is decided by the user', async () => {
  const path = `#/workflows/${workflowId}`;
  const { page, close } = await visit('Grace', path);
  await page.getByRole('button', { name: 'Add step' }).waitFor();
  const [first] = await app.stack.sql(
    'select id from workflow_nodes where workflow_id = $1 order by created_at, id',
    [workflowId],
  );
  await goOffline(page);
  await relabel(page, 'Mine, made offline');
  await page.getByText('Saved on this device').waitFor();
  await addStep(page, 'Another one, made offline');
  await save(page);
  await page.getByText('Saved on this device').waitFor();
  await app.stack.sql('update workflow_nodes set label = $1 where id = $2', ['Theirs', first.id]);
  await goOnline(page);
  await untilBanner(page, 'The server refused 1 change.');
  await page.getByRole('button', { name: 'Step Theirs' }).waitFor();
  await page.reload();
  const changes = await showChanges(page);
  await changes.getByText('Someone else changed the same thing in the meantime.').waitFor();
  await changes.getByRole('link', { name: 'Open the workflow' }).click();

  await page.getByText('Your changes conflict with those of others').waitFor();
  await page.getByRole('button', { name: 'Decide…' }).click();
  const dialog = page.getByRole('dialog', { name: 'This workflow was changed elsewhere' });
  await dialog.getByRole('radio', { name: 'Theirs: “Theirs”' }).waitFor();
  await dialog.getByRole('radio', { name: 'Mine: “Mine, made offline”' }).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  await untilSent(page);
  const saved = await labels(workflowId);
  assert.ok(saved.includes('Mine, made offline') && saved.includes('Another one, made offline'));
  assert.ok(!saved.includes('Theirs'));
  await close();
});

test('offline with an expired session, the last user goes on, and is renewed with the network', async () => {
  const { page, close } = await visit('Ada');
  await page.getByRole('link', { name: TITLE }).waitFor();
  const [{ user_id }] = await app.stack.sql('select user_id from workflows where id = $1', [workflowId]);
  await untilStored(page, `workflows:${user_id}`);
  await goOffline(page);
  await page.evaluate(() => {
    for (const [name, value] of Object.entries(localStorage)) {
      if (!name.endsWith('-auth-token')) continue;
      localStorage.setItem(name, JSON.stringify({ ...JSON.parse(value), expires_at: 1, expires_in: 0 }));
    }
  });
  await page.reload();
  await page.getByRole('link', { name: TITLE }).waitFor();
  await create(page, 'With an old session');
  await page.getByRole('heading', { level: 1, name: 'With an old session' }).waitFor();
  await addStep(page, 'Its step');
  await save(page);
  await page.getByText('Saved on this device').waitFor();
  await goOnline(page);
  await eventually(
    () => workflowsNamed('With an old session'),
    (rows) => rows.length === 1,
    40_000,
  );
  await untilSent(page);
  const [made] = await workflowsNamed('With an old session');
  assert.deepEqual(await labels(made.id), ['Its step']);
  await close();
});

test('what is not on the device is no failure without a network, and appears with one', async () => {
  const { page, close } = await visit('Ada');
  await goOffline(page);
  await go(page, '#/audit');
  const trail = page.getByRole('region', { name: 'Trail' });
  await trail.getByText('Not on this device yet.').waitFor();
  assert.equal(await page.getByRole('alert').count(), 0);
  await goOnline(page);
  await page.getByRole('list', { name: 'Entries on this page' }).waitFor();
  assert.equal(await trail.getByText('Not on this device yet.').count(), 0);
  await close();
});

for (const isControlled of [true, false]) {
  const window = isControlled
    ? 'a window of the service worker'
    : 'a window reloaded past the service worker';
  test(`a new version of the app is offered in ${window}, and starts when the user accepts it`, async () => {
    const { page, openTab, close } = await visit('Mary', '#/');
    await openTab('#/'); // keeps the old version running, so that the new one waits
    const version = isControlled ? 'second' : 'third';
    const started = page.locator(`html[data-version="${version}"]`);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    await page.reload();
    const file = (/** @type {string} */ name) => join(app.folder, name);
    const edit = (/** @type {string} */ name, /** @type {(text: string) => string} */ change) =>
      writeFileSync(file(name), change(readFileSync(file(name), 'utf8')));
    edit('index.html', (html) =>
      html.replace(/<html( data-version="\w+")?/, `<html data-version="${version}"`),
    );
    edit('sw.js', (worker) => worker.replace(/(url:"index\.html",revision:")\w+/, `$1${version}`));
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
    await page.getByText('There is a new version of this app.').waitFor();
    await page.reload();
    assert.equal(await started.count(), 0, 'it waits for the user');
    if (!isControlled) {
      const session = await page.context().newCDPSession(page);
      await session.send('Page.reload', { ignoreCache: true });
    }
    await page.waitForFunction((is) => !!navigator.serviceWorker.controller === is, isControlled);
    await page.getByRole('button', { name: 'Reload' }).click();
    await started.waitFor({ state: 'attached' });
    await close();
  });
}
