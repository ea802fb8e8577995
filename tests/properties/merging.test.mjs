// @ts-check
// `mergeGraphs` of the built package: any graphs, and objects that exist only in JavaScript.
import test from 'node:test';
import { assert, canonical, fc, storableValue, property, thrownBy } from './support.mjs';

/** @type {typeof import('../../pkg/index.js')} */
const { mergeGraphs, DatabaseError } = await import(new URL('../../pkg/index.js', import.meta.url).href);

const nodeId = fc.constantFrom('a', 'b', 'c', '__proto__');
const node = fc.record(
  {
    node_id: nodeId,
    node_type: fc.constantFrom('t', 'u'),
    label: fc.constantFrom(null, 'x', 'y'),
    position_x: fc.constantFrom(0, -0, 1),
    config: fc.dictionary(fc.constantFrom('k', '__proto__', 'constructor'), storableValue, { maxKeys: 3 }),
    updated_at: fc.constantFrom('2024-01-01T00:00:00', '2024-01-01T00:00:01'),
  },
  { requiredKeys: ['node_id', 'node_type'] },
);
const connection = fc.record({
  connection_id: fc.constantFrom('x', 'y', 'z'),
  source_node_id: nodeId,
  target_node_id: nodeId,
});
/** @type {fc.Arbitrary<any>} */
const graph = fc
  .record({
    nodes: fc.uniqueArray(node, { maxLength: 4, selector: ({ node_id }) => node_id }),
    connections: fc.uniqueArray(connection, { maxLength: 3, selector: ({ connection_id }) => connection_id }),
  })
  .map(({ nodes, connections }) => {
    const ids = nodes.map(({ node_id }) => node_id);
    const isWhole = ({ source_node_id, target_node_id }) =>
      ids.includes(source_node_id) && ids.includes(target_node_id);
    return { nodes, connections: connections.filter(isWhole) };
  });

property(
  'a merge with an unchanged side returns the other side and modifies neither',
  fc.tuple(graph, graph),
  ([base, side]) => {
    const before = canonical([base, side]);
    assert.equal(canonical(mergeGraphs(base, base, side)), canonical({ merged: side, conflicts: [] }));
    assert.equal(canonical(mergeGraphs(base, side, base)), canonical({ merged: side, conflicts: [] }));
    assert.equal(canonical([base, side]), before);
  },
);

property(
  'a merge is symmetric except for the names of the sides',
  fc.tuple(graph, graph, graph),
  ([base, theirs, mine]) => {
    const one = mergeGraphs(base, theirs, mine);
    const other = mergeGraphs(base, mine, theirs);
    assert.equal(canonical(one.merged), canonical(other.merged));
    const swapped = other.conflicts.map(({ theirs, mine, ...rest }) => ({
      ...rest,
      theirs: mine,
      mine: theirs,
    }));
    assert.equal(canonical(one.conflicts), canonical(JSON.parse(JSON.stringify(swapped))));
  },
);

/** @param {unknown} config */
const graphOf = (config) => ({ nodes: [{ node_id: 'n', node_type: 't', config }], connections: [] });

test('values are merged at any depth', () => {
  const DEPTH = 100_000;
  const nested = (/** @type {unknown} */ leaf) => {
    let value = leaf;
    for (let level = 0; level < DEPTH; level += 1) value = { in: value };
    return /** @type {any} */ (graphOf(value));
  };
  const { conflicts } = mergeGraphs(nested(1), nested(2), nested(3));
  assert.equal(conflicts.length, 1);
  assert.equal(conflicts[0].path.length, DEPTH + 1);
  const { merged } = mergeGraphs(nested({ a: 1 }), nested({ a: 1, b: 2 }), nested({ a: 3 }));
  let value = /** @type {any} */ (merged.nodes[0].config);
  for (let level = 0; level < DEPTH; level += 1) value = value.in;
  assert.deepEqual(value, { a: 3, b: 2 });
});

test('a key named __proto__ is merged without changing a prototype', () => {
  const of = (/** @type {string} */ json) => /** @type {any} */ (graphOf(JSON.parse(json)));
  const { merged } = mergeGraphs(of('{"a":1}'), of('{"a":1,"__proto__":{"x":1}}'), of('{"a":2}'));
  assert.equal(JSON.stringify(merged.nodes[0].config), '{"__proto__":{"x":1},"a":2}');
  assert.equal(Object.getPrototypeOf(merged.nodes[0].config), Object.prototype);
  assert.equal(/** @type {any} */ ({}).x, undefined);
});

test('a value that JSON would change silently is refused with its path', () => {
  const plain = /** @type {any} */ (graphOf({}));
  for (const [value, place] of [
    [{ a: NaN }, 'mine.nodes[0].config.a'],
    [{ list: [Infinity] }, 'mine.nodes[0].config.list[0]'],
    [{ call: () => 1 }, 'mine.nodes[0].config.call'],
  ]) {
    const error = /** @type {any} */ (
      thrownBy(() => mergeGraphs(plain, plain, /** @type {any} */ (graphOf(value))))
    );
    assert.ok(error instanceof DatabaseError);
    assert.equal(error.code, 'INVALID_INPUT');
    assert.ok(error.message.startsWith(`${place}: `), error.message);
  }
  const cycle = /** @type {any} */ (graphOf({}));
  cycle.nodes[0].config.self = cycle.nodes[0].config;
  assert.throws(() => mergeGraphs(plain, cycle, plain), { code: 'INVALID_INPUT' });
});

test('an argument that is not a graph is refused by its name', () => {
  const plain = /** @type {any} */ (graphOf({}));
  const rowTwice = { nodes: [...plain.nodes, ...plain.nodes], connections: [] };
  for (const [wrong, message] of [
    [null, 'theirs.nodes: expected a list of rows'],
    [undefined, 'theirs.nodes: expected a list of rows'],
    [{ nodes: [] }, 'theirs.connections: expected a list of rows'],
    [{ nodes: [null], connections: [] }, 'theirs.nodes: expected a list of rows'],
    [rowTwice, 'theirs.nodes[1].node_id: expected a value that no other row has'],
  ]) {
    assert.throws(() => mergeGraphs(plain, /** @type {any} */ (wrong), plain), {
      code: 'INVALID_INPUT',
      message,
    });
  }
});

test('an undefined member counts as missing, and -0 as 0', () => {
  const of = (/** @type {any} */ config) => /** @type {any} */ (graphOf(config));
  const { merged, conflicts } = mergeGraphs(
    of({ a: 1, b: 0 }),
    of({ a: undefined, b: -0 }),
    of({ a: 1, b: 5 }),
  );
  assert.deepEqual([merged.nodes[0].config, conflicts], [{ b: 5 }, []]);
});
