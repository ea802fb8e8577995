// @ts-check
// Responses of servers and proxies: bodies, headers, tokens.
import { assert, fc, internals, jsonValue, property } from './support.mjs';

const { exchange, claims } = await internals('src/io/host.js');
const { park, expand, release } = await internals('src/io/large.js');

const body = fc.oneof(
  jsonValue.map((value) => JSON.stringify(value)),
  // Some bodies are truncated, which a browser may not report.
  fc.tuple(fc.array(jsonValue), fc.nat(20)).map(([list, at]) => JSON.stringify(list).slice(0, at)),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('<', '>', 'title', '/', 'p', ' ', '\n', 'a') }),
);
const pause = fc.oneof(
  fc.nat().map(String),
  fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  fc.string({ unit: fc.constantFrom('1', '9', ' ', '-', ':', '.', 'e', 'G', 'M', 'T'), maxLength: 12 }),
  fc.constant('9'.repeat(400)),
);

property(
  'a response yields its JSON, or one line of its text, with any headers',
  fc.record({
    status: fc.integer({ min: 200, max: 999 }),
    text: body,
    isBroken: fc.boolean(),
    contentRange: fc.option(fc.string()),
    retryAfter: fc.option(pause),
    date: fc.option(pause),
    type: fc.constantFrom(null, 'application/json; charset=utf-8', 'text/html'),
  }),
  async ({ status, text, isBroken, contentRange, retryAfter, date, type }) => {
    const headers = new Map(
      Object.entries({
        'content-range': contentRange,
        'retry-after': retryAfter,
        'content-type': type,
        date,
      }).filter(([, value]) => value !== null),
    );
    const response = {
      status,
      ok: status >= 200 && status < 300,
      headers: { get: (/** @type {string} */ name) => headers.get(name) ?? null },
      text: async () => {
        if (isBroken) throw new TypeError('broken off');
        return text;
      },
    };
    const learned = /** @type {string[]} */ ([]);
    const mirror = { learn: (/** @type {string} */ json) => learned.push(json) };
    const request = ['http://project.test/', 'GET', 'key', 'token', undefined, 'public', undefined, false];
    const answer = await exchange(mirror, async () => response, ...request).promise;
    const [answered, range, pauseMs, isJson, said] = answer;
    assert.equal(answer.length, 5);
    assert.deepEqual([answered, range], [status, contentRange]);
    assert.ok(pauseMs === undefined || (typeof pauseMs === 'number' && !Number.isNaN(pauseMs)), pauseMs);
    if (retryAfter === null) assert.equal(pauseMs, undefined);
    else if (/^\d+$/.test(retryAfter)) assert.equal(pauseMs, Number(`${retryAfter}000`));
    let parsed;
    try {
      parsed = [JSON.parse(text)];
    } catch {
      // Not JSON.
    }
    const hasBrokenOff = parsed === undefined && type?.includes('json') && /^\s*[{[]/.test(text);
    if (isBroken || hasBrokenOff) {
      assert.deepEqual([isJson, said, learned], [null, null, []]);
      return;
    }
    if (parsed !== undefined) {
      assert.deepEqual([isJson, said, learned], [true, ...parsed, [text]]);
      return;
    }
    assert.deepEqual([typeof said, learned], ['string', []]);
    assert.ok(said.length <= 300 && !/[\n\r]/.test(said));
    assert.equal(isJson, said !== '');
    if (response.ok) assert.equal(said, '');
  },
);

/** @param {string} text */
const base64Url = (text) => Buffer.from(text).toString('base64url');

property(
  'the claims of a token are those that it contains, and any other text has none',
  fc.tuple(jsonValue, fc.string({ unit: 'binary' }), fc.string()),
  ([said, bytes, text]) => {
    const read = claims(`${text.replaceAll('.', '')}.${base64Url(JSON.stringify(said))}.sig`);
    assert.deepEqual(read, Array.isArray(said) ? undefined : said);
    for (const token of [text, bytes, `a.${text}.c`, `a.${base64Url(bytes)}.c`]) {
      const found = claims(token);
      assert.ok(found === undefined || JSON.stringify(found) !== undefined, token);
    }
  },
);

property(
  'large texts are restored at their places, with any content',
  fc.array(fc.tuple(jsonValue, fc.string({ unit: 'binary' })), { maxLength: 4 }),
  (members) => {
    const signs = members.map(([value]) => park(JSON.stringify(value)));
    const text = `[${members.map(([, beside], index) => `${JSON.stringify(beside)},${signs[index]}`)}]`;
    assert.deepEqual(
      JSON.parse(expand(text)),
      members.flatMap(([value, beside]) => [beside, value]),
    );
    release(signs);
    if (signs.length > 0) assert.ok(!expand(`[${signs}]`).includes('{"id"'));
  },
);
