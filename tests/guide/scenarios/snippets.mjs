// @ts-check
import assert from 'node:assert/strict';

/** @typedef {import('../guide.test.mjs').Scenario} Scenario */

/** @type {Record<string, Scenario>} */
export const start = {
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
export const snippets = {
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
    assert.deepEqual(texts.slice(1, 3), ['This name is already in use.', 'This no longer exists.']);
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
