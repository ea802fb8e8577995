// @ts-check
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import { readFile } from 'node:fs/promises';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { useStack } from './helpers.mjs';

/** @typedef {import('../stack.mjs').Stack} Stack */
/** @typedef {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => unknown} Handler */
/** @typedef {{ id: string, token: string }} User */

/**
 * A service on the loopback interface. Each test defines the paths that it responds to, and can inspect every request.
 */
export async function startService() {
  /** @type {Map<string, Handler>} */
  const handlers = new Map();
  /** @type {{ method: string | undefined, url: string | undefined, headers: Record<string, any> }[]} */
  const requests = [];
  const server = createServer((request, response) => {
    const { method, url = '', headers } = request;
    requests.push({ method, url, headers: { ...headers } });
    request.on('error', () => {});
    response.on('error', () => {});
    const handler = handlers.get(url.split('?')[0]);
    if (handler) return handler(request, response);
    response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  /** Registers the handler for a new path. @param {Handler} handler @returns {string} the path, without a leading slash */
  function on(handler) {
    const path = `/${randomUUID()}`;
    handlers.set(path, handler);
    return path.slice(1);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    server,
    on,
    /**
     * Registers a path. Its response stays open; if `start` is given, the server sends that part at once.
     *
     * @param {string} [start]
     */
    hold(start) {
      /** @type {(response: import('node:http').ServerResponse) => void} */
      let arrived = () => {};
      /** @type {Promise<import('node:http').ServerResponse>} */
      const arrival = new Promise((resolve) => (arrived = resolve));
      const path = on((_, response) => {
        if (start) response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(start);
        arrived(response);
      });
      return { path, arrival, closed: arrival.then((response) => once(response, 'close')) };
    },
  };
}

/**
 * A stack with the relay, and helpers for tests.
 *
 * @param {import('../stack.mjs').StackOptions} [options]
 */
export async function useRelay(options) {
  const stack = await useStack({ relay: true, ...options });

  /** @returns {Promise<User>} a new user, so that no test uses up the limits of another */
  async function newUser() {
    const id = randomUUID();
    await stack.sql("insert into auth.users (id, email, encrypted_password) values ($1, $2, '')", [
      id,
      `${id}@example.com`,
    ]);
    return { id, token: stack.signToken({ sub: id }) };
  }

  /** @param {User} user @param {string} service @param {string} secret @param {object} [columns] */
  async function giveKey({ id }, service, secret, columns = {}) {
    const row = { user_id: id, service_name: service, encrypted_key: secret, is_active: true, ...columns };
    const names = Object.keys(row);
    const places = names.map((_, index) => `$${index + 1}`);
    const [{ id: keyId }] = await stack.sql(
      `insert into api_keys (${names}) values (${places}) returning id`,
      Object.values(row),
    );
    return keyId;
  }

  return {
    stack,
    newUser,
    giveKey,

    /** A user with a key for a service. @param {string} service @param {string} [secret] */
    async userWithKey(service, secret = `sk-${randomUUID()}`) {
      const user = await newUser();
      return { ...user, secret, keyId: await giveKey(user, service, secret) };
    },

    /**
     * Calls the relay.
     *
     * @param {User | { token?: string }} user
     * @param {string} path below the function
     * @param {RequestInit} [init] a POST by default
     */
    call({ token }, path, { headers, ...init } = {}) {
      return fetch(`${stack.url}/functions/v1/api-relay/${path}`, {
        method: 'POST',
        ...init,
        headers: { ...(token && { Authorization: `Bearer ${token}` }), ...headers },
      });
    },

    /**
     * Calls the relay with a path exactly as given, which `fetch` would normalize.
     *
     * @param {User} user
     * @param {string} path
     * @returns {Promise<{ status: number | undefined, body: string }>}
     */
    async callRaw({ token }, path) {
      const { port } = new URL(stack.url);
      const headers = { authorization: `Bearer ${token}`, connection: 'close' };
      const ask = httpRequest({ port, host: '127.0.0.1', method: 'POST', path, headers });
      ask.end();
      const [answer] = await once(ask, 'response');
      return { status: answer.statusCode, body: Buffer.concat(await answer.toArray()).toString() };
    },

    /** Waits for this number of `api_key_used` rows of a user, and returns them. @param {User} user @param {number} count */
    async uses(user, count) {
      for (;;) {
        const rows = await stack.sql(
          "select * from audit_logs where user_id = $1 and action = 'api_key_used' order by created_at, id",
          [user.id],
        );
        if (rows.length >= count) return rows;
        await sleep(10);
      }
    },

    log: () => readFile(stack.functionLog('api-relay'), 'utf8'),
  };
}

/** The error with which the relay refused a call. @param {Response} response */
export async function refusal(response) {
  const { code } = /** @type {any} */ (await response.json());
  return [response.status, response.headers.get('x-relay'), code];
}

/** Responds with the request that the service received. @type {Handler} */
export async function echo(request, response) {
  const body = Buffer.concat(await request.toArray());
  const { method, url, headers } = request;
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(
    JSON.stringify({ method, url, headers, length: body.length, body: body.toString().slice(0, 100) }),
  );
}
