// @ts-check
// Working offline in a browser other than Chromium: the core of the tests in `offline*.test.mjs`.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isInstalled, openBrowser } from '../../faults/support/webdriver.mjs';
import { until } from './until.mjs';
import { useWorld } from './world.mjs';

/** @typedef {import('./fixtures.mjs').User} User */
/** @typedef {Awaited<ReturnType<typeof useTabs>>} Tabs */
/** @typedef {Awaited<ReturnType<Tabs['open']>>} Tab */

/** @param {'Firefox' | 'WebKit'} browser */
export async function tryOffline(browser) {
  if (!isInstalled(browser)) {
    test(`offline in ${browser}`, { skip: `There is no ${browser} with its driver on this machine.` });
    return;
  }
  const tabs = await useTabs(browser);
  for (const [name, run] of Object.entries(TESTS)) test(`${name}, in ${browser}`, () => run(tabs));
}

/**
 * A stack, and a browser whose tabs reach it or not. The drivers cannot disconnect a browser: the server is unreachable,
 * and the page's `navigator.onLine` says so.
 *
 * @param {'Firefox' | 'WebKit'} name
 */
async function useTabs(name) {
  const script = () => readFile(fileURLToPath(new URL('offline-page.js', import.meta.url)), 'utf8');
  const world = await useWorld({}, () => ({ '/offline': script }));
  const browser = await openBrowser(name);
  after(() => browser.close());
  const { stack, site } = world;
  const env = { url: stack.url, key: stack.publishableKey };
  let isOnline = true;
  /** @type {Set<{ setOnline: () => Promise<unknown> }>} */
  const opened = new Set();

  /**
   * Opens a tab of a user. `query` is that of its address, and `without` names what the browser lacks.
   *
   * @param {{ as: User, query?: string, without?: readonly ('locks' | 'BroadcastChannel')[], more?: object }} options
   */
  async function open({ as, query = '', without = [], more = {} }) {
    const { load, run, closeTab } = await browser.newTab();
    const start = async () => {
      await load(`${site.origin}/offline${query}`);
      await run(
        ({ env, isOnline, without, more }) => {
          const isReady = () => document.documentElement.dataset.isReady;
          return new Promise((resolve) => {
            const look = () => (isReady() ? resolve(undefined) : setTimeout(look, 5));
            look();
          }).then(() => {
            Object.assign(globalThis, { env });
            const network = { isOnline };
            Object.defineProperty(Navigator.prototype, 'onLine', { get: () => network.isOnline });
            const setOnline = (/** @type {boolean} */ isOnline) => {
              network.isOnline = isOnline;
              dispatchEvent(new Event(isOnline ? 'online' : 'offline'));
            };
            Object.assign(globalThis, { setOnline });
            if (without.includes('locks'))
              Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });
            if (without.includes('BroadcastChannel'))
              Object.assign(globalThis, { BroadcastChannel: undefined });
            globalThis.start({}, { retry: { maxAttempts: 1 }, timeoutMs: 2000, ...more });
          });
        },
        { env: { ...env, token: as.token, userId: as.id }, isOnline, without, more },
      );
    };
    await start();
    const tab = {
      run,
      reload: start,
      setOnline: () => run((isOnline) => /** @type {any} */ (globalThis).setOnline(isOnline), isOnline),
      async close() {
        opened.delete(tab);
        await closeTab();
      },
      /** What is in the outbox. @returns {Promise<ReturnType<typeof outboxView>>} */
      outbox: () => run(() => outboxView()),
    };
    opened.add(tab);
    return tab;
  }

  /** @param {boolean} next */
  async function setOnline(next) {
    isOnline = next;
    if (isOnline) stack.faults.clear();
    else stack.faults.add({ action: 'refuse', times: 'always' });
    for (const tab of opened) await tab.setOnline();
  }

  return { ...world, open, goOffline: () => setOnline(false), goOnline: () => setOnline(true) };
}

/** @type {Record<string, (tabs: Tabs) => Promise<void>>} */
const TESTS = {
  async 'a workflow made and edited without a network, across a reload, is on the server once'(tabs) {
    const { newUser, open, row, rows } = tabs;
    const user = await newUser('ada');
    const tab = await open({ as: user });
    await tabs.goOffline();
    const id = await tab.run(async () => {
      const queued = db.with({ queue: true });
      const made = await queued.createWorkflow(env.userId, { name: 'Made offline' });
      for (const node_id of ['a', 'b']) {
        await queued.createWorkflowNode({ workflow_id: made.id, node_id, node_type: 'text_input' });
      }
      return made.id;
    });
    await tab.reload();
    const shown = await tab.run(async (id) => {
      const name = (await db.getWorkflow(id))?.name;
      await db.with({ queue: true }).updateWorkflow(id, { name: 'Edited offline' });
      return [name, (await db.getWorkflowNodes(id)).map(({ node_id }) => node_id)];
    }, id);
    assert.deepEqual(shown, ['Made offline', ['a', 'b']]);
    assert.equal((await tab.outbox()).isOnline, false);
    assert.equal(await row('workflows', id), null);
    await tabs.goOnline();
    await tab.run(() => sent());
    assert.deepEqual(
      (await rows('workflows', 'where user_id = $1', [user.id])).map((made) => [made.id, made.name]),
      [[id, 'Edited offline']],
    );
    assert.equal((await rows('workflow_nodes', 'where workflow_id = $1', [id])).length, 2);
    await tab.close();
  },

  async 'writes whose answers are lost are made once'({ stack, newUser, newWorkflow, open, rows }) {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user, { name: 'First' });
    const tab = await open({ as: user });
    for (const method of ['POST', 'PATCH']) {
      const match = { method, path: '/rest/v1/' };
      stack.faults.add({ match, action: 'resetAfterCommit', times: method === 'POST' ? 3 : 1 });
    }
    await tab.run(async (id) => {
      const queued = db.with({ queue: true });
      const made = await queued.createWorkflow(env.userId, { name: 'Second' });
      await queued.createWorkflowNode({ workflow_id: made.id, node_id: 'a', node_type: 'text_input' });
      await queued.updateWorkflow(id, { name: 'Changed' });
      await queued.addFavorite(env.userId, id);
    }, workflow.id);
    await until(() => tab.run(() => outbox.pending === 0));
    const own = await rows('workflows', 'where user_id = $1 order by name', [user.id]);
    assert.deepEqual(
      own.map(({ name }) => name),
      ['Changed', 'Second'],
    );
    assert.equal((await rows('workflow_nodes', 'where workflow_id = $1', [own[1]?.id])).length, 1);
    assert.equal((await rows('workflow_favorites', 'where user_id = $1', [user.id])).length, 1);
    assert.deepEqual((await tab.outbox()).list, []);
    await tab.close();
  },

  async 'a refused write in the middle fails alone, and the others are made'(tabs) {
    const { newUser, newWorkflow, newNodes, open, row } = tabs;
    const user = await newUser('ada');
    const workflow = await newWorkflow(user, { name: 'First' });
    await newNodes(workflow, ['taken']);
    const tab = await open({ as: user });
    await tabs.goOffline();
    const after = await tab.run(async (id) => {
      const queued = db.with({ queue: true });
      await queued.updateWorkflow(id, { name: 'Before' });
      await queued.createWorkflowNode({ workflow_id: id, node_id: 'taken', node_type: 'text_input' });
      return (await queued.createWorkflow(env.userId, { name: 'After' })).id;
    }, workflow.id);
    await tabs.goOnline();
    await tab.run(() => sent());
    assert.equal((await row('workflows', workflow.id))?.name, 'Before');
    assert.equal((await row('workflows', after))?.name, 'After');
    assert.deepEqual((await tab.outbox()).list, ['workflow_nodes insert failed 23505']);
    await tab.close();
  },

  async 'another user sees and sends nothing of the one before, whose writes wait'(tabs) {
    const { newUser, newWorkflow, open, row } = tabs;
    const ada = await newUser('ada');
    const grace = await newUser('grace');
    const workflow = await newWorkflow(ada, { name: 'First' });
    const hers = await open({ as: ada });
    await hers.run((id) => db.getWorkflow(id), workflow.id);
    await tabs.goOffline();
    await hers.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Of Ada' }), workflow.id);
    await hers.close();
    const other = await open({ as: grace });
    const { value } = await other.run((id) => outcome(db.getWorkflow(id)), workflow.id);
    assert.equal(value ?? null, null);
    await tabs.goOnline();
    await other.run(() => outbox.flush());
    assert.deepEqual((await other.outbox()).list, []);
    assert.equal((await row('workflows', workflow.id))?.name, 'First');
    await other.close();
    const again = await open({ as: ada });
    await again.run(() => until(() => outbox.pending === 1 || outbox.isFlushing).then(() => sent()));
    assert.equal((await row('workflows', workflow.id))?.name, 'Of Ada');
    await again.close();
  },

  async 'two tabs send in order, hear of each other, and one takes over when the other is closed'(tabs) {
    const { stack, newUser, newWorkflow, open, row, rows } = tabs;
    const user = await newUser('ada');
    const workflow = await newWorkflow(user, { name: 'First' });
    const [first, second] = [await open({ as: user }), await open({ as: user })];
    for (const tab of [first, second]) await tab.run((id) => db.getWorkflow(id), workflow.id);
    await first.run((id) => db.updateWorkflow(id, { name: 'Second' }), workflow.id);
    const cached = (/** @type {string} */ id) =>
      until(() => /** @type {any} */ (cache.peek(`workflow:${id}`))?.name === 'Second');
    await second.run(cached, workflow.id);
    await tabs.goOffline();
    const create = (/** @type {string} */ name) =>
      db.with({ queue: true }).createWorkflow(env.userId, { name });
    for (const [tab, name] of /** @type {const} */ ([
      [first, 'a'],
      [second, 'b'],
      [first, 'c'],
    ])) {
      await tab.run(create, name);
    }
    stack.requests.clear();
    await tabs.goOnline();
    await Promise.all([first, second].map((tab) => tab.run(() => sent())));
    const made = await rows('workflows', 'where user_id = $1 and id <> $2 order by created_at', [
      user.id,
      workflow.id,
    ]);
    assert.deepEqual(
      made.map(({ name }) => name),
      ['a', 'b', 'c'],
    );
    assert.equal(stack.requests.count({ method: 'POST', path: '/workflows' }), 3);
    await first.close();
    await second.run((id) => db.with({ queue: true }).updateWorkflow(id, { name: 'Third' }), workflow.id);
    await second.run(() => sent());
    assert.equal((await row('workflows', workflow.id))?.name, 'Third');
    await second.close();
  },

  async 'without Web Locks, a tab takes over the lease of one that ended without returning it'(tabs) {
    const { newUser, open, rows } = tabs;
    const user = await newUser('ada');
    const { url } = tabs.stack;
    const first = await open({ as: user, without: ['locks'] });
    await first.run(() => db.with({ queue: true }).createWorkflow(env.userId, { name: 'a' }));
    await first.run(() => sent());
    await first.close();
    const second = await open({ as: user, without: ['locks'] });
    await second.run(
      async ([url]) => {
        wdb.configure({ url, key: env.key });
        const lease = `workflow-db:workflow-db:${url} ${env.userId}`;
        await new Promise((resolve) => {
          indexedDB.open('workflow-db').onsuccess = ({ target }) => {
            const database = /** @type {IDBOpenDBRequest} */ (target).result;
            const transaction = database.transaction('meta', 'readwrite');
            transaction.objectStore('meta').put({ holder: 'gone', untilMs: Date.now() + 2000 }, lease);
            transaction.oncomplete = () => resolve(database.close());
          };
        });
      },
      [url],
    );
    await second.reload();
    await second.run(() => db.with({ queue: true }).createWorkflow(env.userId, { name: 'b' }));
    assert.equal((await rows('workflows', 'where user_id = $1', [user.id])).length, 1);
    await second.run(() => until(() => outbox.pending === 0));
    assert.equal((await rows('workflows', 'where user_id = $1', [user.id])).length, 2);
    await second.close();
  },

  async 'without Web Locks and BroadcastChannel, the writes of both tabs are sent'(tabs) {
    const { newUser, open, rows } = tabs;
    const user = await newUser('ada');
    const without = /** @type {const} */ (['locks', 'BroadcastChannel']);
    const [first, second] = [await open({ as: user, without }), await open({ as: user, without })];
    for (const tab of [first, second]) {
      await tab.run(() => db.with({ queue: true }).createWorkflow(env.userId, { name: crypto.randomUUID() }));
    }
    await until(async () => (await rows('workflows', 'where user_id = $1', [user.id])).length === 2);
    for (const tab of [first, second]) await until(async () => (await tab.outbox()).pending === 0);
    await Promise.all([first.close(), second.close()]);
  },

  async 'where the browser refuses storage, the package works as without offline'(tabs) {
    const { newUser, newWorkflow, open, row } = tabs;
    const user = await newUser('ada');
    const workflow = await newWorkflow(user, { name: 'First' });
    const tab = await open({ as: user, query: '?sandboxed' });
    const facts = await tab.run(async (id) => {
      const read = (await db.getWorkflow(id))?.name;
      const { code } = await failure(db.with({ queue: true }).updateWorkflow(id, { name: 'Queued' }));
      return [read, code, (await db.updateWorkflow(id, { name: 'Sent' })).name, events.length];
    }, workflow.id);
    assert.deepEqual(facts, ['First', 'STORAGE_UNAVAILABLE', 'Sent', 1]);
    assert.match((await tab.outbox()).error ?? '', /IndexedDB is blocked/);
    assert.equal((await row('workflows', workflow.id))?.name, 'Sent');
    await tab.close();
  },
};
