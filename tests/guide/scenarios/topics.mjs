// @ts-check
// The pages of docs/, by topic.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { until } from '../../e2e/support/until.mjs';
import { security, servers } from './security.mjs';
import { start } from './snippets.mjs';

/** @typedef {import('../guide.test.mjs').Scenario} Scenario */

/** @type {Record<string, Scenario>} */
const gettingStarted = {
  start: start.start,
  token: start.tokens,

  async 'first-component'(block, { open, live, newUser, newWorkflow, stack, texts }) {
    const user = await newUser();
    const { id } = await newWorkflow(user);
    const page = await open(block, { as: user, mount: 'WorkflowNames' });
    await texts(page, 'li', ({ length }) => length === 1);
    await page.getByRole('button', { name: 'New' }).click();
    await texts(page, 'li', (names) => names[0] === 'Product shots');
    await live(page);
    await stack.sql("update public.workflows set name = 'From elsewhere' where id = $1", [id]);
    await texts(page, 'li', (names) => names.includes('From elsewhere'));
  },

  async 'first-calls'(block, { open, newUser }) {
    const page = await open(block, { as: await newUser() });
    assert.ok(await page.evaluate(() => block.workflows[0].id === block.created.id));
  },
};

/** @type {Record<string, Scenario>} */
const readingAndWriting = {
  async options(block, { open, newUser, newWorkflow }) {
    const user = await newUser();
    const { id } = await newWorkflow(user);
    const page = await open(block, { as: user });
    assert.deepEqual(await page.evaluate(() => block.fresh.map(({ id }) => id)), [id]);
  },

  async conflict(block, { open, newUser, newWorkflow, row }) {
    const user = await newUser();
    const workflow = await newWorkflow(user);
    const page = await open(block, { as: user });
    const renames = await page.evaluate(async (id) => {
      const seen = await wdb.db.getWorkflow(id);
      const stale = { ...seen, updated_at: '2001-01-01T00:00:00' };
      return [await block.rename(stale, 'Refused'), await block.rename(seen, 'Renamed')];
    }, workflow.id);
    assert.deepEqual(renames, [false, true]);
    assert.equal((await row('workflows', workflow.id)).name, 'Renamed');
  },

  async numbered(block, { open, newUser, newWorkflow, newExecutions }) {
    const user = await newUser();
    const workflow = await newWorkflow(user);
    await newExecutions(
      workflow,
      Array.from({ length: 23 }, () => ({ status: 'completed' })),
    );
    const page = await open(block, { as: user, context: { workflowId: workflow.id } });
    const { data, total, hasMore } = await page.evaluate(() => block.page);
    assert.deepEqual([data.length, total, hasMore], [20, 23, true]);
  },

  async 'cursor-pages'(block, { open, newUser, newWorkflow }) {
    const user = await newUser();
    for (let index = 0; index < 21; index++) await newWorkflow(user);
    const page = await open(block, { as: user });
    const lengths = await page.evaluate(() => [block.newest.data.length, block.next.data.length]);
    assert.deepEqual(lengths, [20, 1]);
  },
};

/** @type {Record<string, Scenario>} */
const merging = {
  async save(block, { open, newUser, newWorkflow, newNodes, rows }) {
    const user = await newUser();
    const workflow = await newWorkflow(user);
    await newNodes(workflow, ['a', 'b']);
    const page = await open(block, { as: user });
    await page.evaluate(
      (id) => Promise.all([block.moveNode(id, 'a', 1, 1), block.moveNode(id, 'b', 2, 2)]),
      workflow.id,
    );
    const nodes = await rows('workflow_nodes', 'where workflow_id = $1 order by node_id', [workflow.id]);
    assert.deepEqual(
      nodes.map(({ position_x }) => position_x),
      [1, 2],
    );
  },

  async resolve(block, { open, newUser, newWorkflow, newNodes, newConnections, rows, stack }) {
    const user = await newUser();
    const workflow = await newWorkflow(user);
    await newNodes(workflow, ['a', 'b', 'c']);
    await newConnections(workflow, ['a>b', 'a>c']);
    const page = await open(block, { as: user });
    await page.evaluate(async (id) => {
      const base = await wdb.db.getWorkflowWithRelations(id);
      Object.assign(globalThis, { base });
    }, workflow.id);
    const change = (/** @type {string} */ sql) => stack.sql(sql, [workflow.id]);
    await change(
      `update public.workflow_nodes set label = 'theirs', position_x = 5, config = '{"deep": {"a": 1}}'
       where workflow_id = $1 and node_id = 'a'`,
    );
    await change("delete from public.workflow_nodes where workflow_id = $1 and node_id = 'b'");
    await change("delete from public.workflow_nodes where workflow_id = $1 and node_id = 'c'");
    const asked = await page.evaluate(async () => {
      const { base } = /** @type {any} */ (globalThis);
      const values = { label: 'mine', position_x: 6, config: { deep: { a: 2 } } };
      const nodes = base.nodes.map((/** @type {any} */ node) => ({ ...node, ...values }));
      /** @type {string[]} */
      const asked = [];
      const edit = { nodes, connections: base.connections };
      await block.saveEdit(base.id, edit, base, async (/** @type {any} */ conflict) => {
        const name = [conflict.node_id, ...conflict.path].join('.');
        asked.push(name);
        return name === 'b' || name === 'a.label' || name === 'a.config.deep.a' ? 'mine' : 'theirs';
      });
      return asked.sort();
    });
    assert.deepEqual(asked, ['a.config.deep.a', 'a.label', 'a.position', 'b', 'c']);
    const nodes = await rows('workflow_nodes', 'where workflow_id = $1 order by node_id', [workflow.id]);
    assert.deepEqual(
      nodes.map(({ node_id, label, position_x, config }) => [node_id, label, position_x, config]),
      [
        ['a', 'mine', 5, { deep: { a: 2 } }],
        ['b', 'mine', 6, { deep: { a: 2 } }],
      ],
    );
    const connections = await rows('workflow_connections', 'where workflow_id = $1', [workflow.id]);
    assert.deepEqual(
      connections.map(({ connection_id }) => connection_id),
      ['a>b'],
    );
  },

  async merge(block, { newUser, open }) {
    const page = await open(block, { as: await newUser() });
    const { merged, conflicts } = await page.evaluate(() => ({
      merged: block.merged,
      conflicts: block.conflicts,
    }));
    assert.deepEqual(merged.nodes[0], {
      node_id: 'prompt',
      node_type: 'text',
      label: 'Idea',
      config: { model: 'small', size: 2 },
      position_x: 0,
      position_y: 0,
    });
    const path = ['config', 'model'];
    assert.deepEqual(conflicts, [{ node_id: 'prompt', path, base: 'small', theirs: 'large', mine: 'tiny' }]);
  },
};

/** @type {Record<string, Scenario>} */
const hooks = {
  async hook(block, { open, newUser, newWorkflow, newExecutions, texts }) {
    const user = await newUser();
    const workflow = await newWorkflow(user);
    await newExecutions(
      workflow,
      Array.from({ length: 12 }, () => ({ status: 'completed' })),
    );
    const page = await open(block, { as: user, mount: 'Runs', props: { workflowId: workflow.id } });
    await texts(page, 'li', ({ length }) => length === 10);
    await page.getByRole('button', { name: 'Older' }).click();
    await texts(page, 'li', ({ length }) => length === 2);
    await newExecutions(workflow, [{ status: 'failed' }]);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await texts(page, 'p', ([total]) => total === '13 runs');
  },

  async entry(block, { open, live, newUser, newWorkflow, rows, stack, texts }) {
    const user = await newUser();
    const workflow = await newWorkflow(user);
    const where = /** @type {const} */ (['where workflow_id = $1', [workflow.id]]);
    // An error that is not retried.
    const body = { code: '42501', message: 'no', details: null, hint: null };
    stack.faults.add({ match: { path: 'workflow_favorites' }, action: 'status', status: 403, body });
    const page = await open(block, {
      as: user,
      mount: 'FavoriteButton',
      props: { userId: user.id, workflowId: workflow.id },
    });
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'Add to favorites' }).click();
    await texts(page, 'button', ([text]) => text === 'Favorite');
    await until(async () => (await rows('workflow_favorites', ...where)).length === 1);
    await live(page);
    await stack.sql('delete from public.workflow_favorites where workflow_id = $1', [workflow.id]);
    await texts(page, 'button', ([text]) => text === 'Add to favorites');
  },

  async provider(block, { open, newUser, newWorkflow, texts }) {
    const user = await newUser();
    const page = await open(block, { as: user, mount: 'Root' });
    await texts(page, 'p', ([count]) => count === '0 workflows');
    await newWorkflow(user);
    await texts(page, 'p', ([count]) => count === '1 workflows');
  },
};

/** @type {Record<string, Scenario>} */
const cache = {
  async 'cache-manager'(block, { open, newUser, newWorkflow }) {
    const user = await newUser();
    await newWorkflow(user);
    const page = await open(block, { as: user });
    await page.waitForFunction(() => block.heard.length > 0);
    const { isSame, misses, report } = await page.evaluate(() => ({
      isSame: block.cached === block.list,
      misses: block.misses,
      report: wdb.getCacheManager().get('report'),
    }));
    assert.deepEqual([isSame, misses, report], [true, 1, { rows: 12 }]);
  },
};

/** @type {Record<string, Scenario>} */
const realtime = {
  async open(block, { open, newUser, newWorkflow, newExecutions, stack }) {
    const user = await newUser();
    const workflow = await newWorkflow(user);
    const page = await open(block, { as: user });
    await newExecutions(workflow, [{ status: 'completed' }, { status: 'running' }]);
    await stack.realtime.settle();
    await page.waitForFunction(() => block.types.length > 0);
    assert.deepEqual(await page.evaluate(() => block.types), ['INSERT running']);
  },

  async 'in-effect'(block, { open, live, newUser, newWorkflow, texts }) {
    const user = await newUser();
    const page = await open(block, { as: user, mount: 'Insertions' });
    await live(page);
    await newWorkflow(user);
    await texts(page, 'p', ([count]) => count === '1 new workflows');
  },
};

/** @type {Record<string, Scenario>} */
const presence = {
  async 'use-room'(block, { open, newUser, newWorkflow, texts }) {
    const user = await newUser('ada');
    const props = { workflowId: (await newWorkflow(user)).id };
    const page = await open(block, { as: user, mount: 'Cursors', props });
    await texts(page, 'p', ([count]) => count === '0 others are here');
    await page.mouse.move(10, 10);
  },

  async 'join-room'(block, { open, newUser, newWorkflow }) {
    const user = await newUser('ada');
    const workflow = await newWorkflow(user);
    const page = await open(block, { as: user, context: { workflowId: workflow.id } });
    await page.waitForFunction(() => block.room.status === 'live');
    const facts = await page.evaluate(() => {
      const isSent = block.cheer();
      block.leave();
      return [isSent, block.room.status, block.room.workflowId];
    });
    assert.deepEqual(facts, [true, 'closed', workflow.id]);
  },
};

/** @type {Record<string, Scenario>} */
const offline = {
  async 'offline-setup'(block, { open, newUser, newWorkflow }) {
    const user = await newUser();
    const { id } = await newWorkflow(user, { name: 'Kept' });
    const page = await open(block, { as: user });
    const name = await page.evaluate(async (id) => {
      await wdb.db.with({ queue: true }).updateWorkflow(id, { name: 'Queued' });
      return (await wdb.db.getWorkflow(id))?.name;
    }, id);
    assert.equal(name, 'Queued');
  },

  async 'offline-read'(block, { open, newUser, newWorkflow, stack }) {
    const user = await newUser();
    const { id } = await newWorkflow(user, { name: 'Kept' });
    const page = await open(block, { as: user });
    const load = () =>
      page.evaluate(async (id) => {
        const { workflow, isCurrent } = await block.load(id);
        return [workflow.name, isCurrent];
      }, id);
    assert.deepEqual(await load(), ['Kept', true]);
    stack.faults.add({ match: { path: '/workflows' }, action: 'status', status: 503, times: 'always' });
    assert.deepEqual(await load(), ['Kept', false]);
  },

  async 'offline-write'(block, { open, newUser, rows, blockOf }) {
    const user = await newUser();
    const page = await openOffline(block, { open, blockOf }, user);
    const id = await page.evaluate(async () => (await block.sketch()).id);
    await until(async () => (await rows('workflow_nodes', 'where workflow_id = $1', [id])).length === 1);
    await until(async () => (await rows('workflows', 'where id = $1', [id]))[0].description === 'Sent later');
  },

  async 'offline-outbox'(block, { open, newUser, newWorkflow, blockOf }) {
    const user = await newUser();
    const { id } = await newWorkflow(user);
    const page = await openOffline(block, { open, blockOf }, user);
    await page.context().setOffline(true);
    await page.waitForFunction(() => document.title === 'Offline');
    await page.evaluate((id) => wdb.db.with({ queue: true }).updateWorkflow(id, { name: 'Later' }), id);
    await page.context().setOffline(false);
    await page.waitForFunction(() => document.title === '0 to send, 0 refused');
    await page.evaluate(() => block.retryAll());
  },

  async 'use-sync-status'(block, { open, newUser, newWorkflow, newNodes, blockOf, texts }) {
    const user = await newUser();
    const workflow = await newWorkflow(user);
    await newNodes(workflow, ['taken']);
    const page = await openOffline(block, { open, blockOf }, user, 'SyncStatus');
    await page.evaluate(
      (workflow_id) =>
        wdb.db
          .with({ queue: true })
          .createWorkflowNode({ workflow_id, node_id: 'taken', node_type: 'text_input' }),
      workflow.id,
    );
    await page.getByRole('alert').waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await texts(page, 'p', ([first]) => first === 'Online, 0 changes to send');
  },

  async 'offline-erase'(block, { open, newUser }) {
    const page = await open(block, { as: await newUser() });
    await page.evaluate(() => block.forgetThisComputer());
    assert.deepEqual(await page.evaluate(async () => indexedDB.databases()), []);
  },

  async 'offline-persist'(block, { open, newUser }) {
    const page = await open(block, { as: await newUser() });
    assert.equal(typeof (await page.evaluate(() => block.keep())), 'boolean');
  },
};

/**
 * A page that runs a block after the guide's own set-up.
 *
 * @param {Parameters<Scenario>[0]} block
 * @param {Pick<Parameters<Scenario>[1], 'open' | 'blockOf'>} guide
 * @param {Parameters<Parameters<Scenario>[1]['open']>[1]['as']} user
 * @param {string} [mount]
 */
function openOffline(block, { open, blockOf }, user, mount) {
  const code = `${blockOf('offline-setup').code}\n${block.code}`;
  return open({ ...block, code }, { as: user, ...(mount && { mount, props: {} }) });
}

/** @type {Record<string, Scenario>} */
const errors = {
  async codes(block, { open, newUser, stack }) {
    const user = await newUser();
    const page = await open(block, { as: user });
    const [made, taken] = await page.evaluate(async () => [
      await block.createOrExplain('One'),
      await block.createOrExplain('One'),
    ]);
    assert.match(made, /^[0-9a-f-]{36}$/);
    assert.equal(taken, 'You already have a workflow with this name.');
    stack.faults.add({ match: { path: '/workflows' }, action: 'status', status: 503, times: 'always' });
    const unreachable = await page.evaluate(() => block.createOrExplain('Two'));
    assert.equal(unreachable, 'The server cannot be reached. Try again.');
  },

  async patient(block, { open, newUser, stack }) {
    const user = await newUser();
    const page = await open(block, { as: user });
    stack.faults.add({ match: { path: '/workflows' }, action: 'status', status: 503, times: 4 });
    const list = await page.evaluate((id) => wdb.db.getWorkflows(id), user.id);
    assert.deepEqual(list, []);
    assert.equal(stack.requests.count({ path: '/workflows' }), 5);
  },
};

/** @type {Record<string, Scenario>} */
const securityPage = {
  unprotected: security.policies,
  policy: security.csp,

  async encrypted(block, { open, newUser, rows }) {
    const user = await newUser();
    const page = await open(block, { as: user });
    assert.equal(await page.evaluate(() => block.secret), 'r8_secret');
    const [stored] = await rows('api_keys', 'where user_id = $1', [user.id]);
    assert.ok(!stored.encrypted_key.includes('r8_secret'));
    const log = await rows('audit_logs', "where user_id = $1 and action = 'api_key_revealed'", [user.id]);
    assert.equal(log.length, 1);
  },
};

/** Responds like OpenAI, with the key from the request. @type {import('node:http').RequestListener} */
async function openai(request, response) {
  const { stream } = JSON.parse(Buffer.concat(await request.toArray()).toString());
  const isRight =
    request.url === '/v1/chat/completions' && request.headers.authorization === 'Bearer sk-relayed';
  if (!isRight) return response.writeHead(400).end();
  if (!stream) return response.end(JSON.stringify({ choices: [{ message: { content: 'Hello' } }] }));
  for (const content of ['Hel', 'lo']) {
    response.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`);
  }
  return response.end('data: [DONE]\n\n');
}

/** @type {Record<string, Scenario>} */
const relay = {
  complete: (block, { open, withRelay }) =>
    withRelay('openai', openai, async (user) => {
      const page = await open(block, { as: user });
      assert.equal(await page.evaluate(() => block.complete('Greet me')), 'Hello');
    }),

  streamed: (block, { open, withRelay }) =>
    withRelay('openai', openai, async (user) => {
      const page = await open(block, { as: user });
      const pieces = await page.evaluate(async () => {
        const all = [];
        for await (const piece of block.streamed('Greet me', new AbortController().signal)) all.push(piece);
        return all;
      });
      assert.deepEqual(pieces, ['Hel', 'lo']);
    }),
};

/** @type {Record<string, Scenario>} */
const serverRendering = {
  async 'per-request'(block, { load, newUser, newWorkflow }) {
    const [ada, grace] = await Promise.all(['ada', 'grace'].map((name) => newUser(name)));
    const { name } = await newWorkflow(ada);
    const { workflowNames } = await load(block);
    assert.deepEqual(await workflowNames(ada.id, ada.token), [name]);
    assert.deepEqual(await workflowNames(ada.id, grace.token), []);
  },

  guarded: servers['browser-only'],

  async 'handed-over'(block, { open, newUser, newWorkflow, texts }) {
    const user = await newUser();
    const read = await newWorkflow(user);
    const props = { userId: user.id, initial: [{ ...read, name: 'As the server read it' }] };
    const page = await open(block, { as: user, mount: 'WorkflowTitles', props });
    await texts(page, 'li', ([name]) => name === read.name);
  },
};

/** @type {Record<string, Scenario>} */
const devtools = {
  async 'devtools-panel'(block, { open, newUser }) {
    const page = await open(block, { as: await newUser(), mount: 'DevelopmentTools' });
    await page.getByRole('button', { name: 'Open workflow-db devtools' }).click();
    await page.getByRole('region', { name: 'workflow-db devtools' }).waitFor();
  },

  async 'development-only'(block, { open, newUser }) {
    const user = await newUser();
    const page = await open(block, { as: user, mount: 'Tools', props: { isDevelopment: true } });
    await page.getByRole('button', { name: 'Open workflow-db devtools' }).waitFor();
  },

  async log(block, { open, newUser, stack }) {
    const user = await newUser();
    stack.faults.add({ match: { path: '/workflows' }, action: 'status', status: 503 });
    const page = await open(block, { as: user });
    await page.evaluate((id) => wdb.db.getWorkflows(id), user.id);
    assert.deepEqual(await page.evaluate(() => block.retried), ['GET workflows: attempt 2, 200']);
  },
};

/** @type {Record<string, Scenario>} */
const runtimes = {
  async ahead(block, { open, newUser }) {
    await open(block, { as: await newUser() });
  },

  /** With bytes instead of the module that a Worker's bundler provides: Node compiles both. */
  async workers(block, { project }) {
    const outfile = join(project.dir, 'workers.mjs');
    await build({
      entryPoints: [project.pathOf(block)],
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      loader: { '.wasm': 'binary' },
      outfile,
    });
    await import(pathToFileURL(outfile).href);
  },
};

/** @type {Record<string, Scenario>} */
const sharing = {
  async invite(block, { open, newUser, newWorkflow, rows }) {
    const user = await newUser();
    const { id } = await newWorkflow(user);
    const page = await open(block, { as: user, context: { workflowId: id } });
    const shown = await page.evaluate(() => block.members);
    assert.deepEqual(shown, await rows('workflow_members', 'where workflow_id = $1', [id]));
    assert.deepEqual(
      shown.map(({ email, role }) => [email, role]),
      [['grace@example.com', 'viewer']],
    );
  },

  async 'share-dialog'(block, { open, live, newUser, newWorkflow, rows, texts }) {
    const user = await newUser();
    const { id } = await newWorkflow(user);
    const page = await open(block, { as: user, mount: 'ShareDialog', props: { workflowId: id } });
    await live(page);
    await page.getByLabel('Email', { exact: true }).fill('New@example.com');
    await page.getByRole('button', { name: 'Invite' }).click();
    await texts(page, 'li', ([item]) => item?.startsWith('new@example.com (invited)'));
    await page.getByLabel('Role of new@example.com').selectOption('editor');
    const roles = () => rows('workflow_members', 'where workflow_id = $1', [id]);
    await until(async () => (await roles())[0].role === 'editor');
    await page.getByRole('button', { name: 'Remove' }).click();
    await until(async () => (await roles()).length === 0);
  },

  async accept(block, { open, newUser, newWorkflow, insert, rows }) {
    const [owner, guest] = [await newUser(), await newUser()];
    const workflow = await newWorkflow(owner);
    await insert('workflow_members', [invitationOf(workflow, guest)]);
    const page = await open(block, { as: guest });
    const [member, shared] = await page.evaluate(() => [block.member, block.shared]);
    assert.equal(member.user_id, guest.id);
    assert.deepEqual(shared, [workflow]);
    assert.deepEqual(await rows('workflow_members', 'where workflow_id = $1', [workflow.id]), []);
  },

  async 'shared-with-me'(block, { open, live, newUser, newWorkflow, insert, texts }) {
    const [owner, guest] = [await newUser(), await newUser()];
    const workflow = await newWorkflow(owner);
    const page = await open(block, { as: guest, mount: 'SharedWithMe' });
    await live(page);
    await insert('workflow_members', [invitationOf(workflow, guest)]);
    await page.getByRole('button', { name: 'Accept' }).click();
    await texts(page, 'li', ([item]) => item?.startsWith(workflow.name));
    await page.getByRole('button', { name: 'Leave' }).click();
    await texts(page, 'li', ({ length }) => length === 0);
  },
};

/** @param {import('../../e2e/support/fixtures.mjs').Row} workflow @param {import('../../e2e/support/fixtures.mjs').User} guest */
function invitationOf(workflow, guest) {
  const { id: workflow_id, user_id: invited_by } = workflow;
  return { id: randomUUID(), workflow_id, email: guest.email, role: 'viewer', invited_by };
}

/** @type {Record<string, Record<string, Scenario>>} */
export const topics = {
  'docs/getting-started.md': gettingStarted,
  'docs/reading-and-writing.md': readingAndWriting,
  'docs/merging.md': merging,
  'docs/hooks.md': hooks,
  'docs/cache.md': cache,
  'docs/realtime.md': realtime,
  'docs/sharing.md': sharing,
  'docs/presence.md': presence,
  'docs/offline.md': offline,
  'docs/errors.md': errors,
  'docs/security.md': securityPage,
  'docs/relay.md': relay,
  'docs/server-rendering.md': serverRendering,
  'docs/devtools.md': devtools,
  'docs/runtimes.md': runtimes,
};
