// @ts-check
// Any JavaScript value, as JSON.
import { assert, fc, internals, memberName, property, thrownBy } from './support.mjs';

const { Spellings, stringify, cacheKeys, projectAddress } = await internals(
  'pkg-template/src/spellings.ts',
  'pkg-template/src/stringify.ts',
  'pkg-template/src/keys.ts',
  'pkg-template/src/address.ts',
);

const anything = fc.anything({
  key: memberName,
  maxDepth: 3,
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  withUnicodeString: true,
});
const value = fc.oneof(
  anything,
  fc.constantFrom(
    undefined,
    NaN,
    -0,
    Symbol('s'),
    () => 1,
    'a\0',
    '\ud800',
    new Date(NaN),
    new Date(0),
    /x/,
    new Error('e'),
  ),
  anything.map((own) => ({ a: { toJSON: () => own } })),
  anything.map((own) => [own, { own }, own]),
  fc.array(anything, { maxLength: 3 }).map((list) => {
    list.push({ list });
    return list;
  }),
);

const NUL_OR_HALF = /\0|[\ud800-\udfff]/u;

/**
 * Whether JSON would lose or change part of the value, or the database would refuse it.
 *
 * @param {any} given
 * @param {string} name
 * @param {unknown[]} around
 * @returns {boolean}
 */
function isLossy(given, name = '', around = []) {
  let own = typeof given?.toJSON === 'function' && typeof given === 'object' ? given.toJSON(name) : given;
  if (own instanceof Number || own instanceof String || own instanceof Boolean) own = own.valueOf();
  if (given instanceof Date && own === null) return true;
  if (typeof own === 'number') return !Number.isFinite(own);
  if (typeof own === 'string') return NUL_OR_HALF.test(own);
  if (typeof own !== 'object') return own !== undefined && typeof own !== 'boolean';
  if (own === null) return false;
  if (around.includes(own)) return true;
  const names = Object.keys(own);
  if (Array.isArray(own)) return own.some((item, index) => isLossy(item, String(index), [...around, own]));
  const prototype = Object.getPrototypeOf(own);
  if (names.length === 0 && prototype !== null && Object.getPrototypeOf(prototype) !== null) return true;
  return names.some(
    (member) =>
      isLossy(own[member], member, [...around, own]) ||
      (NUL_OR_HALF.test(member) && own[member] !== undefined),
  );
}

property(
  'a value is written as JSON.stringify writes it, or refused if that would lose something',
  value,
  (given) => {
    /** @type {string | undefined} */
    let text;
    const origin = { path: 'config', row: undefined, column: 'config', spellings: new Spellings() };
    const refusal = thrownBy(() => (text = stringify(given, origin)));
    if (refusal === undefined) {
      assert.equal(text, JSON.stringify(given));
      assert.ok(!isLossy(given), text);
    } else {
      assert.equal(refusal.code, 'INVALID_INPUT', String(refusal.stack));
      assert.match(refusal.message, /^config.*: expected /s);
      assert.ok(isLossy(given), refusal.message);
    }
  },
);

property(
  'keys have one form for each id, in any spelling',
  fc.tuple(fc.uuid(), fc.string({ unit: 'binary' })),
  ([id, other]) => {
    for (const [name, make] of Object.entries(cacheKeys)) {
      const key = /** @type {any} */ (make)(id, other);
      assert.equal(/** @type {any} */ (make)(id.toUpperCase(), other), key, name);
      assert.equal(key.includes(id), name !== 'templates', name);
    }
  },
);

property(
  'a URL is refused, or every request goes below it',
  fc.oneof(
    fc.webUrl({ withFragments: true, withQueryParameters: true, validSchemes: ['http', 'https', 'ftp'] }),
    fc.webUrl().map((url) => `${url.replace(/\/+$/, '')}/rest/v1/`),
    fc.webAuthority({ withUserInfo: true, withPort: true }).map((authority) => `https://${authority}/`),
    fc.anything(),
  ),
  (given) => {
    let address = '';
    const refusal = thrownBy(() => (address = projectAddress(given)));
    if (refusal !== undefined) {
      assert.equal(refusal.code, 'INVALID_INPUT', String(refusal));
      if (typeof given === 'string' && given.length > 12) assert.ok(!refusal.message.includes(given));
      return;
    }
    assert.equal(projectAddress(address), address);
    const { origin, pathname, search, hash } = new URL(`${address}/rest/v1/workflows?id=eq.1`);
    assert.equal(origin, new URL(/** @type {string} */ (given)).origin);
    assert.ok(pathname.endsWith('/rest/v1/workflows') && !address.endsWith('/'), address);
    assert.equal(search + hash, '?id=eq.1');
  },
);
