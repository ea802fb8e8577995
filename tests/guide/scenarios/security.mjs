// @ts-check
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { build } from 'esbuild';
import { listen } from '../../support/listen.mjs';

/** @typedef {import('../guide.test.mjs').Scenario} Scenario */

/** @type {Record<string, Scenario>} */
export const security = {
  async policies({ code }, { stack }) {
    assert.deepEqual(await stack.sql(code), []);
  },

  async csp({ code }, { browser, newUser, newWorkflow, project, stack }) {
    const [, name, value] = /^([^:]+): (.+)$/m.exec(code) ?? [];
    const policy = value
      .replaceAll('https://xyz.supabase.co', stack.url)
      .replaceAll('wss://xyz.supabase.co', stack.url.replace('http', 'ws'));
    const user = await newUser();
    const workflow = await newWorkflow(user);
    assert.deepEqual(await namesUnder(policy), [workflow.name]);
    assert.match(String(await namesUnder(policy.replace("'wasm-unsafe-eval'", ''))), /wasm-unsafe-eval/);

    /** The names that a page with this policy reads. @param {string} policy */
    async function namesUnder(policy) {
      const contents = `import { configure, db } from 'workflow-db';
        const env = ${JSON.stringify({ url: stack.url, key: stack.publishableKey, ...user })};
        async function names() {
          configure({ url: env.url, key: env.key, accessToken: () => env.token });
          return (await db.getWorkflows(env.id)).map(({ name }) => name);
        }
        names().catch(String).then((result) => Object.assign(document.documentElement.dataset, { result: JSON.stringify(result) }));`;
      const { outputFiles } = await build({
        stdin: { contents, resolveDir: project.dir },
        bundle: true,
        format: 'esm',
        write: false,
      });
      const site = await listen(
        createServer((request, response) => {
          const isScript = request.url === '/page.js';
          response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
          response.setHeader(name, policy);
          response.end(isScript ? outputFiles[0].text : '<script type="module" src="/page.js"></script>');
        }),
      );
      const page = await browser.newPage();
      try {
        await page.goto(site.origin);
        await page.waitForSelector('html[data-result]', { state: 'attached' });
        return JSON.parse((await page.locator('html').getAttribute('data-result')) ?? '');
      } finally {
        await page.close();
        await site.close();
      }
    }
  },

  async relay(block, guide) {
    const { open, withRelay } = guide;
    await withRelay('replicate', echo, async (user) => {
      const page = await open(block, { as: user });
      const answer = await page.evaluate(() => block.startPrediction({ prompt: 'hi' }));
      assert.deepEqual(answer, { path: '/v1/predictions', body: { input: { prompt: 'hi' } } });
    });
  },
};

/** Responds with the request. @type {import('node:http').RequestListener} */
async function echo(request, response) {
  const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
  response.end(JSON.stringify({ path: request.url, body }));
}

/** @type {Record<string, Scenario>} */
export const servers = {
  async server(block, { load, newUser, newWorkflow }) {
    const people = await Promise.all(['ada', 'grace'].map((name) => newUser(name)));
    const own = await Promise.all(people.map((user) => newWorkflow(user)));
    const { workflowsOf } = await load(block);
    const lists = await Promise.all(people.map(({ id, token }) => workflowsOf(id, token)));
    assert.deepEqual(
      lists,
      own.map((workflow) => [workflow]),
    );
    // No user receives another user's rows, regardless of who was signed in before.
    assert.deepEqual(await workflowsOf(people[0].id, people[1].token), []);
  },

  async 'browser-only'(block, { load, open, newUser, newWorkflow }) {
    await load(block);
    const user = await newUser();
    await newWorkflow(user);
    const page = await open(block, { as: user });
    assert.equal((await page.evaluate((id) => wdb.db.getWorkflows(id), user.id)).length, 1);
  },
};
