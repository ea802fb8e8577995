// @ts-check
// Who is here, and the pointers of the others.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { go, startApp } from './support.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** @type {import('./support.mjs').RunningApp} */
let app;
let path = '';
before(async () => {
  app = await startApp();
  const [workflow] = await app.stack.sql("select id from workflows where name = 'Product launch video'");
  path = `#/workflows/${workflow.id}`;
});
after(() => app?.stop());

const people = (/** @type {Page} */ page) =>
  page.getByRole('list', { name: 'Also here' }).getByRole('listitem');
const cursors = (/** @type {Page} */ page) => page.locator('.cursor');
const firstStep = (/** @type {Page} */ page) => page.getByRole('button', { name: /^Step / }).first();

/** Moves the pointer to the middle of the first step. @param {Page} page */
async function point(page) {
  const box = await firstStep(page).boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 5 });
}

test('people in the workflow are shown once by name, and disappear when they leave', async () => {
  const ada = await app.visit('Ada', { path });
  await firstStep(ada.page).waitFor();
  const grace = await app.visit('Grace', { path });
  await people(ada.page).filter({ hasText: 'Grace Lindqvist' }).waitFor();
  await people(grace.page).filter({ hasText: 'Ada Okafor' }).waitFor();
  const tab = await grace.openTab(path);
  await people(tab.page).filter({ hasText: 'Ada Okafor' }).waitFor();
  const mary = await app.visit('Mary', { path });
  await people(ada.page).filter({ hasText: 'Mary Castellanos' }).waitFor();
  assert.equal(await people(ada.page).count(), 2);
  await ada.page
    .getByRole('status')
    .filter({ hasText: 'Also here: Grace Lindqvist, Mary Castellanos' })
    .waitFor();

  await go(mary.page, '#/');
  await people(ada.page).filter({ hasText: 'Mary Castellanos' }).waitFor({ state: 'detached' });
  await grace.close();
  await people(ada.page).first().waitFor({ state: 'detached' });
  assert.deepEqual([...ada.problems, ...mary.problems, ...tab.problems], []);
  await ada.close();
  await mary.close();
});

test('pointers of others appear over the same steps, and disappear when they leave', async () => {
  const ada = await app.visit('Ada', { path });
  const mary = await app.visit('Mary', { path, width: 900 });
  await people(ada.page).first().waitFor();
  await point(mary.page);
  const cursor = cursors(ada.page).filter({ hasText: 'Mary Castellanos' });
  await cursor.waitFor();
  await ada.page.waitForFunction(() => {
    const pointer = document.querySelector('.cursor path')?.getBoundingClientRect();
    const step = document.querySelector('.node-card')?.getBoundingClientRect();
    return (
      pointer &&
      step &&
      Math.abs(pointer.left - (step.left + step.width / 2)) < 8 &&
      Math.abs(pointer.top - (step.top + step.height / 2)) < 8
    );
  });
  await firstStep(mary.page).click();
  await ada.page.locator('.picked-by').waitFor();
  await mary.page.getByRole('heading', { level: 1 }).hover();
  await cursor.waitFor({ state: 'detached' });
  await ada.page.locator('.picked-by').waitFor();
  await mary.close();
  await ada.page.locator('.picked-by').waitFor({ state: 'detached' });
  assert.deepEqual(ada.problems, []);
  await ada.close();
});

test('a public workflow has no room for visitors', async () => {
  const [{ id }] = await app.stack.sql(
    "select id from workflows where is_public and user_id <> '33333333-3333-4333-8333-333333333333' limit 1",
  );
  const { page, problems, close } = await app.visit('Mary', { path: `#/workflows/${id}` });
  await page.getByText('Read only', { exact: true }).waitFor();
  await page.waitForLoadState('networkidle');
  assert.equal(await page.getByRole('button', { name: 'Share' }).count(), 0);
  assert.equal(await page.getByRole('list', { name: 'Also here' }).count(), 0);
  assert.deepEqual(problems, []);
  await close();
});
