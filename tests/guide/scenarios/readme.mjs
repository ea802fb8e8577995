// @ts-check
import assert from 'node:assert/strict';

/** @typedef {import('../guide.test.mjs').Scenario} Scenario */

/** @type {Record<string, Scenario>} */
export const readme = {
  async example(block, { open, newUser, newWorkflow, stack }) {
    const user = await newUser();
    await newWorkflow(user);
    const page = await open(block, { as: user });
    const [sharesList, hasCreated] = await page.evaluate(() => [
      block.first === block.second,
      block.list[0] === block.created,
    ]);
    assert.deepEqual([sharesList, hasCreated], [true, true]);
    assert.equal(stack.requests.count({ path: '/rest/v1/workflows' }), 2, 'one list, one insert');
  },

  async app(block, { open, newUser, stack, texts }) {
    const email = `${crypto.randomUUID()}@example.com`;
    const password = 'analytical';
    const signUp = await fetch(`${stack.url}/auth/v1/signup`, {
      method: 'POST',
      headers: { apikey: stack.publishableKey, 'Content-Type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
    assert.ok(signUp.ok, await signUp.text());
    const page = await open(block, { as: await newUser() });
    await page.getByPlaceholder('Email').fill(email);
    await page.getByPlaceholder('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'New' }).click();
    await texts(page, 'li', (names) => names.join() === 'Untitled 1');
    const [made] = await stack.sql("select name from public.workflows where name = 'Untitled 1'");
    assert.equal(made.name, 'Untitled 1');
  },
};
