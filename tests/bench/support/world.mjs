// @ts-check
import { startStack } from '../../../examples/local-stack/stack.mjs';
import { launchBrowser } from '../../e2e/support/browser.mjs';
import { createFixtures } from '../../e2e/support/fixtures.mjs';
import { bundlePages } from './bundle.mjs';
import { startSite } from './site.mjs';

const WORKFLOWS = 1000;
const NODES = 30;
const PAGES = ['cached', 'fresh', 'concurrent', 'start', 'offline', 'memory'];

/** @typedef {Awaited<ReturnType<typeof openWorld>>} World */

/** A stack with a user who has many rows, a site with the contestants, and a browser. */
export async function openWorld() {
  /** @type {(() => Promise<unknown>)[]} */
  const ends = [];
  const close = async () => {
    for (const end of ends.reverse()) await end();
  };
  try {
    const site = await startSite(await bundlePages(PAGES));
    ends.push(site.close);
    const stack = await startStack({ port: 0, seed: false });
    ends.push(stack.stop);
    const browser = await launchBrowser();
    ends.push(() => browser.close());
    const env = { url: stack.url, key: stack.publishableKey, ...(await busyUser(stack)) };

    /**
     * Measures in a page of a new browser.
     *
     * @param {string} name
     * @param {(measure: (...args: unknown[]) => Promise<any>, page: import('playwright-core').Page) => Promise<any>} use
     */
    async function withPage(name, use) {
      const context = await browser.newContext();
      try {
        const page = await context.newPage();
        await page.goto(`${site.origin}/${name}`);
        await page.waitForFunction(() => 'measure' in globalThis);
        const measure = (/** @type {unknown[]} */ ...args) =>
          page.evaluate((all) => /** @type {any} */ (globalThis).measure(...all), [env, ...args]);
        return await use(measure, page);
      } finally {
        await context.close();
      }
    }
    return { stack, browser, withPage, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param {import('../../../examples/local-stack/stack.mjs').Stack} stack */
async function busyUser(stack) {
  const { insert, newUser, newNodes, newConnections } = createFixtures(stack);
  const user = await newUser('busy');
  const workflows = await insert(
    'workflows',
    Array.from({ length: WORKFLOWS }, (_, index) => newWorkflow(user.id, index)),
  );
  const names = Array.from({ length: NODES }, (_, index) => `node-${index}`);
  await newNodes(workflows[0], names);
  await newConnections(
    workflows[0],
    names.slice(1).map((name, index) => `${names[index]}>${name}`),
  );
  await stack.sql('analyze');
  return { token: user.token, userId: user.id, workflowIds: workflows.map(({ id }) => id) };
}

/** @param {string} userId @param {number} index */
const newWorkflow = (userId, index) => ({
  user_id: userId,
  name: `Workflow ${index}`,
  description: `Takes a script, makes ${index} images of it and puts them together to a film.`,
  updated_at: new Date(Date.UTC(2026, 0, 1) + index * 61_000).toISOString(),
});
