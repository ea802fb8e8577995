// @ts-check
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { after, afterEach } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startStack } from '../../../examples/local-stack/stack.mjs';
import { collectProblems, launchBrowser } from '../../e2e/support/browser.mjs';
import { createFixtures } from '../../e2e/support/fixtures.mjs';
import { startSite } from '../../e2e/support/site.mjs';
import { listen } from '../../support/listen.mjs';
import { until } from '../../e2e/support/until.mjs';
import { bundled } from '../../hooks/support/world.mjs';
import { asModule } from './blocks.mjs';

/** @typedef {import('./blocks.mjs').Block} Block */
/** @typedef {import('../../e2e/support/fixtures.mjs').User} User */
/** @typedef {Awaited<ReturnType<typeof useGuide>>} Guide */

/**
 * @typedef {object} OpenOptions
 * @property {User} as the signed-in user
 * @property {boolean} [configured] whether the package is configured before the block runs; true unless the block does so
 * @property {string} [mount] the component to render
 * @property {object} [props] its props
 * @property {Record<string, string>} [alias] modules that the bundler substitutes for others
 * @property {Record<string, unknown>} [context] other globals that the block assumes
 */

const PAGE = fileURLToPath(new URL('./page.jsx', import.meta.url));
/** The placeholder for the reader's own project in the documents. */
const EXAMPLE_URL = 'https://xyz.supabase.co';
const EXAMPLE_KEY = 'sb_publishable_…';
const REACT = '19';
const START_MS = 15_000;

/**
 * A stack, a project with every block as a module, and a browser to run them in.
 *
 * @param {Awaited<ReturnType<typeof import('./project.mjs').newProject>>} project
 * @param {Block[]} blocks
 */
export async function useGuide(project, blocks) {
  /** Handles requests to the services that examples call. @type {import('node:http').RequestListener} */
  let answerAsService = () => {};
  const service = await listen(createServer((request, response) => answerAsService(request, response)));
  const services = { openai: service.origin, replicate: service.origin };
  const [stack, browser] = await Promise.all([
    startStack({
      port: 0,
      seed: false,
      closeConnections: true,
      encryptedKeys: true,
      members: true,
      services,
    }),
    launchBrowser(),
  ]);
  const fixtures = createFixtures(stack);
  /** @type {Parameters<typeof startSite>[1]} */
  const pages = {};
  const site = await startSite(project.dir, pages);
  after(async () => {
    await browser.close();
    await site.close();
    await service.close();
    await stack.stop();
  });
  /** @type {{ close(): Promise<void>, problems: string[] }[]} */
  const opened = [];
  afterEach(async () => {
    stack.faults.clear();
    stack.requests.clear();
    const all = opened.splice(0);
    await Promise.all(all.map(({ close }) => close()));
    assert.deepEqual(
      all.flatMap(({ problems }) => problems),
      [],
      'errors that nobody caught',
    );
  });

  /** The block, with the stack's URL instead of the placeholder. @param {Block} block */
  async function localized(block) {
    const path = project.pathOf(block);
    const code = asModule(block.code)
      .replaceAll(EXAMPLE_URL, stack.url)
      .replaceAll(EXAMPLE_KEY, stack.publishableKey);
    const extension = /\.[a-z]+$/;
    const local = path.replace(extension, '.local$&');
    await writeFile(local, code);
    return local;
  }

  /** @param {Block} block @param {OpenOptions['alias']} alias */
  async function script(block, alias) {
    const page = (await readFile(PAGE, 'utf8')).replace('BLOCK', await localized(block));
    const entry = `${project.pathOf(block)}.page.jsx`;
    await writeFile(entry, page);
    return bundled(entry, REACT, project.dir, {
      format: 'esm',
      target: 'es2022',
      ...(alias && { alias, absWorkingDir: project.dir }),
    });
  }

  return {
    ...fixtures,
    stack,
    project,
    browser,

    /** @param {string} name */
    blockOf(name) {
      const block = blocks.find((one) => one.name === name);
      return block ?? assert.fail(`There is no block ${name}`);
    },

    /**
     * Opens a page that runs a block.
     *
     * @param {Block} block
     * @param {OpenOptions} options
     */
    async open(block, { as, configured = !/\bconfigure\(/.test(block.code), mount, props, context, alias }) {
      const path = `/${block.name}`;
      const text = await script(block, alias);
      pages[path] = async () => text;
      const browserContext = await browser.newContext();
      const page = await browserContext.newPage();
      const problems = collectProblems(page, (url) => url.startsWith(stack.url));
      opened.push({ close: () => browserContext.close(), problems });
      const env = {
        url: stack.url,
        key: stack.publishableKey,
        token: as.token,
        configured,
        context: { userId: as.id, ...context },
      };
      await page.addInitScript((env) => Object.assign(globalThis, { env }), env);
      await page.goto(site.origin + path);
      const isReady = page.waitForSelector('html[data-is-ready]', { state: 'attached', timeout: START_MS });
      await isReady.catch((error) => assert.fail(`${error}\n${problems.splice(0).join('\n')}`));
      if (mount) {
        await page.evaluate(
          ([name, props]) => globalThis.mount(String(name), /** @type {object} */ (props)),
          [mount, props ?? { userId: as.id }],
        );
      }
      return page;
    },

    /**
     * Runs a block in Node and returns what it declares and exports.
     *
     * @param {Block} block
     */
    async load(block) {
      const entry = await localized(block);
      const outfile = entry.replace(/\.[a-z]+$/, '.cjs');
      await writeFile(outfile, await bundled(entry, REACT, project.dir, { format: 'cjs', platform: 'node' }));
      return createRequire(import.meta.url)(outfile);
    },

    /**
     * Runs a function with the API relay set up and a user who has a key for a service.
     *
     * @param {string} name
     * @param {import('node:http').RequestListener} answer
     * @param {(user: User) => Promise<void>} run
     */
    async withRelay(name, answer, run) {
      answerAsService = answer;
      await stack.migrate(['api_relay']);
      try {
        await until(async () => {
          const headers = { apikey: stack.serviceKey, 'Content-Type': 'application/json' };
          const call = { p_call_id: null, p_status: 0, p_outcome: '', p_duration_ms: 0 };
          const body = JSON.stringify({ ...call, p_request_bytes: 0, p_response_bytes: 0 });
          const url = `${stack.url}/rest/v1/rpc/finish_api_relay_call`;
          return (await fetch(url, { method: 'POST', headers, body })).ok;
        });
        const user = await fixtures.newUser();
        await stack.sql(
          'insert into public.api_keys (user_id, service_name, encrypted_key) values ($1, $2, $3)',
          [user.id, name, 'sk-relayed'],
        );
        await run(user);
      } finally {
        await stack.migrate(['undo_api_relay']);
      }
    },

    /** Waits until a page's subscriptions are live. @param {import('playwright-core').Page} page */
    live: (page) =>
      page.waitForFunction(() => {
        const all = wdb.getRealtimeManager().getActiveSubscriptions();
        return all.length > 0 && all.every(({ status }) => status === 'live');
      }),

    /**
     * Waits until the texts of a page's elements fulfill the condition.
     *
     * @param {import('playwright-core').Page} page
     * @param {string} selector
     * @param {(texts: string[]) => unknown} condition
     */
    async texts(page, selector, condition) {
      /** @type {string[]} */
      let last = [];
      await until(async () => condition((last = await page.locator(selector).allTextContents()))).catch(() =>
        assert.fail(`${selector} says ${JSON.stringify(last)}; expected ${condition}`),
      );
    },
  };
}
