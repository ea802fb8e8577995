// @ts-check
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { build } from 'esbuild';
import { listen } from '../../support/listen.mjs';

/** @typedef {import('../guide.test.mjs').Scenario} Scenario */

/** @type {Record<string, Scenario>} */
const start = {
  async start(block, { open, newUser, stack }) {
    const page = await open(block, { as: await newUser() });
    const email = `${crypto.randomUUID()}@example.com`;
    const made = await page.evaluate(async (email) => {
      const { data } = await block.supabase.auth.signUp({ email, password: 'analytical' });
      const { id } = data.user;
      await wdb.db.createWorkflow(id, { name: 'Signed in' });
      return { id, list: await wdb.db.getWorkflows(id) };
    }, email);
    assert.deepEqual(
      made.list.map(({ name }) => name),
      ['Signed in'],
    );
    assert.equal(stack.requests.all().findLast(({ path }) => path.includes('/workflows'))?.sub, made.id);
  },

  async tokens(block, { open, newUser, newWorkflow }) {
    const user = await newUser();
    const { name } = await newWorkflow(user);
    const page = await open(block, { as: user });
    const [before, after] = await page.evaluate(
      async ([token, id]) => {
        const namesOf = async () => (await wdb.db.getWorkflows(id)).map(({ name }) => name);
        const before = await namesOf();
        block.signedIn(token);
        const after = await namesOf();
        block.signedIn(null);
        return [before, after];
      },
      [user.token, user.id],
    );
    assert.deepEqual([before, after], [[], [name]]);
  },
};

/** @type {Record<string, Scenario>} */
const components = {
  async list(block, { open, newUser, newWorkflow, rows, stack, texts }) {
    const user = await newUser();
    const kept = await newWorkflow(user, { name: 'Kept' });
    await newWorkflow(user, { name: 'Archived' });
    await newWorkflow(user, { name: 'Deleted' });
    const page = await open(block, { as: user, mount: 'WorkflowList' });
    await texts(page, 'li', ({ length }) => length === 3);
    const item = (/** @type {string} */ name) => page.locator('li', { hasText: new RegExp(`^${name}`) });
    await item('Archived').getByRole('button', { name: 'Archive', exact: true }).click();
    await item('Deleted').getByRole('button', { name: 'Delete', exact: true }).click();
    await texts(page, 'li', ({ length }) => length === 1);
    await page.getByRole('button', { name: 'New' }).click();
    await texts(page, 'li', (items) => items.length === 2 && items[0].startsWith('Untitled 2'));
    const left = await rows('workflows', 'where user_id = $1 order by name', [user.id]);
    assert.deepEqual(
      left.map(({ name, archived_at }) => [name, archived_at !== null]),
      [
        ['Archived', true],
        ['Kept', false],
        ['Untitled 2', false],
      ],
    );
    await stack.sql("update public.workflows set name = 'From elsewhere' where id = $1", [kept.id]);
    await item('From elsewhere').waitFor();
    // A name that is taken: told, and nothing else happens.
    await item('From elsewhere').getByRole('button', { name: 'Delete' }).click();
    await texts(page, 'li', ({ length }) => length === 1);
    await stack.sql("insert into public.workflows (user_id, name) values ($1, 'Untitled 3')", [user.id]);
    await texts(page, 'li', ({ length }) => length === 2);
    await page.getByRole('button', { name: 'New' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  },

  async workflow(block, { open, newUser, newEstate, rows, row, stack, texts }) {
    const user = await newUser();
    const { workflow, nodes } = await newEstate(user);
    const page = await open(block, {
      as: user,
      mount: 'WorkflowEditor',
      props: { workflowId: workflow.id },
    });
    await texts(page, 'li', ({ length }) => length === 3);
    const button = (/** @type {string} */ name) => page.getByRole('button', { name, exact: true });
    await button('Make public').click();
    await button('Make private').waitFor();
    await button('Add a node').click();
    await button('Add a node').click();
    await texts(page, 'li', (items) => items.length === 5 && items[4] === 'Text');
    await button('Save').click();
    await page.waitForSelector('button:disabled:text-is("Save")');
    const saved = await rows('workflow_nodes', 'where workflow_id = $1 order by created_at, id', [
      workflow.id,
    ]);
    assert.equal(saved.length, 5);
    for (const node of nodes)
      assert.deepEqual(
        saved.find(({ id }) => id === node.id),
        node,
      );
    await texts(page, 'p', (items) => items.includes('4 connections'));
    assert.equal((await row('workflows', workflow.id)).is_public, true);
    // Somebody else saves between a change and its saving.
    await button('Add a node').click();
    await stack.sql("update public.workflows set description = 'x', updated_at = now() where id = $1", [
      workflow.id,
    ]);
    await button('Save').click();
    await texts(page, '[role=alert]', ([text]) => text?.startsWith('Somebody else'));
    await button('Discard').click();
    await texts(page, 'li', ({ length }) => length === 5);
  },

  async keys(block, { open, newUser, rows, stack, texts }) {
    const user = await newUser();
    const page = await open(block, { as: user, mount: 'ApiKeyManager' });
    await texts(page, 'p', ([text]) => text === 'There is no master key.');
    await page.getByPlaceholder('Service').fill('replicate');
    await page.getByPlaceholder('Secret').fill('r8-secret');
    await page.getByRole('button', { name: 'Store' }).click();
    await texts(page, 'li', ([text]) => text?.startsWith('replicate: ••••'));
    assert.equal(await page.getByPlaceholder('Secret').inputValue(), '');
    const [stored] = await rows('api_keys', 'where user_id = $1', [user.id]);
    assert.ok(!stored.encrypted_key.includes('r8-secret'));
    await page.getByRole('button', { name: 'Show' }).click();
    await texts(page, 'li', ([text]) => text.startsWith('replicate: r8-secret'));
    await page.getByRole('button', { name: 'Hide' }).click();
    await texts(page, 'li', ([text]) => !text.includes('r8-secret'));
    await page.getByRole('button', { name: 'Make master' }).click();
    await texts(page, 'p', ([text]) => text === 'There is a master key.');
    const log = await rows('audit_logs', "where user_id = $1 and action = 'api_key_revealed'", [user.id]);
    assert.equal(log.length, 1);
    stack.faults.add({ match: { path: 'store_api_key' }, action: 'status', status: 403 });
    await page.getByPlaceholder('Service').fill('openai');
    await page.getByPlaceholder('Secret').fill('sk');
    await page.getByRole('button', { name: 'Store' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await texts(page, 'li', ({ length }) => length === 0);
  },

  async audit(block, { open, newUser, newWorkflow, insert, texts }) {
    const user = await newUser();
    for (let index = 0; index < 11; index++) await newWorkflow(user);
    await insert('api_keys', [{ user_id: user.id, service_name: 'openai', encrypted_key: 'x' }]);
    const page = await open(block, { as: user, mount: 'AuditTrail' });
    await texts(page, 'li', ({ length }) => length === 10);
    await texts(page, 'p', ([summary]) => /^12 actions, 11 .*: api_key_created$/.test(summary));
    await page.getByRole('button', { name: 'Older' }).click();
    await texts(page, 'p', (items) => items.includes('Page 2 of 2'));
    await texts(page, 'li', ({ length }) => length === 2);
    await page.locator('select').selectOption('api_key');
    await texts(page, 'li', ({ length }) => length === 1);
    await texts(page, 'p', (items) => items.includes('Page 1 of 1'));
    await page.locator('select').selectOption('workflow');
    await texts(page, 'li', ({ length }) => length === 10);
    await newWorkflow(user);
    await texts(page, 'p', ([summary]) => /^13 actions/.test(summary));
  },

  async run(block, { open, newUser, newEstate, rows, stack, texts }) {
    const user = await newUser();
    const { workflow } = await newEstate(user);
    const page = await open(block, { as: user, mount: 'Runner', props: { workflowId: workflow.id } });
    await page.getByRole('button', { name: 'Run' }).click();
    await texts(page, 'p', ([text]) => text === '3 of 3, 0 failed: completed');
    assert.equal(await page.locator('progress').getAttribute('value'), '100');
    await stack.sql(
      `update public.workflow_nodes set config = '{"fail": true}' where workflow_id = $1 and node_id = 'b'`,
      [workflow.id],
    );
    await page.waitForFunction(
      async (id) => (await wdb.db.getWorkflowNodes(id)).some(({ config }) => config.fail),
      workflow.id,
    );
    await page.getByRole('button', { name: 'Run' }).click();
    await texts(page, 'p', ([text]) => /^[012] of 3, 1 failed: failed$/.test(text));
    await texts(page, '[role=alert]', ([text]) => text?.includes('told to fail'));
    const runs = await rows(
      'workflow_executions',
      'where workflow_id = $1 and node_count = 3 order by created_at',
      [workflow.id],
    );
    assert.deepEqual(runs.map(({ status }) => status).slice(-2), ['completed', 'failed']);
  },

  async settings(block, { open, newUser, rows, texts }) {
    const user = await newUser();
    const page = await open(block, { as: user, mount: 'Settings' });
    const theme = page.locator('select');
    await theme.waitFor();
    assert.equal(await theme.inputValue(), 'auto');
    await theme.selectOption('dark');
    await page.locator('input[type=color]').fill('#123456');
    const saved = async () => [
      (await rows('brand_settings', 'where user_id = $1', [user.id]))[0]?.primary_color,
      (await rows('account_settings', 'where user_id = $1', [user.id]))[0]?.theme,
    ];
    await until(saved, ['#123456', 'dark']);
    await page.getByRole('button', { name: 'Reset' }).click();
    await until(saved, ['#000000', 'auto']);
    assert.equal(await theme.inputValue(), 'auto');
    await texts(page, '[role=alert]', ({ length }) => length === 0);
  },

  async dashboard(block, { open, newUser, newEstate, newWorkflow, newExecutions, texts }) {
    const user = await newUser();
    const { workflow } = await newEstate(user);
    const other = await newWorkflow(user);
    await newExecutions(other, [{ status: 'failed' }, { status: 'failed' }]);
    const page = await open(block, { as: user, mount: 'Dashboard' });
    await texts(page, 'p', ([text]) => text === `${other.name}: 0 nodes, 2 runs, the last one failed`);
    await page.locator('select').selectOption(workflow.id);
    await texts(page, 'p', ([text]) => text === `${workflow.name}: 3 nodes, 1 runs, the last one running`);
    await texts(page, 'p', (items) => items[1].split(', ').length === 3);
  },

  async watch(block, { open, newUser, newWorkflow, newExecutions, texts }) {
    const user = await newUser();
    const page = await open(block, { as: user, mount: 'FailureCount' });
    await live(page);
    const workflow = await newWorkflow(user);
    await newExecutions(workflow, [{ status: 'failed' }, { status: 'completed' }, { status: 'failed' }]);
    await texts(page, 'p', ([text]) => text === '2 failures since you came');
  },

  async devtools(block, { open, newUser, newWorkflow, texts }) {
    const user = await newUser();
    await newWorkflow(user);
    const page = await open(block, { as: user, mount: 'Root' });
    await texts(page, 'p', ([text]) => text === '1 workflows');
    await page.getByRole('button').first().click();
    await page.getByText(`workflows:${user.id}`).first().waitFor();
  },

  async first(block, { open, newUser, newWorkflow, texts }) {
    const user = await newUser();
    const read = await newWorkflow(user);
    const props = { userId: user.id, first: [{ ...read, name: 'As the server read it' }] };
    const page = await open(block, { as: user, mount: 'Workflows', props });
    await texts(page, 'li', ([name]) => name === read.name);
  },
};

/** @type {Record<string, Scenario>} */
const snippets = {
  async errors(block, { open, newUser, newWorkflow }) {
    const user = await newUser();
    const { name } = await newWorkflow(user);
    const page = await open(block, { as: user });
    const texts = await page.evaluate(
      async ([id, name]) => {
        const failures = [
          wdb.db.getWorkflow('no uuid'),
          wdb.db.createWorkflow(id, { name }),
          wdb.db.deleteWorkflow(crypto.randomUUID()),
          wdb.db.with({ signal: AbortSignal.abort() }).getWorkflows(id),
        ];
        const errors = await Promise.all(failures.map((failing) => failing.catch((error) => error)));
        return [...errors.map(block.messageOf), ...errors.map(block.isSilent)];
      },
      [user.id, name],
    );
    assert.match(texts[0], /^id: /);
    assert.deepEqual(texts.slice(1, 3), [
      'There is one of that name already.',
      'This is not there any more.',
    ]);
    assert.deepEqual(texts.slice(4), [false, false, false, true]);
  },

  async patience(block, { open, newUser }) {
    const page = await open(block, { as: await newUser() });
    assert.equal(await page.evaluate(() => block.code), 'ABORTED');
  },

  async cache(block, { open, newUser, newWorkflow, stack }) {
    const user = await newUser();
    const { id } = await newWorkflow(user);
    const page = await open(block, { as: user });
    const { isSame, fresh, size, hits, misses, mine } = await page.evaluate(() => {
      const mine = wdb.getCacheManager().get('my-report');
      return { .../** @type {any} */ (block), mine };
    });
    assert.deepEqual([isSame, fresh[0].id, mine], [true, id, { done: true }]);
    assert.deepEqual([size, misses], [2, 1]);
    assert.ok(hits > 0);
    assert.equal(stack.requests.count({ path: '/workflows' }), 2);
  },

  async realtime(block, { open, newUser, newWorkflow, newExecutions, stack }) {
    const user = await newUser();
    const workflow = await newWorkflow(user);
    const page = await open(block, { as: user });
    const [, failed] = await newExecutions(workflow, [{ status: 'completed' }, { status: 'failed' }]);
    await stack.realtime.settle();
    await page.waitForFunction(() => block.failures.size > 0);
    assert.deepEqual(await page.evaluate(() => [...block.failures.values()]), [failed]);
    const status = await page.evaluate(() => {
      block.subscription.unsubscribe();
      return block.subscription.status;
    });
    assert.equal(status, 'closed');
  },

  async batches(block, { open, newUser, rows }) {
    const user = await newUser();
    await open(block, { as: user });
    const saved = await rows('workflows', 'where user_id = $1 order by name', [user.id]);
    assert.deepEqual(
      saved.map(({ name, description }) => [name, description]),
      [
        ['One', 'Copied'],
        ['Two', 'Copied'],
      ],
    );
    assert.equal((await rows('api_keys', 'where user_id = $1', [user.id])).length, 2);
  },

  async together(block, { open, newUser, newWorkflow, newNodes, stack }) {
    const user = await newUser();
    for (let index = 0; index < 5; index++) await newNodes(await newWorkflow(user), ['a', 'b']);
    const page = await open(block, { as: user });
    const nodes = await page.evaluate(() => block.nodes);
    assert.deepEqual(
      nodes.map((/** @type {unknown[]} */ own) => own.length),
      [2, 2, 2, 2, 2],
    );
    assert.equal(stack.requests.count({ path: '/workflow_nodes' }), 1);
  },

  async pages(block, { open, newUser, newWorkflow, newExecutions }) {
    const user = await newUser();
    const workflow = await newWorkflow(user);
    for (let index = 0; index < 24; index++) await newWorkflow(user);
    await newExecutions(
      workflow,
      Array.from({ length: 23 }, () => ({ status: 'completed' })),
    );
    const page = await open(block, { as: user, context: { workflowId: workflow.id } });
    const { first, third } = await page.evaluate(() => ({ ...block }));
    const shape = (/** @type {any} */ { data, ...rest }) => ({ length: data.length, ...rest });
    assert.deepEqual(shape(first), { length: 20, total: 23, page: 0, pageSize: 20, hasMore: true });
    assert.deepEqual(shape(third), { length: 5, total: 25, page: 2, pageSize: 10, hasMore: false });
  },

  async cursors(block, { open, newUser, newWorkflow }) {
    const user = await newUser();
    const ids = [];
    for (let index = 0; index < 5; index++) ids.push((await newWorkflow(user)).id);
    const page = await open(block, { as: user });
    const read = await page.evaluate(async () => {
      const all = [];
      for await (const { id } of block.everyWorkflow()) all.push(id);
      return all;
    });
    assert.deepEqual(read, ids.reverse());
  },

  async events(block, { open, newUser, stack }) {
    const user = await newUser();
    stack.faults.add({ match: { path: '/workflows' }, action: 'status', status: 503 });
    const page = await open(block, { as: user });
    const slow = await page.evaluate(async (id) => {
      await wdb.db.getWorkflows(id);
      return block.slow;
    }, user.id);
    assert.equal(slow.length, 1);
    assert.match(slow[0], /^GET workflows 200 /);
  },
};

/** @type {Record<string, Scenario>} */
const security = {
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
const servers = {
  async server(block, { load, newUser, newWorkflow }) {
    const people = await Promise.all(['ada', 'grace'].map((name) => newUser(name)));
    const own = await Promise.all(people.map((user) => newWorkflow(user)));
    const { workflowsOf } = await load(block);
    const lists = await Promise.all(people.map(({ id, token }) => workflowsOf(id, token)));
    assert.deepEqual(
      lists,
      own.map((workflow) => [workflow]),
    );
    // Nobody is given what is somebody else's, whoever was here before.
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

/** Waits until what is followed flows. @param {import('playwright-core').Page} page */
async function live(page) {
  await page.waitForFunction(() => {
    const all = wdb.getRealtimeManager().getActiveSubscriptions();
    return all.length > 0 && all.every(({ status }) => status === 'live');
  });
}

/** Waits until something gives this. @param {() => Promise<unknown>} read @param {unknown} expected */
async function until(read, expected) {
  const end = performance.now() + 10_000;
  for (;;) {
    const value = await read();
    if (JSON.stringify(value) === JSON.stringify(expected)) return;
    if (performance.now() > end) assert.deepEqual(value, expected);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const integration = { ...start, ...components, ...snippets, ...security, ...servers };
