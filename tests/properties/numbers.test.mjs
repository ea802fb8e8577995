// @ts-check
// Numbers that JavaScript cannot represent, in values that are read and written back.
import { assert, fc, internals, storableName, property, thrownBy } from './support.mjs';

const { Spellings, stringify } = await internals(
  'pkg-template/src/spellings.ts',
  'pkg-template/src/stringify.ts',
);

const ROWS = [1, 2, 3].map((number) => `00000000-0000-4000-8000-00000000000${number}`);
const FAR = '00000000-0000-4000-8000-00000000000f';

/**
 * A number with its decimal point moved, as Postgres prints a numeric: never with an exponent.
 *
 * @param {string} digits @param {number} places to the right
 */
function moved(digits, places) {
  const point = digits.length + places;
  if (point >= digits.length) return digits + '0'.repeat(places);
  if (point > 0) return `${digits.slice(0, point)}.${digits.slice(point)}`;
  return `0.${'0'.repeat(-point)}${digits}`;
}

/** Numbers as Postgres prints them; several of them round to the same double. */
const number = fc.oneof(
  fc.integer().map(String),
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
  fc.constantFrom(0n, 192n, 1n, 2n, 1000n, 2047n, 2048n, 2049n).map((more) => String(2n ** 63n + more)),
  fc.integer({ min: 0, max: 9 }).map((more) => `0.1000000000000000055${more}`),
  fc.tuple(fc.nat(), fc.bigInt({ min: 0n, max: 10n ** 25n })).map(([whole, part]) => `${whole}.${part}`),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((double) => JSON.stringify(double)),
  fc
    .tuple(fc.integer({ min: 1, max: 10 ** 9 }), fc.nat(10 ** 9), fc.integer({ min: -400, max: 400 }))
    .map(([whole, part, places]) => moved(`${whole}00000000${part}`, places)),
);

/** JSON text. */
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    number,
    fc
      .oneof(
        fc.string({ unit: fc.constantFrom('"', '\\', '1', '.', 'e', '-'), maxLength: 40 }),
        fc.constant(null),
      )
      .map((plain) => JSON.stringify(plain)),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items}]`),
    fc
      .uniqueArray(fc.tuple(storableName, tie('value')), { maxLength: 4, selector: ([name]) => name })
      .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`)}}`),
    tie('value').map((value) => `{"id":${JSON.stringify(ROWS[2])},"inner":${value}}`),
  ),
})).value;

/** Lists of rows with numbers that often round to the same double. */
const neighbors = fc
  .array(fc.constantFrom(0n, 192n, 1n, 2n, 2047n, 2048n, 2049n), { minLength: 2, maxLength: 4 })
  .map((all) => [`{"id":"${ROWS[0]}","config":[${all.map((more) => 2n ** 63n + more)}]}`]);

/** Lists of rows as the JSON texts of a response. */
const rows = fc
  .tuple(json, json)
  .map((configs) => configs.map((config, index) => `{"id":"${ROWS[index]}","config":${config}}`));

/**
 * The text with every number in one spelling: its digits without leading or trailing zeros, and an exponent.
 *
 * @param {string} text
 */
function spelled(text) {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) => {
    if (token.startsWith('"')) return JSON.stringify(JSON.parse(token));
    const [mantissa = '', exponent = '0'] = token.toLowerCase().split('e');
    const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
    let digits = BigInt(whole + fraction);
    let power = BigInt(exponent) - BigInt(fraction.length);
    if (digits === 0n) return '0';
    while (digits % 10n === 0n) [digits, power] = [digits / 10n, power + 1n];
    return `${token.startsWith('-') ? '-' : ''}${digits}e${power}`;
  });
}

/** Puts members into the order of JavaScript objects: names that are numbers come first. @param {string} text */
function inOrder(text) {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.]*(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') ? token : `"#${token}"`,
  );
  return JSON.stringify(JSON.parse(marked)).replace(/"#([^"]*)"/g, '$1');
}

/** @param {any} spellings @param {string} row @param {unknown} value */
const written = (spellings, row, value) =>
  stringify(value, { path: 'config', row, column: 'config', spellings });

property(
  'a value is written back to its place digit by digit',
  fc.array(fc.oneof(rows, neighbors), { minLength: 1, maxLength: 3 }),
  (answers) => {
    const spellings = new Spellings();
    for (const answer of answers) {
      spellings.learn(`[${answer}]`);
      for (const text of answer) {
        const config = text.slice('{"id":"","config":'.length + FAR.length, -1);
        const { id, config: value } = JSON.parse(text);
        // The last row that was read with this id may be a nested one.
        if (config.includes(ROWS[2] ?? '')) continue;
        assert.equal(spelled(written(spellings, id, value)), spelled(inOrder(config)));
      }
    }
  },
);

property(
  'a rounded number written elsewhere gets the only text that it can stand for, or is refused',
  rows,
  (answer) => {
    // A place that is read twice has the value of the second read.
    if (answer.join().includes(ROWS[2] ?? '')) return;
    const spellings = new Spellings();
    spellings.learn(`[${answer}]`);
    const texts = new Map();
    for (const [token] of answer.join().matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.]*(?:[eE][+-]?\d+)?/g)) {
      if (token.startsWith('"')) continue;
      const all = texts.get(Number(token)) ?? new Set();
      texts.set(Number(token), all.add(spelled(token)));
    }
    for (const [value, all] of texts) {
      const refusal = thrownBy(() => {
        const text = written(spellings, FAR, [value]).slice(1, -1);
        assert.equal(Number(text), value);
        // A short decimal comes from the application itself.
        const digits = String(value)
          .replace(/e.*/, '')
          .replace(/\D/g, '')
          .replace(/^0+|0+$/g, '');
        const isShort = digits.length < 16 && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
        assert.ok(all.has(spelled(text)) || isShort, text);
        assert.ok(all.size === 1 || isShort, `${text} stands for several`);
      });
      if (refusal === undefined) continue;
      assert.equal(refusal.code, 'INVALID_INPUT', String(refusal));
      assert.ok(all.size > 1 || !Number.isFinite(value), String(refusal));
    }
  },
);

property(
  'any text that JSON.parse accepts can be recorded',
  fc.tuple(
    fc.string({ unit: fc.constantFrom('"', '\\', '1', '0', '.', 'e', '-', '[', ']', ','), maxLength: 60 }),
    json,
  ),
  ([made, value]) => {
    for (const text of [made, `[${JSON.stringify(made)},${value}]`]) {
      const refusal = thrownBy(() => JSON.parse(text));
      if (refusal === undefined) new Spellings().learn(text);
    }
  },
);
