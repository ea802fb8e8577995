// @ts-check
// The built package: any arguments and options, with a server that responds with anything. Half of the file generates both.
import { assert, fc, jsonValue, memberName, property, thrownBy } from './support.mjs';

/** @type {typeof import('../../pkg/index.js')} */
const library = await import(new URL('../../pkg/index.js', import.meta.url).href);

const ID = '11111111-1111-4111-8111-111111111111';
const KEY = 'publishable-key';
/** Must never be exposed. */
const SECRET = 'the-secret-token';
const URL_BASE = 'http://project.test/some/path';
/** A call may take several requests: lists continue, relations are completed, inserts are checked. */
const MAX_REQUESTS = 60;
const CALL_MS = 20_000;

const COLUMNS = [
  'id',
  'user_id',
  'workflow_id',
  'name',
  'config',
  'created_at',
  'updated_at',
  'status',
  'encrypted_key',
];
const OPTIONS = [
  'userId',
  'limit',
  'offset',
  'cursor',
  'pageSize',
  'startDate',
  'status',
  'nodes',
  'connections',
  'workflows',
  'keys',
  'ifUpdatedAt',
];

/** An error thrown by the application's own code. */
const OWN_ERROR = new Error('own');
const unreadable = {
  [fc.toStringMethod]: () => 'unreadable',
  get name() {
    throw OWN_ERROR;
  },
};

const odd = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSparseArray: true,
    withNullPrototype: true,
    maxDepth: 2,
  }),
  fc.constantFrom(
    ID,
    ID.toUpperCase(),
    '',
    NaN,
    Infinity,
    -1,
    0,
    2 ** 31,
    '2024-02-30',
    '2024-01-01T00:00:00Z',
    'a\0',
    '\ud800',
    'x'.repeat(9000),
  ),
  fc.constantFrom(Symbol('s'), () => 1, unreadable),
  jsonValue,
);
const named = fc.dictionary(fc.oneof(fc.constantFrom(...COLUMNS, ...OPTIONS), memberName), odd, {
  maxKeys: 5,
});
const list = fc.array(named, { maxLength: 3 });
const argument = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(ID, ID.toUpperCase()) },
  { weight: 1, arbitrary: odd },
  { weight: 3, arbitrary: named },
  { weight: 1, arbitrary: fc.record({ nodes: list, connections: list }) },
  { weight: 1, arbitrary: fc.record({ workflows: list, overwrite: fc.boolean() }) },
);

const answered = fc.record({
  id: fc.constantFrom(ID, '22222222-2222-4222-8222-222222222222'),
  name: fc.constantFrom('a', null),
  created_at: fc.constantFrom('2024-01-01T00:00:00', null),
});
const reply = fc.record({
  status: fc.constantFrom(200, 200, 201, 206, 204, 302, 400, 401, 404, 409, 416, 429, 500, 503),
  range: fc.option(fc.oneof(fc.constantFrom('0-0/1', '*/0', '0-1/2', '0-0/*', '0-999/3000'), fc.string())),
  body: fc.oneof(
    fc.array(answered, { maxLength: 3 }).map((rows) => JSON.stringify(rows)),
    jsonValue.map((value) => JSON.stringify(value)),
    fc
      .record({
        code: fc.constantFrom('23505', '22P02', 'PGRST301', 'PGRST103', '42501', 'PT409'),
        message: fc.string(),
      })
      .map((error) => JSON.stringify(error)),
    fc.string(),
  ),
});

/** Where a call may lead. */
const PATHS = ['/rest/v1/', '/functions/v1/api-relay/'];

/** @param {unknown} error */
function assertTellsNothing(error) {
  assert.ok(error instanceof library.DatabaseError, String(error));
  assert.ok(typeof error.code === 'string' && error.code !== '', 'a code');
  const told = [error.message, error.stack, error.hint, error.details, JSON.stringify(error)].join();
  assert.ok(!told.includes(SECRET) && !error.message.includes(KEY), told);
}

/** @param {{ status: number, range: string | null, body: string }[]} replies the last one is repeated */
function clientOf(replies) {
  const events = /** @type {any[]} */ ([]);
  const requests = /** @type {{ url: string, body: unknown }[]} */ ([]);
  const client = library.createClient({
    url: URL_BASE,
    key: KEY,
    accessToken: () => SECRET,
    retry: { maxAttempts: 2, initialBackoffMs: 0, maxBackoffMs: 0 },
    onEvent: (event) => events.push(event),
    fetch: async (url, { body }) => {
      requests.push({ url, body });
      const {
        status,
        range,
        body: text,
      } = /** @type {any} */ (replies[requests.length - 1] ?? replies.at(-1));
      const headers = { get: (/** @type {string} */ name) => (name === 'content-range' ? range : null) };
      return /** @type {any} */ ({
        status,
        ok: status >= 200 && status < 300,
        headers,
        text: async () => text,
      });
    },
  });
  const assertSound = () => {
    for (const { url, body } of requests) {
      assert.ok(
        PATHS.some((path) => url.startsWith(URL_BASE + path)),
        url,
      );
      assert.ok(url.length <= 8000, `${url.length} characters`);
      assert.equal(new URL(url).href, url);
      if (body !== undefined) JSON.parse(/** @type {string} */ (body));
    }
    assert.ok(requests.length <= MAX_REQUESTS, `${requests.length} requests`);
    assert.ok(!JSON.stringify(events).includes(SECRET));
    const failure = events.find(({ type }) => type === 'engineRestarted');
    assert.equal(failure, undefined, failure?.error);
  };
  return { client, requests, assertSound };
}

const functions = Object.keys(library.db).filter((name) => name !== 'with');

property(
  'a call with any arguments and any response resolves, or rejects with an error without secrets',
  fc.tuple(
    fc.constantFrom(...functions),
    fc.array(argument, { maxLength: 3 }),
    fc.array(reply, { minLength: 1, maxLength: 3 }),
  ),
  async ([name, given, replies]) => {
    const { client, requests, assertSound } = clientOf(replies);
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`${name} takes too long, after ${requests.length} requests`)),
        CALL_MS,
      );
    });
    try {
      const call = /** @type {any} */ (client.db)[name](...given);
      await Promise.race([call, late]).catch(assertTellsNothing);
      assertSound();
    } finally {
      clearTimeout(timer);
      client.close();
    }
  },
  {
    runs: 500,
    // A regression: a list with a hole stopped the engine.
    examples: [
      ['getWorkflows', [{ workflows: [{ nodes: Array(1) }] }], [{ status: 200, range: null, body: '[]' }]],
    ],
  },
);

const anyOptions = fc.record(
  {
    url: fc.oneof(fc.constant(URL_BASE), fc.webUrl(), odd),
    key: fc.oneof(fc.constant(KEY), odd),
    accessToken: fc.oneof(
      fc.constant(() => SECRET),
      fc.constant(() => 5),
      odd,
    ),
    cache: fc.oneof(fc.record({ defaultTTL: odd, maxSize: odd, staleMs: odd }, { requiredKeys: [] }), odd),
    retry: fc.oneof(fc.record({ maxAttempts: odd, initialBackoffMs: odd }, { requiredKeys: [] }), odd),
    realtime: fc.oneof(fc.record({ deletes: odd, resyncMs: odd }, { requiredKeys: [] }), odd),
    timeoutMs: odd,
    schema: odd,
    fetch: odd,
    onEvent: odd,
  },
  { requiredKeys: ['url', 'key'] },
);

property('any options create a client, or the error names the invalid one', anyOptions, (options) => {
  let client;
  const refusal = thrownBy(() => (client = library.createClient(/** @type {any} */ (options))));
  if (refusal === OWN_ERROR) return;
  if (refusal !== undefined) {
    assertTellsNothing(refusal);
    assert.equal(refusal.code, 'INVALID_INPUT');
    return;
  }
  /** @type {any} */
  const made = client;
  assert.ok(made.cache.getStats().maxSize >= 1);
  made.cache.set('kept', 1);
  assert.ok([1, null].includes(made.cache.get('kept')));
  made.close();
});

property(
  'options of a call and of a subscription are accepted, or the error names the invalid one',
  fc.tuple(
    fc.dictionary(fc.constantFrom('signal', 'fresh', 'ttlMs', 'timeoutMs', 'other'), odd),
    fc.constantFrom('workflows', 'audit_logs', 'made_up', ''),
    fc.dictionary(fc.constantFrom('scope', 'filter', 'events', 'onReady', 'other'), odd),
  ),
  async ([options, table, interest]) => {
    const { client, assertSound } = clientOf([{ status: 200, range: '*/0', body: '[]' }]);
    const call = async () => client.db.with(/** @type {any} */ (options)).getWorkflows(ID);
    await call().catch(assertTellsNothing);
    const open = () =>
      client.realtime.open(/** @type {any} */ (table), /** @type {any} */ (interest), () => {});
    const refusal = thrownBy(() => open().unsubscribe());
    if (refusal !== undefined) assertTellsNothing(refusal);
    assertSound();
    client.close();
  },
  { runs: 300 },
);

const cacheKey = fc.oneof(
  fc.constantFrom(
    'workflows:a',
    'workflows:a?page',
    'workflows:b',
    'workflow:a',
    'workflow:a?x',
    'executions:a',
    '',
  ),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
);
/** Regular expressions that run in short time. */
const pattern = fc.oneof(
  fc.constantFrom(
    '^workflows:',
    'a$',
    '.',
    '',
    '^$',
    '[ab]',
    '\\?',
    'workflows?',
    '(',
    '[',
    '*',
    '^(workflow|executions):a',
  ),
  fc.string({
    unit: fc.constantFrom('a', 'w', ':', '^', '$', '.', '?', '\\', '[', ']', '(', ')', '|'),
    maxLength: 6,
  }),
);

property(
  'invalidation removes exactly the entries that the key or the pattern selects',
  fc.tuple(fc.uniqueArray(cacheKey, { maxLength: 8 }), cacheKey, pattern),
  ([keys, base, source]) => {
    const { client, assertSound } = clientOf([]);
    const half = thrownBy(() => client.cache.set(`${base}\ud800`, 1));
    assertTellsNothing(half);
    const kept = () => client.cache.getStats().entries.sort();
    keys.forEach((key) => client.cache.set(key, { key }));
    assert.deepEqual(kept(), [...keys].sort());
    keys.forEach((key) => assert.deepEqual(client.cache.get(key), { key }));
    client.cache.invalidate(base);
    const left = keys.filter((key) => key !== base && !key.startsWith(`${base}?`));
    assert.deepEqual(kept(), left.sort());
    const expression = thrownBy(() => new RegExp(source)) === undefined ? new RegExp(source) : undefined;
    const refusal = thrownBy(() => client.cache.invalidatePattern(source));
    if (expression === undefined) assertTellsNothing(refusal);
    else
      assert.deepEqual(
        kept(),
        left.filter((key) => !expression.test(key)),
      );
    assertSound();
    client.close();
  },
);

/** The sockets opened so far, in order. @type {any[]} */
const sockets = [];
class Socket {
  /** @param {string} url */
  constructor(url) {
    /** @type {string[]} */
    this.sent = [];
    this.url = url;
    this.onopen = this.onmessage = this.onclose = this.onerror = /** @type {any} */ (null);
    sockets.push(this);
  }
  /** @param {string} text */
  send(text) {
    this.sent.push(text);
  }
  close() {}
}

const frame = fc.oneof(
  jsonValue,
  fc.tuple(
    fc.constantFrom(null, '1', '2'),
    fc.constantFrom(null, '1', '2', '3'),
    fc.constantFrom('realtime:wdb-1', 'phoenix', 'x'),
    fc.constantFrom('phx_reply', 'phx_close', 'phx_error', 'system', 'postgres_changes'),
    jsonValue,
  ),
  fc
    .record({
      ids: fc.constant([1]),
      data: fc.record(
        {
          type: fc.constantFrom('INSERT', 'UPDATE', 'DELETE'),
          table: fc.constant('workflows'),
          record: fc.oneof(answered, jsonValue),
          old_record: fc.oneof(answered, jsonValue),
          commit_timestamp: odd.filter((value) => typeof value === 'string'),
          errors: fc.constantFrom(null, ['e']),
        },
        { requiredKeys: ['type'] },
      ),
    })
    .map((payload) => [null, null, 'realtime:wdb-1', 'postgres_changes', payload]),
  fc
    .constantFrom('ok', 'error')
    .map((status) => [
      null,
      null,
      'realtime:wdb-1',
      'system',
      { extension: 'postgres_changes', status, message: SECRET },
    ]),
);
const messages = fc.array(
  fc.oneof(
    frame.map((value) => JSON.stringify(value)),
    fc.string(),
    fc.constantFrom(undefined, null, 5, new Uint8Array(3)),
  ),
  { maxLength: 8 },
);
const turn = () => new Promise((resolve) => setImmediate(resolve));

property(
  'any frames from a socket are harmless, and the token is sent only to the server',
  fc.tuple(messages, fc.boolean()),
  async ([said, isJoined]) => {
    sockets.length = 0;
    const events = /** @type {any[]} */ ([]);
    const client = library.createClient({
      url: URL_BASE,
      key: KEY,
      accessToken: () => SECRET,
      WebSocket: Socket,
      onEvent: (event) => events.push(event),
      fetch: async () => new Response('[]', { headers: { 'content-range': '*/0' } }),
    });
    const heard = /** @type {any[]} */ ([]);
    const handle = client.realtime.open('workflows', { scope: ID }, (event) => heard.push(event));
    for (let waited = 0; sockets.length === 0; waited += 1) {
      assert.ok(waited < 1000, 'no socket is opened');
      await turn();
    }
    const socket = sockets[0];
    assert.ok(
      !socket.url.includes(SECRET) && socket.url.startsWith('ws://project.test/some/path/'),
      socket.url,
    );
    socket.onopen({});
    await turn();
    const join = socket.sent
      .map((/** @type {string} */ text) => JSON.parse(text))
      .find((/** @type {any} */ sent) => sent[3] === 'phx_join');
    assert.equal(join?.[4].access_token, SECRET);
    if (isJoined) {
      const bindings = join[4].config.postgres_changes.map((/** @type {object} */ binding) => ({
        ...binding,
        id: 1,
      }));
      socket.onmessage({
        data: JSON.stringify([
          join[0],
          join[1],
          join[2],
          'phx_reply',
          { status: 'ok', response: { postgres_changes: bindings } },
        ]),
      });
    }
    for (const data of said) {
      socket.onmessage?.({
        data: typeof data === 'string' ? data.replaceAll('realtime:wdb-1', join[2]) : data,
      });
      await turn();
    }
    assert.ok(socket.sent.length < 10, `${socket.sent.length} frames were sent`);
    assert.ok(!JSON.stringify(events).includes(SECRET));
    assert.equal(
      events.find(({ type }) => type === 'engineRestarted'),
      undefined,
    );
    handle.unsubscribe();
    client.close();
    for (const { type, record } of heard) assert.ok(typeof type === 'string' && record !== undefined, type);
  },
  { runs: 300 },
);
