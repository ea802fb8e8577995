// @ts-check
// Operations on rows, compared with their simplest implementation.
import { assert, canonical, fc, internals, jsonValue, property, reordered } from './support.mjs';

const json = await internals('src/io/json.js');
const { same, latest, replaceHeld, setHeld, holdersOf } = await internals('src/io/by-id.js');

const id = fc.constantFrom('a', 'b', 'c', 'd', '__proto__');
const row = fc.record({ id, name: fc.constantFrom('x', 'y', null), config: jsonValue });
const rows = fc.uniqueArray(row, { maxLength: 5, selector: ({ id }) => id });

property(
  'two values are equal if their members are equal, in any order',
  fc.tuple(jsonValue, jsonValue),
  ([a, b]) => {
    assert.equal(json.isEqual(a, b), canonical(a) === canonical(b));
    assert.equal(json.isEqual(b, a), canonical(a) === canonical(b));
    assert.ok(json.isEqual(a, reordered(a)));
    assert.equal(json.isEqual({ a }, { b: a }), false);
  },
);

property(
  'equal rows of a new read are the previous objects',
  fc.tuple(rows, rows, fc.boolean()),
  ([old, next, isReordered]) => {
    const fresh = isReordered ? reordered([...old].reverse()) : next;
    const kept = json.reuse(old, fresh);
    assert.equal(canonical(kept), canonical(fresh));
    for (const each of kept) {
      const known = old.find((other) => other.id === each.id);
      if (known !== undefined && canonical(known) === canonical(each)) assert.equal(each, known);
    }
    if (canonical(old) === canonical(fresh)) assert.equal(kept, old);
  },
);

property(
  'rows are found, replaced, added and removed by id',
  fc.tuple(rows, fc.array(fc.tuple(row, fc.boolean()), { maxLength: 8 })),
  ([start, changes]) => {
    let list = start;
    let expected = start;
    for (const [changed, isGone] of changes) {
      const place = json.position(list, changed.id);
      assert.equal(
        place,
        expected.findIndex((each) => each.id === changed.id),
      );
      const [at, removed] = place < 0 ? [list.length, 0] : [place, 1];
      list = json.splice(list, at, removed, isGone ? undefined : changed);
      expected = [...expected.slice(0, at), ...(isGone ? [] : [changed]), ...expected.slice(at + removed)];
      assert.deepEqual(list, expected);
    }
  },
);

property('splitting a list loses and repeats nothing', fc.tuple(rows, rows), ([one, other]) => {
  const all = [...one, ...other];
  const groups = json.groupBy(all, 'id', ['a', 'b', '__proto__']);
  const those = (/** @type {string} */ wanted) => all.filter((each) => each.id === wanted);
  assert.deepEqual(groups, ['a', 'b', '__proto__'].map(those));
  const ids = new Set(all.map((each) => each.id));
  const unique = json.latestOfEach(all);
  assert.deepEqual(new Set(unique.map((/** @type {any} */ each) => each.id)), ids);
  for (const each of unique) assert.equal(each, those(each.id).at(-1));
  const pairs = json.differences(new Map(one.map((each) => [each.id, each])), other);
  const isSame = (/** @type {string} */ wanted) =>
    canonical(one.find((each) => each.id === wanted) ?? null) ===
    canonical(other.find((each) => each.id === wanted) ?? null);
  const differing = [...ids].filter((wanted) => !isSame(wanted)).sort();
  assert.deepEqual(pairs.map(([was, is]) => (was ?? is).id).sort(), differing);
});

property(
  'the index finds exactly the entries that contain a row',
  fc.array(fc.tuple(fc.constantFrom('replace', 'set', 'unset'), fc.nat(4), rows), { maxLength: 12 }),
  (steps) => {
    const found = new Map();
    const expected = new Set();
    for (const [step, entry, held] of steps) {
      const before = [...expected].filter((pair) => pair.endsWith(` ${entry}`));
      if (step === 'replace') {
        before.forEach((pair) => expected.delete(pair));
        const rowsBefore = before.map((pair) => ({ id: pair.slice(0, -` ${entry}`.length) }));
        replaceHeld(found, entry, rowsBefore.length > 0 ? rowsBefore : undefined, held);
      }
      for (const { id } of held) {
        if (step === 'unset') expected.delete(`${id} ${entry}`);
        else expected.add(`${id} ${entry}`);
        if (step !== 'replace') setHeld(found, entry, id, step === 'set');
      }
    }
    const pairs = [...found.keys()].flatMap((id) => holdersOf(found, id).map((entry) => `${id} ${entry}`));
    assert.deepEqual(pairs.sort(), [...expected].sort());
  },
);

property(
  'an equal row of a new read is the object that was returned before',
  fc.array(fc.tuple(rows, fc.boolean()), { maxLength: 6 }),
  (answers) => {
    const kinds = new Map();
    for (const [answer, isLatest] of answers) {
      const before = answer.map(({ id }) => latest(kinds, 'k', id));
      const kept = same(kinds, 'k', answer, isLatest);
      assert.equal(canonical(kept), canonical(answer));
      kept.forEach((/** @type {any} */ each, /** @type {number} */ index) => {
        const known = before[index];
        if (known !== undefined && canonical(known) === canonical(each)) assert.equal(each, known);
      });
    }
  },
);
