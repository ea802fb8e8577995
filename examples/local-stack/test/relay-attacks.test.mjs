// @ts-check
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findDeno } from '../lib/deno.mjs';
import { refusal, startService, useRelay } from './relay-helpers.mjs';

const run = promisify(execFile);
const fixture = (/** @type {string} */ name) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const dir = await mkdtemp(join(tmpdir(), 'workflow-db-relay-'));
after(() => rm(dir, { recursive: true }));

const service = await startService();
/** Private and local addresses, which the relay must not call, whether configured directly or resolved from a name. */
const FORBIDDEN = [
  '127.0.0.1',
  'localhost',
  '[::1]',
  '0.0.0.0',
  '[::]',
  '2130706433',
  '0x7f.1',
  '017700000001',
  '127.1',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '100.100.100.200',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '[::ffff:127.0.0.1]',
  '[::ffff:a9fe:a9fe]',
  '[::127.0.0.1]',
  '[64:ff9b::169.254.169.254]',
  '[64:ff9b:1::10.0.0.1]',
  '[2002:7f00:1::]',
  '[2002:a9fe:a9fe::1]',
  '[2001:0:0:0:0:0:7f00:1]',
  '[2001:db8::1]',
  '[fe80::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[ff02::1]',
];
const services = {
  plain: service.url,
  insecure: `http://localhost:${service.port}`,
  ...Object.fromEntries(
    FORBIDDEN.map((host, index) => [`forbidden-${index}`, `https://${host}:${service.port}`]),
  ),
};
const relay = await useRelay({ services });
const { stack, call, callRaw, userWithKey, giveKey, uses } = relay;

test('hosts with a private, link-local, loopback, metadata or embedded address are refused in every spelling', async () => {
  const before = service.requests.length;
  const connections = countConnections();
  for (const [index, host] of FORBIDDEN.entries()) {
    const user = await userWithKey(`forbidden-${index}`);
    const refused = await refusal(await call(user, `forbidden-${index}/x`));
    assert.deepEqual(refused, [502, 'error', 'ADDRESS_REFUSED'], host);
  }
  const user = await userWithKey('insecure');
  assert.deepEqual(await refusal(await call(user, 'insecure/x')), [400, 'error', 'INVALID_INPUT']);
  assert.equal(service.requests.length, before);
  assert.equal(connections(), 0);
});

/** Counts the connections to the service's port. */
function countConnections() {
  let count = 0;
  service.server.on('connection', () => (count += 1));
  return () => count;
}

/** Runs the relay's own check for these texts. @param {string} kind @param {string[]} texts */
async function judge(kind, texts) {
  const options = { env: { ...process.env, DENO_DIR: dir, NO_COLOR: '1' } };
  const args = ['run', '--quiet', '--no-prompt', fixture('public-addresses.ts'), kind, ...texts];
  return JSON.parse((await run(findDeno(), args, options)).stdout);
}

test('an address is public only outside of every special-purpose network, up to both ends', async () => {
  const special = [
    '0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.0 127.255.255.255',
    '169.254.0.0 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.255 192.0.2.0 192.0.2.255',
    '192.88.99.0 192.88.99.255 192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255',
    '203.0.113.0 203.0.113.255 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.255',
    ':: ::1 ::ffff:8.8.8.8 ::8.8.8.8 ::ffff:0:8.8.8.8 64:ff9b::8.8.8.8 64:ff9b:1::1 100::1 1fff::1 2001::1',
    '2001:1ff:ffff:: 2001:db8:: 2001:db8:ffff:: 2002:: 2002:808:808::1 3fff:: 3fff:fff:: 4000::1 fc00::1',
    'fdff::1 fe80::1 febf::1 fec0::1 ff02::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    'localhost 1.2.3 01.2.3.4 1.2.3.256 1.2.3.4.5 0x8.8.8.8 :::: 2606::1::1 fe80::1%eth0 2606:4700::1%25x',
  ].flatMap((line) => line.split(' '));
  const open = [
    '1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255',
    '169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 192.167.255.255 192.169.0.0 198.17.255.255',
    '198.20.0.0 203.0.112.255 203.0.114.0 223.255.255.255',
    '2000::1 2001:200::1 2001:4860:4860::8888 2003::1 2606:4700::1111 2a00:1450::1 3ffe::1',
  ].flatMap((line) => line.split(' '));
  const judged = await judge('addresses', [...special, ...open, '']);
  const taken = [...special, ...open, ''].filter((_, index) => judged[index]);
  assert.deepEqual(taken, open);
});

test('a name is refused if one of its addresses is not public, or if it has none', async () => {
  const judged = await judge('lists', [
    '1.1.1.1 2606:4700::1111',
    '1.1.1.1 127.0.0.1',
    '2606:4700::1 ::1',
    '',
  ]);
  assert.deepEqual(judged, [true, false, false, false]);
});

test('a name that resolves to this machine after the check is not connected without its certificate', async () => {
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', key, '-out', cert, '-days', '1'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files, ...subject], {
    stdio: 'ignore',
  });
  let connections = 0;
  let requests = 0;
  const internal = createTlsServer(
    { key: await readFile(key), cert: await readFile(cert) },
    (_, response) => {
      requests += 1;
      response.end('internal');
    },
  );
  internal.on('connection', () => (connections += 1));
  internal.listen(0, 'localhost');
  await once(internal, 'listening');
  after(() => internal.close());
  const { port } = /** @type {import('node:net').AddressInfo} */ (internal.address());
  const ask = await startRebound({ rebound: `https://localhost:${port}` });

  const user = await userWithKey('rebound');
  const { status, body } = await ask(user, '/api-relay/rebound/x');
  assert.deepEqual([status, JSON.parse(body).code], [502, 'SERVICE_UNREACHABLE']);
  assert.ok(connections > 0, 'the relay connected to the name');
  assert.equal(requests, 0);
});

/** Starts a relay for host names that resolve to another address after the relay has checked them. @param {Record<string, string>} services */
async function startRebound(services) {
  const socketPath = join(dir, 'rebound.sock');
  const deno = spawn(findDeno(), ['run', '--no-prompt', '-A', fixture('rebound-relay.ts')], {
    env: {
      ...process.env,
      DENO_DIR: dir,
      DENO_SERVE_ADDRESS: `unix:${socketPath}`,
      SUPABASE_URL: stack.url,
      SUPABASE_ANON_KEY: stack.anonKey,
      SUPABASE_SERVICE_ROLE_KEY: stack.serviceKey,
      RELAY_LOCAL_SERVICES: JSON.stringify(services),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  after(() => deno.kill('SIGKILL'));
  await once(/** @type {import('node:stream').Readable} */ (deno.stderr), 'data');
  return async (/** @type {{ token: string }} */ { token }, /** @type {string} */ path) => {
    const ask = httpRequest({
      socketPath,
      path,
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    ask.end();
    const [answer] = await once(ask, 'response');
    return { status: answer.statusCode, body: Buffer.concat(await answer.toArray()).toString() };
  };
}

test('paths that a service could interpret as another path are refused, and no request is sent', async () => {
  const user = await userWithKey('plain');
  const before = service.requests.length;
  const tricks = [
    '../secret',
    'a/../../secret',
    './a',
    'a/.',
    '%2e%2e/secret',
    '.%2E/secret',
    'a/%2E/b',
    'a%2fb',
    'a%2F..%2Fb',
    'a%5cb',
    'a\\b',
    '..\\secret',
    'a%252e%252e',
    'a%00b',
    'a%0d%0aHost:evil',
    'a%zz',
    'a%',
    '/evil.example/x',
    'a//b',
    '',
  ];
  for (const trick of tricks) {
    const { status, body } = await callRaw(user, `/functions/v1/api-relay/plain/${trick}`);
    // An empty path is valid, and a path to another service is valid but the user has no key for it.
    if (trick === '') assert.equal(status, 404, body);
    else assert.deepEqual([status, JSON.parse(body).code], [400, 'INVALID_INPUT'], trick);
  }
  for (const name of [
    '',
    '..',
    'pl%61in',
    'plain@evil.example',
    'plain:80',
    '__proto__',
    'constructor',
    'toString',
  ]) {
    const { status, body } = await callRaw(user, `/functions/v1/api-relay/${name}/x`);
    assert.deepEqual([status, JSON.parse(body).code], [404, 'NOT_FOUND'], name);
  }
  const { status } = await callRaw(user, '/functions/v1/api-relay/plain');
  assert.equal(status, 404);
  assert.deepEqual(
    service.requests.slice(before).map(({ url }) => url),
    ['/'],
  );
});

test("a key's gateway replaces the service only if its host is on the list", async () => {
  const elsewhere = await startService();
  const refused = [
    elsewhere.url,
    'https://evil.example/v1',
    `http://127.0.0.1:${service.port}@evil.example/`,
    `http://evil.example:${service.port}`,
    `${service.url}?x=`,
    `${service.url}#`,
    'https://127.0.0.1:1',
    'file:///etc/passwd',
    'javascript:0',
    'not an address',
    '',
  ];
  for (const endpoint of refused) {
    const user = await relay.newUser();
    await giveKey(user, 'plain', 'secret', { gateway_endpoint: endpoint, gateway_type: 'custom' });
    assert.deepEqual(await refusal(await call(user, 'plain/x')), [403, 'error', 'GATEWAY_REFUSED'], endpoint);
    const [{ details }] = await uses(user, 1);
    assert.deepEqual([details.status, details.outcome], [null, 'refused']);
  }
  assert.equal(elsewhere.requests.length, 0);

  const user = await relay.newUser();
  await giveKey(user, 'openai', 'secret', {
    gateway_endpoint: `${service.url}/gateway/`,
    gateway_type: 'custom',
  });
  await call(user, 'openai/v1/models');
  const { url, headers } = service.requests.at(-1) ?? {};
  assert.deepEqual([url, headers?.authorization], ['/gateway/v1/models', 'Bearer secret']);
});

test('only signed-in users can call services', async () => {
  const user = await userWithKey('plain');
  const claims = { sub: user.id, role: 'authenticated', aud: 'authenticated' };
  const encode = (/** @type {object} */ value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const later = Math.floor(Date.now() / 1000) + 3600;
  const forged = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ ...claims, exp: later })}`;
  const before = service.requests.length;
  const tokens = {
    none: undefined,
    garbage: 'x.y.z',
    'signed by someone else': `${forged}.${createHmac('sha256', 'guess').update(forged).digest('base64url')}`,
    unsigned: `${encode({ alg: 'none' })}.${encode({ ...claims, exp: later })}.`,
    expired: stack.signToken({ sub: user.id, exp: 1 }),
    'of a user who does not exist': stack.signToken({ sub: randomUUID() }),
    'of a session that ended': stack.signToken({ sub: user.id, session_id: randomUUID() }),
    'the publishable key': stack.publishableKey,
    'the anon key': stack.anonKey,
    'the service key': stack.serviceKey,
  };
  for (const [name, token] of Object.entries(tokens)) {
    assert.deepEqual(await refusal(await call({ token }, 'plain/x')), [401, 'error', 'UNAUTHORIZED'], name);
  }
  assert.equal(service.requests.length, before);
  const basic = await call({}, 'plain/x', { headers: { authorization: `Basic ${user.token}` } });
  assert.equal(basic.status, 401);
});

test('a key that cannot be sent in a header is refused without being quoted', async () => {
  const user = await userWithKey('plain', 'sk-line\nbreak');
  const response = await call(user, 'plain/x');
  const text = await response.text();
  assert.deepEqual([response.status, JSON.parse(text).code], [422, 'KEY_UNUSABLE']);
  assert.ok(!text.includes('sk-line'));
});

test('a key that the service repeats is masked in headers, and in a body that arrives in parts', async () => {
  const user = await userWithKey('plain', 'sk-repeated-aab');
  const path = service.on(async (request, response) => {
    response.writeHead(401, { 'X-Request-Id': `of ${request.headers.authorization}` });
    const text = `Wrong key: sk-repeated-aab, and sk-repeated-aasec sk-sk-repeated-aab sk-re`;
    for (const byte of Buffer.from(text)) {
      response.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });
  const response = await call(user, `plain/${path}`);
  const stars = '*'.repeat('sk-repeated-aab'.length);
  assert.equal(response.headers.get('x-request-id'), `of Bearer ${stars}`);
  assert.equal(await response.text(), `Wrong key: ${stars}, and sk-repeated-aasec sk-${stars} sk-re`);
});

test('no log, error or audit entry contains a key or a token', async () => {
  const user = await userWithKey('plain', 'sk-never-logged');
  const broken = service.on((_, response) => {
    response.writeHead(200, { 'Content-Length': '9' }).write('x');
    response.socket?.destroy();
  });
  const silent = service.on((request) => request.socket.destroy());
  const answers = [];
  for (const path of [broken, silent, `${silent}?q=1`, 'a%2fb', 'missing']) {
    const response = await call(user, `plain/${path}`);
    answers.push(
      JSON.stringify([...response.headers]),
      await response.text().catch((error) => error.message),
    );
  }
  const trail = await stack.sql('select * from audit_logs where user_id = $1', [user.id]);
  const everything = [
    await relay.log(),
    JSON.stringify(trail),
    JSON.stringify(stack.requests.all()),
    ...answers,
  ].join('\n');
  for (const secret of ['sk-never-logged', user.token, stack.serviceKey]) {
    assert.ok(!everything.includes(secret));
  }
});

test('services on this machine are ignored if the project has an https address', async () => {
  const script = `
    import { readConfig } from ${JSON.stringify(new URL('../../../supabase/functions/api-relay/config.ts', import.meta.url).href)};
    const env = { SUPABASE_URL: 'https://x.supabase.co', SUPABASE_ANON_KEY: 'a', SUPABASE_SERVICE_ROLE_KEY: 'b',
      RELAY_LOCAL_SERVICES: '{"stub": "http://127.0.0.1:1"}' };
    console.log(JSON.stringify(readConfig((name) => env[name]).services));`;
  const options = { env: { ...process.env, DENO_DIR: dir, NO_COLOR: '1' } };
  const { stdout } = await run(findDeno(), ['eval', '--quiet', script], options);
  const known = JSON.parse(stdout);
  assert.deepEqual(Object.keys(known), [
    'anthropic',
    'elevenlabs',
    'kling',
    'openai',
    'replicate',
    'runway',
    'together',
  ]);
  for (const { base } of Object.values(known)) assert.match(base, /^https:\/\/[a-z0-9.-]+$/);
});
