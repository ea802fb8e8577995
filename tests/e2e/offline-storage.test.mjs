// @ts-check
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { ARGS, EXECUTABLE } from './support/browser.mjs';
import { persisted, stored, useDevices } from './support/offline.mjs';
import { until } from './support/until.mjs';

const { stack, site, unpacked, newDevice, newUser, newWorkflow, row, rows } = await useDevices();

/** A new user with a workflow, and a page of that user. @param {object} [options] */
async function ada(options) {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user, { name: 'First' });
  const device = await newDevice();
  const tab = await device.open({ as: user, ...options });
  return { user, workflow, device, tab };
}

/** The package works as without `offline`, and says why. @param {import('./support/offline.mjs').Tab} tab @param {string} id @param {RegExp} why */
async function worksWithout(tab, id, why) {
  const facts = await tab.run(async (id) => {
    const row = await db.getWorkflow(id);
    const error = await failure(db.with({ queue: true }).updateWorkflow(id, { name: 'Queued' }));
    const written = await db.updateWorkflow(id, { name: 'Sent' });
    return { name: row?.name, code: error.code, message: error.message, written: written.name };
  }, id);
  assert.deepEqual([facts.name, facts.code, facts.written], ['First', 'STORAGE_UNAVAILABLE', 'Sent']);
  assert.match(facts.message, why);
  const events = await tab.run(() => events);
  assert.equal(events.length, 1, 'one event tells');
  assert.match(events[0] ?? '', why);
  assert.match((await tab.outbox()).error ?? '', why);
  assert.equal((await row('workflows', id))?.name, 'Sent');
}

test('where the browser blocks storage, the package works as without offline', async () => {
  const profile = await mkdtemp(join(tmpdir(), 'workflow-db-profile-'));
  await mkdir(join(profile, 'Default'));
  // The setting that blocks cookies blocks every storage of a site.
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
  await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(profile, { executablePath: EXECUTABLE, args: ARGS });
  try {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user, { name: 'First' });
    const device = await newDevice(context);
    const tab = await device.openPlain({ as: user });
    await worksWithout(tab, workflow.id, /IndexedDB is blocked/);
    const { name, code } = await tab.run(() => failure(offlineEntry.clearPersisted()));
    assert.deepEqual([name, code], ['DatabaseError', 'STORAGE_UNAVAILABLE']);
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
});

test('a database that a newer version of the app has upgraded is left alone', async () => {
  const { workflow, tab } = await ada({ isStarted: false });
  await tab.run(
    () =>
      new Promise((resolve) => {
        indexedDB.open('workflow-db', 99).onsuccess = (event) => {
          /** @type {IDBOpenDBRequest} */ (event.target).result.close();
          resolve(undefined);
        };
      }),
  );
  await tab.run(() => start());
  await worksWithout(tab, workflow.id, /newer version of the app/);
});

test('a tab steps aside when a newer version of the app upgrades the database', async () => {
  const { workflow, device, tab } = await ada();
  await tab.run((id) => db.getWorkflow(id), workflow.id);
  assert.equal(await tab.run(() => outbox.flush().then(() => outbox.error)), undefined);
  const newer = await device.context.newPage();
  await newer.goto(`${site.origin}/offline`);
  await newer.evaluate(() =>
    new Promise((resolve, reject) => {
      const opening = indexedDB.open('workflow-db', 99);
      opening.onsuccess = resolve;
      opening.onblocked = () => reject(new Error('The old tab keeps it'));
    }).then(() => {}),
  );
  await until(async () => (await tab.outbox()).error !== undefined);
  await worksWithout(tab, workflow.id, /newer version of the app/);
});

test('when the user clears the site’s data, what was not sent is shown no longer, and later writes are sent', async () => {
  const { workflow, device, tab } = await ada();
  await tab.run((id) => db.getWorkflow(id), workflow.id);
  await device.goOffline();
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Cleared' }), workflow.id);
  const session = await device.context.newCDPSession(tab.page);
  const storage = { origin: site.origin, storageTypes: 'indexeddb' };
  await session.send('Storage.clearDataForOrigin', storage);
  const shown = await tab.run(async (id) => {
    await until(() => outbox.pending === 0);
    return (await db.getWorkflow(id))?.name;
  }, workflow.id);
  assert.equal(shown, 'First');
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { description: 'Kept' }), workflow.id);
  await device.goOnline();
  await tab.run(() => sent());
  const { name, description } = (await row('workflows', workflow.id)) ?? {};
  assert.deepEqual([name, description], ['First', 'Kept']);
});

test('without space, a queued write rejects and unsent writes before it stay', async () => {
  const { workflow, device, tab } = await ada({ isStarted: false });
  const session = await device.context.newCDPSession(tab.page);
  const usage = await tab.run(async () => (await navigator.storage.estimate()).usage ?? 0);
  await session.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize: usage + 500_000 });
  await tab.run(() => start());
  await tab.run((id) => db.getWorkflow(id), workflow.id);
  await device.goOffline();
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Before' }), workflow.id);
  const error = await tab.run(
    (id) => failure(db.with({ queue: true }).updateWorkflow(id, { description: 'x'.repeat(3_000_000) })),
    workflow.id,
  );
  assert.equal(error.code, 'STORAGE_UNAVAILABLE');
  assert.match(error.message, /full/);
  assert.match((await tab.outbox()).error ?? '', /full/);
  assert.equal((await tab.run(() => events)).length, 1, 'one event tells');
  assert.equal((await tab.outbox()).pending, 1);
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { description: 'short' }), workflow.id);
  assert.equal((await tab.outbox()).error, undefined, 'it works again');
  await device.goOnline();
  await tab.run(() => sent());
  const saved = await row('workflows', workflow.id);
  assert.deepEqual([saved?.name, saved?.description], ['Before', 'short']);
});

test('without space for rows, they are read from the server, and unsent writes are still kept', async () => {
  const { workflow, device, tab } = await ada({ isStarted: false });
  await stack.sql('update public.workflows set description = $1 where id = $2', [
    'x'.repeat(3_000_000),
    workflow.id,
  ]);
  const session = await device.context.newCDPSession(tab.page);
  const usage = await tab.run(async () => (await navigator.storage.estimate()).usage ?? 0);
  await session.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize: usage + 500_000 });
  await tab.run(() => start());
  await tab.run((id) => db.getWorkflow(id), workflow.id);
  await tab.run(() => until(() => outbox.error !== undefined));
  assert.match((await tab.outbox()).error ?? '', /full/);
  await device.goOffline();
  await tab.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Kept' }), workflow.id);
  assert.equal((await tab.outbox()).pending, 1);
});

/** Aborts the next transaction that stores a row. `isAborted` says when. @param {import('./support/offline.mjs').Tab} tab */
const abortNext = (tab) =>
  tab.run(() => {
    const { put } = IDBObjectStore.prototype;
    const isAborted = new Promise((resolve) => {
      IDBObjectStore.prototype.put = function (...args) {
        if (this.name !== 'rows') return put.apply(this, args);
        IDBObjectStore.prototype.put = put;
        const request = put.apply(this, args);
        queueMicrotask(() => this.transaction.abort());
        resolve(undefined);
        return request;
      };
    });
    Object.assign(globalThis, { isAborted });
  });

test('rows that the database could not store are stored with the next ones', async () => {
  const { workflow, device, tab } = await ada();
  await abortNext(tab);
  await tab.run(async (id) => {
    await db.getWorkflow(id);
    await /** @type {any} */ (globalThis).isAborted;
    await db.getWorkflows(env.userId);
  }, workflow.id);
  await persisted(tab, `workflow:${workflow.id}`);
  await device.goOffline();
  await tab.reload();
  assert.equal((await tab.run((id) => outcome(db.getWorkflow(id)), workflow.id)).value?.name, 'First');
});

test('a row that stays on disk because a write was not answered outlives a transaction that fails', async () => {
  const { user, workflow, tab } = await ada();
  const other = await newWorkflow(user);
  await tab.run((id) => db.getWorkflow(id), workflow.id);
  await persisted(tab, `workflow:${workflow.id}`);
  stack.faults.add({ match: { method: 'PATCH' }, action: 'refuse', times: 'always' });
  await abortNext(tab);
  await tab.run(async ([id, other]) => {
    await failure(db.updateWorkflow(id, { name: 'Not sent' }));
    await db.getWorkflow(other);
    await /** @type {any} */ (globalThis).isAborted;
    await db.getWorkflows(env.userId);
  }, /** @type {const} */ ([workflow.id, other.id]));
  await persisted(tab, `workflows:${user.id}`);
  await persisted(tab, `workflow:${other.id}`);
  assert.equal((await stored(tab, `workflow:${workflow.id}`))?.name, 'First');
  stack.faults.clear();
});

test('writes survive the end of the whole browser', async () => {
  const profile = await mkdtemp(join(tmpdir(), 'workflow-db-profile-'));
  const launch = () => chromium.launchPersistentContext(profile, { executablePath: EXECUTABLE, args: ARGS });
  try {
    const user = await newUser('ada');
    const before = await newDevice(await launch());
    const tab = await before.open({ as: user });
    await before.goOffline();
    await tab.run(() => db.with({ queue: true }).createWorkflow(env.userId, { name: 'Kept' }));
    await before.context.close();
    const after = await newDevice(await launch());
    const next = await after.open({ as: user });
    await next.run(() => sent());
    assert.deepEqual(
      (await rows('workflows', 'where user_id = $1', [user.id])).map(({ name }) => name),
      ['Kept'],
    );
    await after.context.close();
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
});

test('in Node, importing does nothing, and offline counts as impossible', async () => {
  const user = await newUser('ada');
  const workflow = await newWorkflow(user, { name: 'First' });
  const entry = (/** @type {string} */ path) => JSON.stringify(join(unpacked.root, path));
  const script = `
    import { createClient } from ${entry('index.js')};
    import { offline, getOutbox, clearPersisted } from ${entry('offline/index.js')};
    const events = [];
    const client = createClient({
      url: ${JSON.stringify(stack.url)}, key: ${JSON.stringify(stack.publishableKey)},
      accessToken: () => ${JSON.stringify(user.token)}, offline: offline(), onEvent: (event) => events.push(event.type),
    });
    const row = await client.db.getWorkflow(${JSON.stringify(workflow.id)});
    const code = await client.db.with({ queue: true }).updateWorkflow(row.id, { name: 'x' }).catch(({ code }) => code);
    await clearPersisted();
    console.log(JSON.stringify([row.name, code, getOutbox(client).error.code, events.filter((type) => type === 'offline')]));
  `;
  // It ends by itself: nothing keeps the process alive.
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 60_000,
  });
  assert.deepEqual(JSON.parse(stdout), ['First', 'STORAGE_UNAVAILABLE', 'STORAGE_UNAVAILABLE', ['offline']]);
});
