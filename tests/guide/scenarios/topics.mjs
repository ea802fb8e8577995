// @ts-check
// The pages of docs/, by topic.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { until } from '../../e2e/support/until.mjs';
import { merging, presence, sharing } from './collaboration.mjs';
import { offline } from './offline.mjs';
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
    await page.waitForFunction(() => block.changed.length > 0);
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
