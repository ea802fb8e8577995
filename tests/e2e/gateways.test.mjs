// @ts-check
// Gateways between the package and the database: their messages are kept, and redirect targets receive nothing.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { createClient } from '../../pkg/index.js';
import { listen } from '../support/listen.mjs';
import { useWorld } from './support/world.mjs';

const world = await useWorld();
const { stack, newUser, newWorkflow } = world;
const user = await newUser('ada');

/** Requests to an origin that must not receive any. @type {import('node:http').IncomingMessage[]} */
const strayed = [];
const elsewhere = createServer((request, response) => {
  strayed.push(request);
  response
    .writeHead(200, {
      'access-control-allow-origin': '*',
      'access-control-allow-headers': '*',
      'access-control-allow-methods': '*',
      'content-type': 'application/json',
      'content-range': '*/0',
    })
    .end('[]');
});
const { origin, close } = await listen(elsewhere);
after(close);

test('a gateway’s message is kept in details and hint', async () => {
  const tab = await world.open({ as: user });
  const [html, page] = ['text/html', '<html><head><title>xyz | 522:\n timed  out</title></head>'];
  /** @type {[status: number, body: object | string, details: string | undefined, hint?: string][]} */
  const answers = [
    [
      401,
      { message: 'Invalid API key', hint: 'Double check your API key.' },
      'Invalid API key',
      'Double check your API key.',
    ],
    [402, { msg: 'restricted' }, 'restricted'],
    [540, { error: 'paused', error_description: 'The project is paused' }, 'The project is paused'],
    [403, 'Access denied by policy\n', 'Access denied by policy'],
    [522, `${page}<body>${'x'.repeat(100_000)}`, 'xyz | 522: timed out'],
    [404, '<p>no <b>such</b> project</p>', 'no such project'],
    [404, '', undefined],
  ];
  for (const [status, body, details, hint] of answers) {
    const headers = typeof body === 'string' ? { 'content-type': html } : {};
    stack.faults.add({ action: 'status', status, body, headers, times: 3 });
    const [{ error }] = await tab.calls(['getWorkflows', user.id]);
    stack.faults.clear();
    const own = error.cause ?? error;
    assert.deepEqual([own.code, own.status, own.details, own.hint], ['UNKNOWN_ERROR', status, details, hint]);
    assert.equal(own.message, `The server answered ${status}`);
  }
});

test('a wrong key fails with the gateway’s message', async () => {
  const client = createClient({
    url: 'http://project.test',
    key: 'wrong',
    fetch: async () =>
      new Response(JSON.stringify({ message: 'Invalid API key', hint: 'Double check it.' }), { status: 401 }),
  });
  await assert.rejects(client.db.getWorkflows(user.id), {
    code: 'UNKNOWN_ERROR',
    details: 'Invalid API key',
    hint: 'Double check it.',
  });
  client.close();
});

test('a response without a status is not a redirect: the server was not reached', async () => {
  for (const status of [undefined, 0, 'none', NaN]) {
    const answer = () => /** @type {any} */ ({ status, ok: false, headers: new Headers(), text: () => '' });
    const client = createClient({
      url: 'http://project.test',
      key: 'key',
      retry: { maxAttempts: 1 },
      fetch: async () => answer(),
    });
    const error = await client.db.getWorkflows(user.id).catch((error) => error);
    assert.deepEqual([error.code, error.message], ['NETWORK', 'The server was not reached']);
    assert.equal(error.originalError.message, `fetch gave an answer with status ${status}`);
    client.close();
  }
});

test('a redirect to another origin is not followed: no key, token or row is sent', async () => {
  const workflow = await newWorkflow(user);
  const tab = await world.open({ as: user });
  const node = createClient({ url: stack.url, key: stack.publishableKey, accessToken: () => user.token });
  for (const status of [301, 302, 307, 308]) {
    const location = `${origin}/rest/v1/`;
    stack.faults.add({ action: 'status', status, body: '', headers: { location }, times: 4 });
    const outcomes = await tab.calls(
      ['getWorkflows', user.id],
      ['updateWorkflow', workflow.id, { description: 'secret' }],
    );
    const inNode = [node.db.getWorkflows(user.id), node.db.updateWorkflow(workflow.id, { description: 's' })];
    const errors = [
      ...outcomes.map(({ error }) => error),
      ...(await Promise.allSettled(inNode)).map((outcome) => outcome.status === 'rejected' && outcome.reason),
    ];
    for (const error of errors) {
      assert.deepEqual([error?.code, error?.attempts, error?.retryable], ['NETWORK', 1, false], `${status}`);
      assert.match(error.message, /redirects/);
    }
    stack.faults.clear();
  }
  assert.deepEqual(
    strayed.map(({ method, url }) => `${method} ${url}`),
    [],
  );
  node.close();
});

test('the URL of the REST API is accepted as the project URL', async () => {
  const tab = await world.open({ as: user });
  const workflow = await newWorkflow(user);
  const names = await tab.run(
    (id) =>
      Promise.all(
        ['', '/', '//', '/rest/v1', '/rest/v1/', '/rest/v1//', '  '].map(async (end) => {
          const client = wdb.createClient({ url: env.url + end, key: env.key, accessToken: () => env.token });
          const { name } = /** @type {any} */ (await client.db.getWorkflow(id));
          client.close();
          return name;
        }),
      ),
    workflow.id,
  );
  assert.deepEqual(names, Array(7).fill(workflow.name));
});

test('a URL that cannot be the base of requests is refused and not quoted', async () => {
  const tab = await world.open({ configured: false });
  const errors = await tab.run(() =>
    [
      'https://user:geheim@project.test',
      'https://geheim@project.test/rest/v1',
      'https://project.test/?apikey=geheim',
      'https://project.test/rest/v1?apikey=geheim',
      'https://project.test/#geheim',
      'ftp://geheim.test',
      'wss://geheim.test',
      'geheim.test',
      '//geheim.test',
      'https://',
      '',
      ' ',
      7,
    ].map((url) => thrown(() => wdb.createClient(/** @type {any} */ ({ url, key: 'k' })))),
  );
  assert.equal(errors.length, 13);
  for (const { code, message } of errors) {
    assert.equal(code, 'INVALID_INPUT');
    assert.match(message, /^url: expected /);
    assert.ok(!message.includes('geheim'), message);
  }
});
