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

/** The names that a text contains, of any user. @param {string} text */
const namesIn = (text) => people.flatMap(({ names }) => names.filter((name) => text.includes(name)));

/**
 * Runs the app while the tests of `describe` do.
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
    // Without npx and its shell in between, so that stopping it ends it.
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
 * Opens a page as a user, and returns it with its errors.
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
 * The page is the server's until React takes it over, then shows what the browser reads and writes.
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
    // Another one of that name is refused, which the page says; so this one is taken away again.
    await stack.sql('delete from public.workflows where user_id = $1 and name = $2', [
      person.user.id,
      'From the browser',
    ]);
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

  test('one process answers two users at once, and mixes no rows', async () => {
    // So long that all of them are under way together.
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

  test('who is not signed in is shown nothing, also after others were', async () => {
    const page = await fetch(`${server.origin}/`).then((answer) => answer.text());
    assert.match(page, /Nobody is signed in/);
    assert.deepEqual(namesIn(page), []);
    assert.equal((await fetch(`${server.origin}/api/workflows`)).status, 401);
  });

  test('what another request wrote is there at the next one', async () => {
    const [{ user, headers }] = people;
    const { id } = await newWorkflow(user, { name: `Later ${randomUUID()}` });
    const { name } = await row('workflows', id);
    const page = await fetch(`${server.origin}/`, { headers }).then((answer) => answer.text());
    assert.ok(page.includes(name));
    await stack.sql('delete from public.workflows where id = $1', [id]);
  });

  test('hooks alone are rendered as loading', async () => {
    const page = await fetch(`${server.origin}/loading`, { headers: people[0].headers });
    const html = await page.text();
    assert.match(html, /Loading…/);
    assert.deepEqual(namesIn(html), []);
  });

  for (const path of ['/', '/loading']) {
    test(`two browsers at once take ${path} over, read and write`, async () => {
      await Promise.all(people.map((person) => checkHydration(server.origin + path, person)));
    });
  }
});

// Only there does React say what differs between the two, in StrictMode.
describe('Next, in development', () => {
  const server = useServer('dev');

  for (const path of ['/', '/loading']) {
    test(`${path} is taken over without a warning`, () => checkHydration(server.origin + path, people[0]));
  }
});
