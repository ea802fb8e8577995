// @ts-check
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run } from '../lib/run.mjs';
import { StackError, startStack } from '../stack.mjs';

const START = fileURLToPath(new URL('../start.mjs', import.meta.url));

/**
 * Starts the command and waits for the line that shows that it is ready.
 *
 * @param {string[]} [more] arguments
 * @param {Record<string, string>} [env]
 */
async function startCommand(more = [], env = {}) {
  const args = [START, '--port', '0', '--db-port', '0', ...more];
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env } });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (errors += chunk));
  while (!output.includes('Ctrl-C')) {
    assert.equal(child.exitCode, null, output);
    await sleep(20);
  }
  const runDir = /host=(\S+)/.exec(output)?.[1] ?? '';
  return { child, output, errors, runDir };
}

/** @param {string} runDir */
async function processesOf(runDir) {
  const all = await run('ps', ['-A', '-o', 'command=']);
  return all.split('\n').filter((line) => line.includes(runDir));
}

/** @param {string} runDir */
async function assertGone(runDir) {
  const deadline = Date.now() + 5000;
  while (Date.now() < deadline && (await processesOf(runDir)).length > 0) await sleep(20);
  assert.deepEqual(await processesOf(runDir), []);
  while (Date.now() < deadline && (await exists(runDir))) await sleep(20);
  assert.equal(await exists(runDir), false);
}

/** @param {string} path */
function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGKILL'])) {
  test(`no process or file is left after ${signal}`, async () => {
    const { child, output, runDir } = await startCommand();
    assert.match(output, /ada@example\.com, password lovelace/);
    assert.ok((await processesOf(runDir)).length > 0);
    child.kill(signal);
    const [code] = await once(child, 'exit');
    assert.equal(code, signal === 'SIGKILL' ? null : 0);
    await assertGone(runDir);
  });
}

test('without Deno the command says so in one sentence, and runs without edge functions', async () => {
  const { child, output, errors } = await startCommand(['--relay'], { DENO: '/nowhere/deno' });
  assert.match(
    errors,
    /^Edge functions need Deno, and there is none at \/nowhere\/deno: [^\n]+ answers 503\.\n$/,
  );
  const url = /^URL +(\S+)/m.exec(output)?.[1];
  const headers = { apikey: /^anon key +(\S+)/m.exec(output)?.[1] ?? '' };
  assert.equal((await fetch(`${url}/rest/v1/workflow_templates?limit=1`, { headers })).status, 200);
  const relayed = await fetch(`${url}/functions/v1/api-relay/stub/echo`, { method: 'POST', headers });
  assert.equal(relayed.status, 503);
  assert.match((await relayed.json()).message, /^Edge functions need Deno/);
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});

test('the next start cleans up after a killed run', async () => {
  const leftover = await mkdtemp(join(tmpdir(), 'workflow-db-stack-'));
  await mkdir(join(leftover, 'data'));
  const gone = spawn(process.execPath, ['-e', '']);
  await once(gone, 'exit');
  await writeFile(join(leftover, 'owner'), String(gone.pid));
  const stack = await startStack({ port: 0, seed: false });
  await stack.stop();
  assert.equal(await exists(leftover), false);
});

test('stacks run side by side, each with its own data', async () => {
  const [one, other] = await Promise.all([startStack({ port: 0 }), startStack({ port: 0, seed: false })]);
  try {
    const count = async (/** @type {typeof one} */ stack) =>
      (await stack.sql('select count(*) as n from workflows'))[0].n;
    assert.notEqual(one.url, other.url);
    assert.ok((await count(one)) > 0);
    assert.equal(await count(other), 0);
    assert.deepEqual(other.users, []);
  } finally {
    await Promise.all([one.stop(), other.stop()]);
  }
});

test('a data folder keeps its rows, and receives missing migrations', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'local-stack-data-'));
  // As root, Postgres runs as another user, who must have access to the folder.
  await chmod(parent, 0o755);
  const dataDir = join(parent, 'kept');
  try {
    const first = await startStack({ port: 0, dataDir, migrations: ['initial_schema'] });
    await first.sql("update workflows set name = 'Kept' where name = 'UGC ad remix'");
    await first.stop();
    const second = await startStack({ port: 0, dataDir });
    const kept = await second.sql("select from workflows where name = 'Kept'");
    const [{ triggers }] = await second.sql(
      "select count(*) as triggers from pg_trigger where tgname = 'write_audit_log'",
    );
    await second.stop();
    assert.equal(kept.length, 1);
    assert.equal(triggers, 6);
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
});

test('a port in use, an invalid data folder and an unknown migration are refused with one sentence', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (blocker.address());
  const refused = (/** @type {RegExp} */ message) => (/** @type {Error} */ error) => {
    assert.ok(error instanceof StackError);
    assert.match(error.message, message);
    return true;
  };
  try {
    await assert.rejects(startStack({ port }), refused(new RegExp(`Port ${port} is in use`)));
    await assert.rejects(
      startStack({ port: 0, dbPort: port }),
      refused(/Postgres could not start: .*(address|bind)/i),
    );
  } finally {
    blocker.close();
  }
  await assert.rejects(
    startStack({ port: 0, dataDir: fileURLToPath(new URL('.', import.meta.url)) }),
    refused(/holds/),
  );
  await assert.rejects(
    startStack({ port: 0, migrations: ['nothing'] }),
    refused(/no migration called nothing/),
  );
});
