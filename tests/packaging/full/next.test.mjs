// @ts-check
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { collectProblems, launchBrowser } from '../../e2e/support/browser.mjs';
import { createFixtures } from '../../e2e/support/fixtures.mjs';
import { until } from '../../e2e/support/until.mjs';
import { freePort, newProject, run, start, useStack } from '../support.mjs';

const DEPENDENCIES = {
  next: '^16.0.0',
  react: '^19.2.0',
  'react-dom': '^19.2.0',
  typescript: '^5.9.0',
  '@types/node': '^20.0.0',
  '@types/react': '^19.2.0',
};
const REQUESTS = 20;
const START_MS = 60_000;

const [{ stack, access }, browser, dir] = await Promise.all([
  useStack(),
  launchBrowser(),
  newProject('next', DEPENDENCIES),
]);
after(() => browser.close());
const { newUser, newWorkflow, row } = createFixtures(stack);
const people = await Promise.all(['ada', 'grace'].map(personOf));
const next = join(dir, 'node_modules', '.bin', 'next');
const env = {
  NEXT_TELEMETRY_DISABLED: '1',
  NEXT_PUBLIC_SUPABASE_URL: access.url,
  NEXT_PUBLIC_SUPABASE_KEY: access.key,
};

/** A user with two workflows with unique names. @param {string} name */
async function personOf(name) {
  const user = await newUser(name);
  const names = [1, 2].map((number) => `${name} ${number} ${randomUUID()}`);
  for (const workflow of names) await newWorkflow(user, { name: workflow });
  return { user, names, headers: { Cookie: `session=${user.token}` } };
}

/** @typedef {Awaited<ReturnType<typeof personOf>>} Person */

/** The names of any user's workflows that a text contains. @param {string} text */
const namesIn = (text) => people.flatMap(({ names }) => names.filter((name) => text.includes(name)));

/**
 * Runs the app during the tests of the current `describe`.
 *
 * @param {string} command `start` or `dev`
 */
function useServer(command) {
  const server = { origin: '' };
  /** @type {ReturnType<typeof start> | undefined} */
  let started;
  before(async () => {
    const port = await freePort();
    server.origin = `http://127.0.0.1:${port}`;
    // Without npx and its shell, so that stopping the process stops the app.
    const args = [next, command, '--port', String(port), '--hostname', '127.0.0.1'];
    started = start(process.execPath, args, { cwd: dir, env });
    const { output, child } = started;
    await until(() => {
      if (child.exitCode !== null) throw new Error(output());
      return fetch(`${server.origin}/`).then(
        (answer) => answer.text(),
        () => false,
      );
    }, START_MS).catch((error) => assert.fail(`${error}\n${output()}`));
  });
  after(() => started?.stop());
  return server;
}

/**
 * Opens a page as a user. Returns it with its errors.
 *
 * @param {string} address
 * @param {Person} person
 */
async function open(address, { user }) {
  const context = await browser.newContext();
  await context.addCookies([{ name: 'session', value: user.token, url: new URL(address).origin }]);
  const page = await context.newPage();
  const problems = collectProblems(page);
  page.on('console', (message) => {
    if (message.type() === 'warning') problems.push(`warning: ${message.text()}`);
  });
  await page.goto(address);
  await page.waitForSelector('main[data-is-live=true]', { timeout: START_MS });
  return { page, problems, close: () => context.close() };
}

/**
 * The page shows the server's rows until React hydrates it, then those that the browser reads and writes.
 *
 * @param {string} address
 * @param {Person} person
 */
async function checkHydration(address, person) {
  const { page, problems, close } = await open(address, person);
  try {
    assert.deepEqual((await page.locator('li').allTextContents()).sort(), [...person.names].sort());
    await page.getByRole('button', { name: 'New' }).click();
    await page.locator('li', { hasText: 'From the browser' }).waitFor();
    // The page refuses a second workflow of that name, so this one is deleted again, once the server has it.
    await until(async () => {
      const deleted = await stack.sql(
        'delete from public.workflows where user_id = $1 and name = $2 returning id',
        [person.user.id, 'From the browser'],
      );
      return deleted.length > 0;
    });
    await page.locator('li', { hasText: 'From the browser' }).waitFor({ state: 'detached' });
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
}

describe('Next, built', () => {
  before(async () => {
    const built = await run(process.execPath, [next, 'build'], { cwd: dir, env });
    assert.equal(built.code, 0, built.output);
    assert.doesNotMatch(built.output, /Module not found|Critical dependency|Failed to compile/);
  });
  const server = useServer('start');
  afterEach(() => stack.faults.clear());

  test('one process serves two users at once and never mixes their rows', async () => {
    // Slow enough that all requests are in flight together.
    const slow = {
      match: { path: '/workflows' },
      action: 'latency',
      ms: 300,
      times: /** @type {const} */ ('always'),
    };
    stack.faults.add(slow);
    for (const path of ['/', '/api/workflows']) {
      const requests = Array.from({ length: REQUESTS }, async (_, index) => {
        const person = people[index % people.length];
        const answer = await fetch(server.origin + path, { headers: person.headers });
        assert.equal(answer.status, 200);
        assert.deepEqual(namesIn(await answer.text()), person.names, path);
      });
      await Promise.all(requests);
    }
  });

  test('a visitor who is not signed in sees no rows, even after requests of signed-in users', async () => {
    const page = await fetch(`${server.origin}/`).then((answer) => answer.text());
    assert.match(page, /Nobody is signed in/);
    assert.deepEqual(namesIn(page), []);
    assert.equal((await fetch(`${server.origin}/api/workflows`)).status, 401);
  });

  test('a request sees the rows that an earlier request wrote', async () => {
    const [{ user, headers }] = people;
    const { id } = await newWorkflow(user, { name: `Later ${randomUUID()}` });
    const { name } = await row('workflows', id);
    const page = await fetch(`${server.origin}/`, { headers }).then((answer) => answer.text());
    assert.ok(page.includes(name));
    await stack.sql('delete from public.workflows where id = $1', [id]);
  });

  test('hooks without initial data render as loading', async () => {
    const page = await fetch(`${server.origin}/loading`, { headers: people[0].headers });
    const html = await page.text();
    assert.match(html, /Loading…/);
    assert.deepEqual(namesIn(html), []);
  });

  for (const path of ['/', '/loading']) {
    test(`two browsers at once hydrate ${path}, read and write`, async () => {
      await Promise.all(people.map((person) => checkHydration(server.origin + path, person)));
    });
  }
});

// Only in development, in StrictMode, does React report hydration differences.
describe('Next, in development', () => {
  const server = useServer('dev');

  for (const path of ['/', '/loading']) {
    test(`${path} hydrates without a warning`, () => checkHydration(server.origin + path, people[0]));
  }
});
