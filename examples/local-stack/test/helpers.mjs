// @ts-check
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createClient } from '@supabase/supabase-js';
import { startStack } from '../stack.mjs';

/** @typedef {import('../stack.mjs').Stack} Stack */

/**
 * Starts a stack for the tests of one file, and stops it afterwards.
 *
 * @param {import('../stack.mjs').StackOptions} [options]
 */
export async function useStack(options) {
  const stack = await startStack({ port: 0, ...options });
  after(() => stack.stop());
  return stack;
}

/** @param {Stack} stack @param {string} [key] */
export function newClient(stack, key = stack.publishableKey) {
  return createClient(stack.url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    // Node 20 has no WebSocket, and none is opened here.
    realtime: { transport: /** @type {any} */ (class {}) },
  });
}

/**
 * The official client, signed in as a seeded user.
 *
 * @param {Stack} stack
 * @param {string} name `ada` or `grace`
 */
export async function signIn(stack, name) {
  const user = userNamed(stack, name);
  const client = newClient(stack);
  const { error } = await client.auth.signInWithPassword(user);
  if (error) throw error;
  return { client, id: user.id };
}

/** @param {Stack} stack @param {string} name */
export function userNamed(stack, name) {
  const user = stack.users.find(({ email }) => email.startsWith(name));
  if (!user) throw new Error(`There is no user ${name}.`);
  return user;
}

/**
 * A plain request to PostgREST as a seeded user.
 *
 * @param {Stack} stack
 * @param {string} path below /rest/v1/
 * @param {RequestInit & { as?: string }} [init] `as` defaults to `ada`
 */
export function rest(stack, path, { as = 'ada', headers, ...init } = {}) {
  const token = stack.signToken({ sub: userNamed(stack, as).id });
  return fetch(`${stack.url}/rest/v1/${path}`, {
    ...init,
    headers: {
      apikey: stack.publishableKey,
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      ...headers,
    },
  });
}

/**
 * A separate database connection with an API role, for statements that overlap with others.
 *
 * @param {Stack} stack
 * @param {{ role?: string, sub?: string }} [as] `authenticated` by default
 */
export async function openSession(stack, { role = 'authenticated', sub } = {}) {
  const client = new pg.Client(stack.dbUrl);
  await client.connect();
  // The stack may stop first, which cuts the connection.
  client.on('error', () => {});
  after(() => client.end());
  await client.query(`set role ${role}`);
  await client.query("select set_config('request.jwt.claims', $1, false)", [JSON.stringify({ role, sub })]);
  const pid = /** @type {any} */ (client).processID;
  let isRunning = false;
  return {
    /** @param {string} text @param {unknown[]} [params] @returns {Promise<any[]>} the rows */
    async sql(text, params) {
      isRunning = true;
      try {
        return (await client.query(text, params)).rows;
      } finally {
        isRunning = false;
      }
    },
    /** Waits until the running statement waits for a lock of another session. */
    async isBlocked() {
      const blockers = () => stack.sql('select from unnest(pg_blocking_pids($1))', [pid]);
      while ((await blockers()).length === 0) {
        if (!isRunning) throw new Error('The statement ended without waiting for a lock.');
        await sleep(5);
      }
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof openSession>>} Session */

/**
 * The error code of a statement.
 *
 * @param {Promise<unknown>} statement
 * @returns {Promise<string | undefined>} the SQLSTATE, or undefined if it succeeds
 */
export function codeOf(statement) {
  return statement.then(
    () => undefined,
    (error) => error.code,
  );
}
