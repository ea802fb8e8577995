// @ts-check
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startStack } from '../../examples/local-stack/stack.mjs';
import { packPackage } from '../e2e/support/package.mjs';

const FIXTURES = fileURLToPath(new URL('./fixtures', import.meta.url));
const NPM_INSTALL = [
  'install',
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--ignore-scripts',
  '--no-package-lock',
];

/** @typedef {{ code: number | null, output: string, durationMs: number }} Ended */

/** A stack with a user, and the settings that a consumer needs to connect as that user. */
export async function useStack() {
  const stack = await startStack({ port: 0, seed: false });
  after(() => stack.stop());
  const email = `consumer.${randomUUID()}@example.com`;
  const [{ id: userId }] = await stack.sql('insert into auth.users (email) values ($1) returning id', [
    email,
  ]);
  const { url, publishableKey: key } = stack;
  return { stack, access: { url, key, token: stack.signToken({ sub: userId }), userId } };
}

/**
 * Copies a fixture and installs the packed package into it, as an app would.
 *
 * @param {string} fixture
 * @param {Record<string, string>} devDependencies
 */
export async function newProject(fixture, devDependencies) {
  const [packed, dir] = await Promise.all([
    packPackage(),
    mkdtemp(join(tmpdir(), `workflow-db-${fixture}-`)),
  ]);
  after(() => Promise.all([packed.remove(), rm(dir, { recursive: true, force: true })]));
  await cp(join(FIXTURES, fixture), dir, { recursive: true });
  const project = { name: 'consumer', private: true, type: 'module', devDependencies };
  await writeFile(join(dir, 'package.json'), JSON.stringify(project));
  const { code, output } = await run('npm', [...NPM_INSTALL, packed.tarball], { cwd: dir });
  if (code !== 0) throw new Error(`npm install failed:\n${output}`);
  return dir;
}

/**
 * Runs a program until it ends.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<Ended>}
 */
export function run(program, args, options) {
  const begin = performance.now();
  const { child, output } = start(program, args, options);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output: output(), durationMs: performance.now() - begin }));
  });
}

/**
 * Starts a program that runs until it is stopped.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
export function start(program, args, options) {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', ...options.env };
  const child = spawn(program, args, { ...options, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stdout?.on('data', (chunk) => (text += chunk));
  child.stderr?.on('data', (chunk) => (text += chunk));
  const ended = new Promise((resolve) => child.on('close', resolve));
  return {
    child,
    output: () => text,
    stop() {
      child.kill();
      return ended;
    },
  };
}

/** @returns {Promise<number>} a port that is free now */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
