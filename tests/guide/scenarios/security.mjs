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

    /** What a page reads that has this policy. @param {string} policy */
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

  async relay(block, { load, newUser, rows, stack }) {
    const [user, stranger] = [await newUser(), await newUser()];
    await stack.sql(
      "insert into public.api_keys (user_id, service_name, encrypted_key) values ($1, 'replicate', 'r8-relayed')",
      [user.id],
    );
    /** @type {((request: Request) => Promise<Response>) | undefined} */
    let handler;
    /** @type {{ url: string, authorization: string | null, body: string }[]} */
    const sent = [];
    const { fetch: before } = globalThis;
    const env = /** @type {Record<string, string>} */ ({
      SUPABASE_URL: stack.url,
      SUPABASE_SERVICE_ROLE_KEY: stack.serviceKey,
    });
    Object.assign(globalThis, {
      Deno: {
        env: { get: (/** @type {string} */ name) => env[name] },
        serve: (/** @type {typeof handler} */ given) => (handler = given),
      },
      // Deno has it, Node has it from 22 on.
      WebSocket: globalThis.WebSocket ?? class {},
      /** @param {string} url @param {RequestInit} init */
      async fetch(url, init) {
        if (!String(url).startsWith('https://api.replicate.com')) return before(url, init);
        const { headers, body } = new Request(url, init);
        sent.push({
          url,
          authorization: headers.get('Authorization'),
          body: await new Response(body).text(),
        });
        return Response.json({ id: 'prediction' }, { status: 201 });
      },
    });
    try {
      await load(block);
      const ask = async (/** @type {string | undefined} */ token) => {
        const headers = /** @type {Record<string, string>} */ (
          token ? { Authorization: `Bearer ${token}` } : {}
        );
        const request = new Request('http://function/', { method: 'POST', headers, body: '{"input":1}' });
        const answer = await handler?.(request);
        return [answer?.status, await answer?.text()];
      };
      assert.deepEqual(await ask(user.token), [201, '{"id":"prediction"}']);
      assert.deepEqual(sent, [
        {
          url: 'https://api.replicate.com/v1/predictions',
          authorization: 'Bearer r8-relayed',
          body: '{"input":1}',
        },
      ]);
      assert.equal((await ask(stranger.token))[0], 404);
      assert.equal((await ask(undefined))[0], 401);
      assert.equal((await ask('forged'))[0], 401);
      assert.equal(sent.length, 1);
    } finally {
      Object.assign(globalThis, { fetch: before });
      Reflect.deleteProperty(globalThis, 'Deno');
    }
    const log = await rows('audit_logs', "where user_id = $1 and action = 'api_key_revealed'", [user.id]);
    assert.equal(log.length, 1);
  },

  async revoke({ code }, { stack }) {
    const may = async () =>
      (
        await stack.sql(
          "select has_function_privilege('authenticated', 'public.reveal_api_key(uuid)', 'execute') as may",
        )
      )[0].may;
    assert.equal(await may(), true);
    await stack.sql(code);
    assert.equal(await may(), false);
    await stack.sql('grant execute on function public.reveal_api_key to authenticated');
  },
};

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
