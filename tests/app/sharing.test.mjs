// @ts-check
// Two people and one workflow: invitations, roles, concurrent edits, and the end of access.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newGate } from '../e2e/support/until.mjs';
import { dragBy, eventually, go, startApp, untilLive } from './support.mjs';

/** @typedef {import('playwright-core').Page} Page */

const TITLE = 'Product launch video';
const CONFLICT = 'This workflow was changed elsewhere';

/** @type {import('./support.mjs').RunningApp} */
let app;
/** Ada's workflow, with Grace as an editor and Mary as a viewer. */
let path = '';
let workflowId = '';
before(async () => {
  app = await startApp();
  workflowId = await idOf(TITLE);
  path = `#/workflows/${workflowId}`;
});
after(() => app?.stop());

/** @param {string} name */
async function idOf(name) {
  const [workflow] = await app.stack.sql('select id from workflows where name = $1', [name]);
  return workflow.id;
}

const nodes = () =>
  app.stack.sql(
    'select node_id, label, position_x, position_y from workflow_nodes where workflow_id = $1 order by created_at, id',
    [workflowId],
  );

/** @param {string} email */
const setRole = (email, role = 'editor') =>
  app.stack.sql('update workflow_members set role = $1 where workflow_id = $2 and email = $3', [
    role,
    workflowId,
    email,
  ]);

const steps = (/** @type {Page} */ page) => page.getByRole('button', { name: /^Step / });
const stepOf = (/** @type {Page} */ page, /** @type {string} */ nodeId) =>
  page.locator(`[data-node-id="${nodeId}"]`);
const save = (/** @type {Page} */ page) => page.getByRole('button', { name: 'Save', exact: true }).click();
const untilSaved = (/** @type {Page} */ page) => page.getByText('Saved', { exact: true }).waitFor();
const conflictOf = (/** @type {Page} */ page) => page.getByRole('dialog', { name: CONFLICT });

/** Opens the shared workflow as one of its members. @param {string} person */
async function open(person) {
  const visitor = await app.visit(person, { path, width: 1440 });
  // The page's controls depend on the role, which is read after the workflow.
  const { page } = visitor;
  const canView = page.getByText('Read only', { exact: true });
  const canEdit = page.getByRole('button', { name: 'Add step' });
  await (person === 'Mary' ? canView : canEdit).waitFor();
  await untilLive(page);
  return visitor;
}

/** @param {Page} page @param {string} label */
async function relabel(page, label) {
  await steps(page).first().click();
  await page.getByRole('textbox', { name: 'Label' }).fill(label);
}

test('an invited user accepts, edits the workflow, and both see it', async () => {
  const id = await idOf('Podcast to shorts');
  const [ada, grace] = [await app.visit('Ada', { path: `#/workflows/${id}` }), await app.visit('Grace')];
  await untilLive(grace.page);
  await ada.page.getByRole('button', { name: 'Share' }).click();
  const dialog = ada.page.getByRole('dialog', { name: /^Share / });
  await dialog.getByRole('textbox', { name: 'Email address' }).fill('Grace@Example.com');
  await dialog.getByRole('combobox', { name: 'Role', exact: true }).selectOption('editor');
  await dialog.getByRole('button', { name: 'Invite' }).click();
  await dialog.getByRole('status').filter({ hasText: 'grace@example.com is invited' }).waitFor();
  const member = dialog.getByRole('listitem').filter({ hasText: 'grace@example.com' });
  await member.getByText('Invited').waitFor();

  const invitation = grace.page
    .getByRole('region', { name: 'Invitations' })
    .getByRole('listitem')
    .filter({ hasText: 'Podcast to shorts' });
  await invitation.getByText(/Ada Okafor invites you as editor/).waitFor();
  const told = grace.page.getByText(/You are now an editor/).waitFor();
  await invitation.getByRole('button', { name: 'Accept' }).click();
  await told;
  await grace.page.getByRole('heading', { level: 1, name: 'Podcast to shorts' }).waitFor();
  await member.getByText('Member').waitFor();
  await ada.page.keyboard.press('Escape');

  await relabel(grace.page, 'From Grace');
  await save(grace.page);
  await untilSaved(grace.page);
  await ada.page.getByRole('button', { name: /^Step From Grace/ }).waitFor();
  await go(grace.page, '#/workflows/shared');
  await grace.page.getByRole('link', { name: 'Podcast to shorts' }).waitFor();
  assert.deepEqual([...ada.problems, ...grace.problems], []);
  await ada.close();
  await grace.close();
});

test('the dialog reports an address that is already invited', async () => {
  const { page, close } = await open('Ada');
  await page.getByRole('button', { name: 'Share' }).click();
  const dialog = page.getByRole('dialog', { name: /^Share / });
  await dialog.getByRole('textbox', { name: 'Email address' }).fill('mary@example.com');
  await dialog.getByRole('button', { name: 'Invite' }).click();
  await dialog.getByRole('alert').getByText('This address is invited already.').waitFor();
  await close();
});

test('a declined invitation disappears for both', async () => {
  const mary = await app.visit('Mary', { path: '#/workflows/shared' });
  const invitation = mary.page.getByRole('listitem').filter({ hasText: 'Catalogue backgrounds' });
  await mary.page.getByText('1 invitation', { exact: true }).waitFor();
  await invitation.getByRole('button', { name: 'Decline' }).click();
  await invitation.waitFor({ state: 'detached' });
  await eventually(
    () =>
      app.stack.sql("select 1 from workflow_members where email = 'mary@example.com' and user_id is null"),
    (rows) => rows.length === 0,
  );
  assert.deepEqual(mary.problems, []);
  await mary.close();
});

test('when two people drag different steps and save, both steps move on both screens', async () => {
  const [ada, grace] = [await open('Ada'), await open('Grace')];
  const before = await nodes();
  const [first, second] = [before[0]?.node_id, before[1]?.node_id];
  await dragBy(ada.page, stepOf(ada.page, first), 30, 50);
  await dragBy(grace.page, stepOf(grace.page, second), 20, -40);
  await Promise.all([save(ada.page), save(grace.page)]);
  await Promise.all([untilSaved(ada.page), untilSaved(grace.page)]);
  const after = await nodes();
  assert.deepEqual(
    after
      .filter(({ position_y }, index) => position_y !== before[index]?.position_y)
      .map((row) => row.node_id),
    [first, second],
  );
  for (const { page } of [ada, grace]) {
    for (const row of after.slice(0, 2)) {
      const place = stepOf(page, row.node_id).locator('..');
      await eventually(
        () => place.getAttribute('y'),
        (y) => Number(y) === row.position_y,
      );
    }
  }
  assert.equal(await conflictOf(ada.page).count(), 0);
  assert.equal(await conflictOf(grace.page).count(), 0);
  // The browser logs that the database refused the slower save, which was then merged.
  const problems = [...ada.problems, ...grace.problems].filter((text) => !text.includes('409 (Conflict)'));
  assert.deepEqual(problems, []);
  await ada.close();
  await grace.close();
});

/** Two people give the first step different labels; Grace also moves the second step. Ada saves first. */
async function conflict(/** @type {string} */ theirs, /** @type {string} */ mine) {
  const [ada, grace] = [await open('Ada'), await open('Grace')];
  const [, second] = await nodes();
  await relabel(ada.page, theirs);
  await relabel(grace.page, mine);
  await grace.page.getByRole('button', { name: 'Close', exact: true }).click();
  await dragBy(grace.page, stepOf(grace.page, second?.node_id), 0, 30);
  await save(ada.page);
  await untilSaved(ada.page);
  await save(grace.page);
  const dialog = conflictOf(grace.page);
  await dialog.getByRole('group', { name: /^The label of/ }).waitFor();
  const isMoved = async () => (await nodes())[1]?.position_y !== second?.position_y;
  return { ada, grace, dialog, isMoved };
}

for (const { choice, side } of [
  { choice: 'Theirs', side: 'theirs' },
  { choice: 'Mine', side: 'mine' },
]) {
  test(`in a conflict between two labels, the dialog keeps ${side}, and everything else is merged`, async () => {
    const labels = { theirs: `Ada for ${side}`, mine: `Grace for ${side}` };
    const { ada, grace, dialog, isMoved } = await conflict(labels.theirs, labels.mine);
    const kept = side === 'theirs' ? labels.theirs : labels.mine;
    await dialog.getByRole('radio', { name: `${choice}: “${kept}”` }).check();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    await untilSaved(grace.page);
    assert.equal((await nodes())[0]?.label, kept);
    assert.ok(await isMoved());
    for (const { page } of [ada, grace]) {
      await page.getByRole('button', { name: `Step ${kept}` }).waitFor();
    }
    await ada.close();
    await grace.close();
  });
}

test('a conflict can be resolved later: nothing is saved, and the changes stay', async () => {
  const { ada, grace, dialog, isMoved } = await conflict('Ada for later', 'Grace for later');
  await dialog.getByRole('button', { name: 'Decide later' }).click();
  await grace.page.getByText('Unsaved changes').waitFor();
  await grace.page.getByRole('button', { name: /^Step Grace for later/ }).waitFor();
  assert.equal((await nodes())[0]?.label, 'Ada for later');
  assert.equal(await isMoved(), false);
  await ada.close();
  await grace.close();
});

test('edits made during a save survive the resolution of its conflict', async () => {
  const [ada, grace] = [await open('Ada'), await open('Grace')];
  const [, second] = await nodes();
  await relabel(ada.page, 'Ada meanwhile');
  await relabel(grace.page, 'Grace meanwhile');
  await grace.page.getByRole('button', { name: 'Close', exact: true }).click();
  await save(ada.page);
  await untilSaved(ada.page);
  const { opened: edited, open: release } = newGate();
  const isSent = grace.page.waitForRequest('**/rpc/save_merged_workflow_graph');
  await grace.page.route('**/rpc/save_merged_workflow_graph', async (route) => {
    await edited;
    await route.continue();
  });
  await save(grace.page);
  await isSent;
  await dragBy(grace.page, stepOf(grace.page, second?.node_id), 0, 30);
  release();
  const dialog = conflictOf(grace.page);
  await dialog.getByRole('radio', { name: 'Theirs: “Ada meanwhile”' }).check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await untilSaved(grace.page);
  const [label, moved] = await nodes();
  assert.equal(label?.label, 'Ada meanwhile');
  assert.notEqual(moved?.position_y, second?.position_y);
  await ada.close();
  await grace.close();
});

test('a step deleted by one person and changed by the other can be kept or deleted', async () => {
  for (const isKept of [true, false]) {
    const [ada, grace] = [await open('Ada'), await open('Grace')];
    const all = await nodes();
    const { node_id } = all[all.length - 1] ?? assert.fail();
    await stepOf(ada.page, node_id).click();
    await ada.page.getByRole('textbox', { name: 'Label' }).fill(`Changed ${isKept}`);
    await stepOf(grace.page, node_id).click();
    await grace.page.getByRole('button', { name: 'Delete step' }).click();
    await save(ada.page);
    await untilSaved(ada.page);
    await save(grace.page);
    const dialog = conflictOf(grace.page);
    await dialog.getByRole('radio', { name: isKept ? /^Theirs: kept as/ : 'Mine: deleted' }).check();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await untilSaved(grace.page);
    assert.equal(
      (await nodes()).some((row) => row.node_id === node_id),
      isKept,
    );
    await stepOf(ada.page, node_id).waitFor({ state: isKept ? 'visible' : 'detached' });
    await ada.close();
    await grace.close();
  }
});

test('an editor who opens a shared workflow does not see it as read-only first', async () => {
  const { page, close } = await app.visit('Grace');
  const read = page.waitForResponse(/workflow_members/);
  await page.evaluate(() => {
    const look = () => {
      if (document.body.innerText.includes('Read only')) document.body.dataset.readOnly = 'seen';
    };
    new MutationObserver(look).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
  await go(page, path);
  await read;
  await page.getByRole('button', { name: 'Add step' }).waitFor();
  assert.equal(await page.locator('body').getAttribute('data-read-only'), null);
  await close();
});

test('a viewer sees steps and runs, but cannot change anything', async () => {
  const { page, problems, close } = await open('Mary');
  await page.getByText('Read only', { exact: true }).waitFor();
  await page.getByRole('list', { name: 'Runs on this page' }).waitFor();
  for (const name of ['Add step', 'Rename workflow', 'Run', 'Save as template', 'Stop run']) {
    assert.equal(await page.getByRole('button', { name, exact: true }).count(), 0, name);
  }
  const before = await nodes();
  const step = stepOf(page, before[0]?.node_id);
  const place = await step.locator('..').getAttribute('x');
  await dragBy(page, step, 40, 40);
  await step.click();
  await step.press('ArrowRight');
  await step.press('Delete');
  assert.equal(await step.locator('..').getAttribute('x'), place);
  assert.equal(await page.getByRole('textbox', { name: 'Label' }).count(), 0);
  await page.getByRole('button', { name: 'Share' }).click();
  const dialog = page.getByRole('dialog', { name: /^Share / });
  await dialog.getByText('grace@example.com').waitFor();
  assert.equal(await dialog.getByRole('button', { name: /Invite|Remove/ }).count(), 0);
  assert.equal(await dialog.getByRole('combobox').count(), 0);
  assert.deepEqual(await nodes(), before);
  assert.deepEqual(problems, []);
  await close();
});

test('an editor who becomes a viewer can no longer change anything', async () => {
  const [ada, grace] = [await open('Ada'), await open('Grace')];
  await relabel(grace.page, 'Never saved');
  await ada.page.getByRole('button', { name: 'Share' }).click();
  await ada.page.getByRole('combobox', { name: 'Role of grace@example.com' }).selectOption('viewer');
  await ada.page.getByRole('status').filter({ hasText: 'grace@example.com: Can view.' }).waitFor();
  await grace.page.getByText('Read only', { exact: true }).waitFor();
  assert.equal(await grace.page.getByRole('button', { name: 'Save', exact: true }).count(), 0);
  assert.equal(await grace.page.getByRole('button', { name: /^Step Never saved/ }).count(), 0);
  await setRole('grace@example.com');
  await grace.page.getByRole('button', { name: /^Step Never saved/ }).waitFor();
  await grace.page.getByRole('button', { name: 'Save', exact: true }).waitFor();
  await ada.close();
  await grace.close();
});

test('a member who is removed while viewing the workflow loses it at once', async () => {
  const [ada, mary] = [await open('Ada'), await open('Mary')];
  await ada.page.getByRole('button', { name: 'Share' }).click();
  await ada.page.getByRole('button', { name: 'Remove mary@example.com' }).click();
  await ada.page.getByRole('status').filter({ hasText: 'mary@example.com is removed.' }).waitFor();
  await mary.page.getByRole('alert').getByRole('heading', { name: 'Workflow not found' }).waitFor();
  assert.equal(await steps(mary.page).count(), 0);
  await go(mary.page, '#/workflows/shared');
  await mary.page.getByRole('heading', { name: 'Nothing is shared with you' }).waitFor();
  await ada.close();
  await mary.close();
});

test('a member leaves, and the owner sees it', async () => {
  const [ada, grace] = [await open('Ada'), await app.visit('Grace', { path: '#/workflows/shared' })];
  await ada.page.getByRole('button', { name: 'Share' }).click();
  const row = ada.page.getByRole('listitem').filter({ hasText: 'grace@example.com' });
  await row.waitFor();
  await grace.page.getByRole('button', { name: `Leave ${TITLE}` }).click();
  await grace.page.getByRole('button', { name: 'Leave workflow' }).click();
  await grace.page.getByRole('link', { name: TITLE }).waitFor({ state: 'detached' });
  await row.waitFor({ state: 'detached' });
  await ada.close();
  await grace.close();
});
